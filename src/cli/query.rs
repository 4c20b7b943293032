//! `query`: SuiteQL from a person, every row, streamed.

use std::io::Write;

use futures_util::StreamExt as _;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::arguments::{Format, QueryArguments};
use super::assembly::{Remotes, Session};
use super::output::{Output, table, written};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Fingerprint;
use crate::netsuite::Plan;
use crate::netsuite::records::Row;
use crate::netsuite::suiteql::{PAGE, Template, result_columns};
use crate::state::State;

/// Rows that a table shows; more belong into a file.
const TABLE_ROWS: usize = 1000;
/// Rows that offsets can reach.
const OFFSETS: usize = 100_000;
/// Boundaries of a reading that are remembered; one per page.
const REMEMBERED: usize = 2000;

/// Runs `query`.
pub(super) async fn query(session: Session<'_>, arguments: QueryArguments) -> Result<u8> {
    let mut settings = session.settings()?;
    let state = session.state(&settings)?;
    let remotes = session.remotes(&mut settings, Some(&state))?;
    let format = match arguments.format {
        _ if session.output.json => Format::Jsonl,
        Some(format) => format,
        None if Output::on_terminal() => Format::Table,
        None => Format::Jsonl,
    };
    let mut sink = Sink::new(&session, format, result_columns(&arguments.sql));
    let result = match &arguments.key {
        Some(key) => keyed(&session, &remotes, &state, &arguments.sql, key, &mut sink).await,
        None => paged(&session, &remotes, &arguments.sql, &mut sink).await,
    };
    remotes.remember(&state, session.now())?;
    result.map_err(|error| match error.kind() {
        ErrorKind::Refused if error.hints().is_empty() => {
            error.hint("correct the query; NetSuite lists its tables and columns under Setup > Records Catalog")
        }
        _ => error,
    })?;
    sink.finish()?;
    Ok(0)
}

/// Reads by ranges of a key, in its order. Where the ranges end is remembered, so that the next reading of the same query
/// needs no planning; every range is still read to its end, whatever changed meanwhile.
async fn keyed(session: &Session<'_>, remotes: &Remotes, state: &State, sql: &str, key: &str, sink: &mut Sink<'_>) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if key.is_empty() || !key.chars().all(plain) {
        return Err(Error::new(ErrorKind::Usage, format!("`{key}` is not a column name"))
            .hint("name a column of the result with `--key`"));
    }
    let template = Template::of_text(sql, key);
    let memory = format!("plan {}", Fingerprint::of(format!("{key} {sql}").as_bytes()).as_str());
    let remembered = state
        .meta(&memory)?
        .map(|text| Plan::from_boundaries(text.split(' ').filter_map(|boundary| boundary.parse().ok()).collect()));
    let (plan, rows) = remotes.netsuite.keyed(&template, remembered.clone()).await?;
    let mut rows = std::pin::pin!(rows);
    let mut sizes = Vec::new();
    let mut boundaries = Vec::new();
    let (mut count, mut last) = (0_usize, None);
    while let Some(page) = rows.next().await {
        let page = page?;
        if let Some(error) = session.stop.error() {
            return Err(error);
        }
        sizes.push(page.len());
        // What is remembered are the ends of pages as they are now, not as they were planned. The end of the last one, which
        // may be short, is among them: without it a reading would end with two pages one after the other.
        boundaries.extend(ends_of_pages(count, page.len()).filter_map(|at| page[at].id(template.key_name())));
        count += page.len();
        last = page.last().and_then(|row| row.id(template.key_name())).or(last);
        sink.rows(&page)?;
    }
    if count % PAGE != 0 {
        boundaries.extend(last);
    }
    let worn = sizes.iter().any(|size| *size > PAGE) || sizes.len() > plan.boundaries().len() + 2;
    if (remembered.is_none() || worn) && !boundaries.is_empty() && boundaries.len() <= REMEMBERED {
        let text: Vec<String> = boundaries.iter().map(ToString::to_string).collect();
        state.set_meta(&memory, &text.join(" "))?;
    }
    Ok(())
}

/// Gives the positions in the next `rows` rows at which a page of [`PAGE`] rows ends, when `before` rows came before them.
fn ends_of_pages(before: usize, rows: usize) -> impl Iterator<Item = usize> {
    (PAGE - 1 - before % PAGE..rows).step_by(PAGE)
}

/// Reads page after page by offset, which is all that can be done without a key.
async fn paged(session: &Session<'_>, remotes: &Remotes, sql: &str, sink: &mut Sink<'_>) -> Result<()> {
    let sql = sql.trim().trim_end_matches(';');
    let mut offset = 0;
    loop {
        let page = remotes.netsuite.page(sql, PAGE, offset).await.map_err(|error| error.into_error("the query"))?;
        let total = usize::try_from(page.total).unwrap_or(usize::MAX);
        if offset == 0 && total > PAGE && !sql.to_ascii_lowercase().contains("order by") {
            session
                .output
                .note("rows of a result without ORDER BY may be lost or doubled between pages; read by `--key` instead");
        }
        if page.rows.len() < total.saturating_sub(offset).min(PAGE) {
            return Err(Error::new(ErrorKind::Unavailable, "NetSuite sent fewer rows than it counts itself")
                .caused_by(format!("{} rows at offset {offset} of {total}", page.rows.len()))
                .hint("read by a unique numeric column with `--key`"));
        }
        offset += page.rows.len();
        sink.rows(&page.rows)?;
        if offset >= total || page.rows.is_empty() {
            return Ok(());
        }
        if offset + PAGE > OFFSETS {
            return Err(Error::new(ErrorKind::Refused, format!("NetSuite gives {OFFSETS} of these {total} rows at most"))
                .hint("name a unique numeric column of the result with `--key`: there is no limit then"));
        }
        if let Some(error) = session.stop.error() {
            return Err(error);
        }
    }
}

/// Where the rows go.
struct Sink<'a> {
    output: &'a Output,
    format: Format,
    out: std::io::BufWriter<std::io::Stdout>,
    /// The columns of the result; from the query's text, else from the first page.
    columns: Option<Vec<String>>,
    begun: bool,
    kept: Vec<Row>,
    count: usize,
}

/// A row as a JSON object: every column of the result, null where the row has none.
struct Object<'a> {
    columns: &'a [String],
    row: &'a Row,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for name in self.columns {
            map.serialize_entry(name, &self.row.text(name))?;
        }
        map.end()
    }
}

impl<'a> Sink<'a> {
    fn new(session: &Session<'a>, format: Format, columns: Option<Vec<String>>) -> Self {
        Self { output: session.output, format, out: session.output.raw(), columns, begun: false, kept: Vec::new(), count: 0 }
    }

    fn rows(&mut self, rows: &[Row]) -> Result<()> {
        let Some(first) = rows.first() else { return Ok(()) };
        self.count += rows.len();
        let columns = self.columns.get_or_insert_with(|| first.names().to_vec());
        let strange = first.names().iter().find(|name| !columns.contains(name));
        match (self.format, strange) {
            // A table is printed at the end, when all columns are known.
            (Format::Table, _) => {
                let room = TABLE_ROWS - self.kept.len().min(TABLE_ROWS);
                self.kept.extend(rows.iter().take(room).cloned());
                Ok(())
            }
            // The key that was put into the query is no column of the result.
            (_, Some(name)) if name != "head" => Err(Error::new(
                ErrorKind::Refused,
                format!("the column `{name}` is empty in all earlier rows, so their form is settled without it"),
            )
            .hint("name the columns of the query one by one instead of `*`")),
            (Format::Jsonl, _) => {
                for row in rows {
                    written(serde_json::to_writer(&mut self.out, &Object { columns, row }).map_err(Into::into))?;
                    written(self.out.write_all(b"\n"))?;
                }
                Ok(())
            }
            (Format::Csv, _) => {
                let mut writer = csv::WriterBuilder::new().from_writer(&mut self.out);
                let mut record = |fields: Vec<&str>| match writer.write_record(fields).map_err(csv::Error::into_kind) {
                    Ok(()) => Ok(()),
                    Err(csv::ErrorKind::Io(error)) => written(Err(error)),
                    Err(other) => Err(Error::new(ErrorKind::Internal, "a row cannot be written").caused_by(format!("{other:?}"))),
                };
                if !self.begun {
                    record(columns.iter().map(String::as_str).collect())?;
                }
                self.begun = true;
                for row in rows {
                    record(columns.iter().map(|name| row.text(name).unwrap_or_default()).collect())?;
                }
                written(writer.flush())
            }
        }
    }

    fn finish(mut self) -> Result<()> {
        if self.format == Format::Table && self.count == 0 {
            self.output.line("no rows")?;
        } else if self.format == Format::Table {
            let mut header: Vec<String> = Vec::new();
            for name in self.kept.iter().flat_map(|row| row.names()) {
                if !header.contains(name) {
                    header.push(name.clone());
                }
            }
            let names: Vec<&str> = header.iter().map(String::as_str).collect();
            let rows =
                self.kept.iter().map(|row| names.iter().map(|name| row.text(name).unwrap_or_default().to_owned()).collect());
            self.output.text(&table(&names, &[], rows.collect()))?;
            if self.count > self.kept.len() {
                self.output.note(&format!(
                    "{} of {} rows shown; use `--format csv` or `--format jsonl` for all",
                    self.kept.len(),
                    self.count
                ));
            }
        }
        written(self.out.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_after_every_thousandth_row_however_the_rows_come() {
        let ends = |before, rows| ends_of_pages(before, rows).collect::<Vec<_>>();
        assert_eq!(ends(0, 1000), [999]);
        assert_eq!(ends(0, 999), [0; 0]);
        assert_eq!(ends(999, 1), [0]);
        assert_eq!(ends(1410, 2000), [589, 1589]);
    }
}
