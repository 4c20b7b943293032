//! Reading whole results: by key, page after page, in parallel id ranges, each checked for completeness.
//!
//! A result is cut into ranges of about a page each with one planning query; the ranges are read side by side as far as
//! the gate allows and handed over in the order of their keys. A page must hold `min(limit, its own total)` rows; a short
//! one is read once more, then the reading fails (`correctness.md` R22).

use futures_util::stream::{self, Stream, StreamExt as _};

use super::records::{Page, Row, Select, Selection};
use super::suiteql::{PAGE, TIE, Template};
use super::{NetSuite, QueryError};
use crate::error::{Error, ErrorKind, Result};

/// How a result is cut into ranges: the keys at which one range ends and the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    boundaries: Vec<i64>,
}

impl Plan {
    /// Takes boundaries that are known from before; any ascending keys give a complete reading.
    pub fn from_boundaries(mut boundaries: Vec<i64>) -> Self {
        boundaries.sort_unstable();
        boundaries.dedup();
        Self { boundaries }
    }

    /// Gives the boundaries.
    pub fn boundaries(&self) -> &[i64] {
        &self.boundaries
    }

    /// Gives the ranges, together covering every key above `after`.
    pub fn ranges(&self, after: Option<i64>) -> Vec<Selection> {
        let mut ranges = Vec::with_capacity(self.boundaries.len() + 1);
        let mut low = after;
        // The last boundary ends nothing: keys that appear above it belong to the last range.
        let inner = self.boundaries.split_last().map_or(&[][..], |(_, inner)| inner);
        for &boundary in inner.iter().filter(|boundary| after.is_none_or(|after| **boundary > after)) {
            ranges.push(Selection::Range(low, Some(boundary)));
            low = Some(boundary);
        }
        ranges.push(Selection::Range(low, None));
        ranges
    }
}

/// Pages that may be read ahead of the one that is being handed over; bounds memory whatever the account's size.
const AHEAD: usize = 24;

impl NetSuite {
    /// Reads one page and makes sure that it is whole.
    async fn whole_page(&self, sql: &str) -> std::result::Result<Page, QueryError> {
        for _ in 0..2 {
            let page = self.page(sql, PAGE, 0).await?;
            let expected = usize::try_from(page.total).unwrap_or(usize::MAX).min(PAGE);
            if page.rows.len() >= expected {
                return Ok(page);
            }
            tracing::warn!(rows = page.rows.len(), total = page.total, "a page is short; reading it once more");
        }
        Err(Error::new(ErrorKind::Unavailable, "NetSuite keeps sending fewer rows than it counts itself")
            .caused_by(format!("short page twice for: {sql}"))
            .hint("a script or a restricted role may hide rows while they are read; nothing was taken from this reading")
            .into())
    }

    /// Reads every row of a selection.
    ///
    /// # Errors
    ///
    /// [`QueryError::Refused`] when the account refuses the query.
    pub async fn rows(
        &self,
        template: &Template,
        selection: &Selection,
        unique: bool,
    ) -> std::result::Result<Vec<Row>, QueryError> {
        let mut rows: Vec<Row> = Vec::new();
        let mut after = None;
        if matches!(selection, Selection::Ids(ids) if ids.is_empty()) {
            return Ok(rows);
        }
        loop {
            let mut page = self.whole_page(&template.sql(selection, after)).await?;
            let complete = page.total <= page.rows.len() as u64;
            let first = page.rows.first().and_then(row_key);
            if !complete && !unique && first.is_some() && first == page.rows.last().and_then(row_key) {
                // One record fills the page: the rest of its rows comes by what tells them apart.
                let key = first.unwrap_or_default();
                self.rest_of_key(template, key, &mut page.rows).await?;
                rows.append(&mut page.rows);
                after = Some(key);
                if matches!(selection, Selection::Ids(ids) if ids.iter().all(|id| Some(*id) <= after)) {
                    return Ok(rows);
                }
                continue;
            }
            if !complete && !unique {
                // The last key's rows may go on beyond this page: they are read again, whole, with the next.
                let last = key_of(page.rows.last(), template)?;
                while page.rows.last().is_some_and(|row| row_key(row) == Some(last)) {
                    page.rows.pop();
                }
            }
            let reached = page.rows.last().map(|row| key_of(Some(row), template)).transpose()?;
            rows.append(&mut page.rows);
            if complete {
                return Ok(rows);
            }
            if reached <= after {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "a reading does not advance: one record has more rows than a page",
                )
                .into());
            }
            after = reached;
            if matches!(selection, Selection::Ids(ids) if ids.iter().all(|id| Some(*id) <= after)) {
                return Ok(rows);
            }
        }
    }

    /// Reads the rows of one key beyond those of its first page.
    async fn rest_of_key(&self, template: &Template, key: i64, rows: &mut Vec<Row>) -> std::result::Result<(), QueryError> {
        let tie_of = |row: Option<&Row>| row.and_then(|row| row.id(TIE)).map(|id| id.0);
        loop {
            // What tells rows apart need not do so altogether: the last ones are read again, whole, with the next.
            let last = tie_of(rows.last());
            while last.is_some() && tie_of(rows.last()) == last {
                rows.pop();
            }
            let Some(sql) = tie_of(rows.last()).and_then(|reached| template.within_key(key, reached)) else {
                let words = "a reading does not advance: one record has more rows than a page";
                return Err(Error::new(ErrorKind::Unavailable, words).into());
            };
            let mut page = self.whole_page(&sql).await?;
            let complete = page.total <= page.rows.len() as u64;
            if !complete && tie_of(page.rows.first()) == tie_of(page.rows.last()) {
                return Err(Error::new(ErrorKind::Unavailable, "a reading of one record's rows does not advance").into());
            }
            rows.append(&mut page.rows);
            if complete {
                return Ok(());
            }
        }
    }

    /// Reads every row of a query of ours for a selection of heads.
    ///
    /// # Errors
    ///
    /// When the account refuses the query, or NetSuite is not available.
    pub async fn select(&self, select: &Select, selection: &Selection) -> Result<Vec<Row>> {
        let template = Template::of(select);
        self.rows(&template, selection, select.unique).await.map_err(|error| error.into_error(select.name))
    }

    /// Cuts a selection into ranges of about `size` keys each, with one query of every `size`-th key.
    ///
    /// Nested `ROWNUM` first, a window function where that is refused, and even slices between the smallest and largest
    /// key where both are.
    ///
    /// # Errors
    ///
    /// When NetSuite is not available, or refuses even to count.
    pub async fn plan(&self, template: &Template, selection: &Selection, size: usize) -> Result<Plan> {
        for by_window in [false, true] {
            match self.boundaries(template, selection, size, by_window).await {
                Ok(boundaries) => return Ok(Plan { boundaries }),
                Err(QueryError::Failed(error)) => return Err(error),
                Err(QueryError::Refused(refusal)) => {
                    tracing::info!(detail = refusal.detail, "planning is refused; trying another way");
                }
            }
        }
        let sql = template.extent(selection);
        let page = self.page(&sql, PAGE, 0).await.map_err(|error| error.into_error("the plan of a reading"))?;
        let number = |name: &str| page.rows.first().and_then(|row| row.id(name)).map(|id| id.0);
        let (Some(count), Some(low), Some(high)) = (number("n"), number("low"), number("high")) else {
            return Ok(Plan { boundaries: Vec::new() });
        };
        let slices = (count / i64::try_from(size).unwrap_or(i64::MAX) + 1).min(100_000);
        let span = (high - low) / slices + 1;
        Ok(Plan { boundaries: (1..=slices).map(|slice| low + span * slice).collect() })
    }

    async fn boundaries(
        &self,
        template: &Template,
        selection: &Selection,
        size: usize,
        by_window: bool,
    ) -> std::result::Result<Vec<i64>, QueryError> {
        let mut boundaries: Vec<i64> = Vec::new();
        loop {
            let after = boundaries.last().copied();
            let sql = if by_window {
                template.boundaries_by_window(selection, size, after)
            } else {
                template.boundaries_by_rownum(selection, size, after)
            };
            let page = self.whole_page(&sql).await?;
            boundaries.extend(page.rows.iter().filter_map(|row| row.head()).map(|id| id.0));
            if page.total <= page.rows.len() as u64 || boundaries.last().copied() <= after {
                return Ok(boundaries);
            }
        }
    }

    /// Reads ranges side by side and hands them over in order.
    pub fn ranges<'a>(
        &'a self,
        template: &'a Template,
        ranges: Vec<Selection>,
        unique: bool,
    ) -> impl Stream<Item = Result<Vec<Row>>> + 'a {
        stream::iter(ranges)
            .map(move |range| async move {
                self.rows(template, &range, unique).await.map_err(|error| error.into_error("a query"))
            })
            .buffered(AHEAD)
    }

    /// Reads a person's query by the ranges of a key, in the order of the key.
    ///
    /// The first page and the plan are asked for together, so that a small result is not kept waiting by the plan; a plan
    /// remembered from an earlier reading saves that query. Gives the plan that was used together with the rows.
    ///
    /// # Errors
    ///
    /// When the account refuses the query, or NetSuite is not available.
    pub async fn keyed<'a>(
        &'a self,
        template: &'a Template,
        remembered: Option<Plan>,
    ) -> Result<(Plan, impl Stream<Item = Result<Vec<Row>>> + 'a)> {
        let everything = Selection::Range(None, None);
        let what = "the query";
        let (first, plan) = match remembered {
            Some(plan) => (None, plan),
            None => {
                let first = async {
                    let sql = template.sql(&everything, None);
                    self.whole_page(&sql).await.map_err(|error| error.into_error(what))
                };
                let (first, plan) = tokio::try_join!(first, self.plan(template, &everything, PAGE))?;
                (Some(first), plan)
            }
        };
        let (head, ranges) = match first {
            None => (Vec::new(), plan.ranges(None)),
            Some(page) if page.total <= page.rows.len() as u64 => (page.rows, Vec::new()),
            Some(page) => {
                let reached = key_of(page.rows.last(), template).map_err(|error| error.into_error(what))?;
                (page.rows, plan.ranges(Some(reached)))
            }
        };
        let first = stream::iter((!head.is_empty()).then_some(Ok(head)));
        Ok((plan, first.chain(self.ranges(template, ranges, true))))
    }
}

fn row_key(row: &Row) -> Option<i64> {
    row.head().map(|id| id.0)
}

/// Gives the key of a row; for a person's query that is the column the key stands for.
fn key_of(row: Option<&Row>, template: &Template) -> std::result::Result<i64, QueryError> {
    row.and_then(|row| row_key(row).or_else(|| row.id(template.key_name()).map(|id| id.0))).ok_or_else(|| {
        QueryError::Failed(
            Error::new(ErrorKind::Usage, format!("the result has no whole number in the key column `{}`", template.key_name()))
                .hint("name a unique numeric column of the result with `--key`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_and_the_last_one_is_open() {
        let plan = Plan::from_boundaries(vec![30, 10, 20]);
        assert_eq!(
            plan.ranges(None),
            [Selection::Range(None, Some(10)), Selection::Range(Some(10), Some(20)), Selection::Range(Some(20), None)]
        );
        assert_eq!(plan.ranges(Some(10)), [Selection::Range(Some(10), Some(20)), Selection::Range(Some(20), None)]);
        assert_eq!(plan.ranges(Some(35)), [Selection::Range(Some(35), None)]);
        assert_eq!(Plan::from_boundaries(Vec::new()).ranges(None), [Selection::Range(None, None)]);
    }
}
