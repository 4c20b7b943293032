//! Reading a TOML file so that every value still knows its line and its full key.
//!
//! The mistakes people make in a configuration file (an unknown key, a value of the wrong type) are worded here, once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

use crate::config::suggest::{nearest, quoted};
use crate::error::{Error, ErrorKind, Result};

/// A larger file is not one of ours.
const LARGEST: u64 = 1 << 20;

/// Where a document was read from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A file on disk.
    File(PathBuf),
    /// A document compiled into the program, under the name its values are said to come from.
    BuiltIn(&'static str),
}

/// Reads a file of at most 1 MiB; nothing when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    match File::open(path) {
        Ok(file) => read_open(file, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

/// Reads a file that is already open, with the same limit.
pub(super) fn read_open(file: File, path: &Path) -> Result<String> {
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(path, error))?;
    if text.len() as u64 > LARGEST {
        return Err(Error::new(ErrorKind::Config, format!("{} is larger than 1 MiB", path.display())));
    }
    Ok(text)
}

/// Makes the error for a file that is there and cannot be read.
pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Config, format!("{} cannot be read", path.display())).caused_by(error)
}

/// A parsed document.
pub(super) struct Document<'d> {
    place: Place,
    text: &'d str,
    root: DeTable<'d>,
}

impl<'d> Document<'d> {
    /// Parses a text. The message of a syntax error never repeats the line, which may hold a secret.
    pub(super) fn parse(place: Place, text: &'d str) -> Result<Self> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { place, text, root: root.into_inner() }),
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                Err(Error::new(ErrorKind::Config, format!("{}: this is not TOML: {}", at(&place, text, offset), error.message())))
            }
        }
    }

    /// Gives the table of the whole document.
    pub(super) fn root(&self) -> Section<'_> {
        Section { document: self, path: String::new(), table: &self.root, offset: 0 }
    }
}

/// Says the position the way editors and people jump to it.
fn at(place: &Place, text: &str, offset: usize) -> String {
    match place {
        Place::File(path) => {
            let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
            format!("{}:{}", path.display(), 1 + before.iter().filter(|byte| **byte == b'\n').count())
        }
        Place::BuiltIn(name) => (*name).to_owned(),
    }
}

/// Appends a key to a dotted key, quoted where TOML wants it quoted.
pub(super) fn joined(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// A table of a document.
#[derive(Clone)]
pub(super) struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    table: &'d DeTable<'d>,
    offset: usize,
}

impl<'d> Section<'d> {
    /// Gives the value under a key.
    pub(super) fn get(&self, key: &str) -> Option<Item<'d>> {
        self.entries().find(|(name, _)| *name == key).map(|(_, item)| item)
    }

    /// Gives every key with its value, ordered by key.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'d str, Item<'d>)> {
        let (document, path, table) = (self.document, self.path.clone(), self.table);
        table.iter().map(move |(key, value)| {
            let name: &'d str = key.get_ref();
            (name, Item { document, path: joined(&path, name), value: value.get_ref(), offset: key.span().start })
        })
    }

    /// Refuses a key that is not in the list.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        let Some((key, item)) = self.entries().find(|(key, _)| !known.contains(key)) else {
            return Ok(());
        };
        let mut error = Error::new(ErrorKind::Config, format!("{}: unknown key `{}`", item.position(), item.path));
        if let Some(near) = nearest(key, known.iter().copied()) {
            error = error.hint(format!("did you mean `{near}`?"));
        } else {
            error = error.hint(format!("known here: {}", quoted(known.iter().copied())));
        }
        // Somebody wrote the secret where the command that prints it may stand.
        if known.contains(&format!("{key}-command").as_str()) {
            error = error.hint(format!(
                "a secret stays out of this file: put it into `credentials.toml`, \
                 or name the command that prints it in `{key}-command`"
            ));
        }
        Err(error)
    }

    /// Makes the error for a key that must be there.
    pub(super) fn missing(&self, path: &str) -> Error {
        Error::new(ErrorKind::Config, format!("{}: `{path}` is missing", self.position()))
    }

    /// Gives the full dotted key of the table.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn position(&self) -> String {
        at(&self.document.place, self.document.text, self.offset)
    }
}

/// A value of a document.
#[derive(Clone)]
pub(super) struct Item<'d> {
    document: &'d Document<'d>,
    path: String,
    value: &'d DeValue<'d>,
    offset: usize,
}

impl<'d> Item<'d> {
    /// Gives a text that is not empty.
    pub(super) fn text(&self, what: &str) -> Result<&'d str> {
        match self.value {
            DeValue::String(text) if text.trim().is_empty() => Err(self.error(&format!("must be {what}, it is empty"))),
            DeValue::String(text) => Ok(text),
            _ => Err(self.wrong_type(what)),
        }
    }

    /// Gives `true` or `false`.
    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("`true` or `false`"))
    }

    /// Gives a whole number.
    pub(super) fn integer(&self, what: &str) -> Result<i64> {
        let number = self.value.as_integer().ok_or_else(|| self.wrong_type(what))?;
        i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| self.refused(what))
    }

    /// Gives a date, written as a TOML date or as text.
    pub(super) fn date(&self) -> Result<Date> {
        let what = "a date such as \"2026-01-31\"";
        match self.value {
            DeValue::Datetime(moment) => match (moment.date, moment.time) {
                (Some(date), None) => i16::try_from(date.year)
                    .ok()
                    .zip(i8::try_from(date.month).ok().zip(i8::try_from(date.day).ok()))
                    .and_then(|(year, (month, day))| Date::new(year, month, day).ok())
                    .ok_or_else(|| self.refused(what)),
                _ => Err(self.refused(what)),
            },
            // The parser of the time library would also take the date out of a longer text.
            DeValue::String(text) if text.len() == 10 => text.parse().map_err(|_| self.refused(what)),
            DeValue::String(_) => Err(self.refused(what)),
            _ => Err(self.wrong_type(what)),
        }
    }

    /// Gives the members of a list.
    pub(super) fn list(&self, what: &str) -> Result<Vec<Self>> {
        let list = self.value.as_array().ok_or_else(|| self.wrong_type(what))?;
        Ok(list
            .iter()
            .enumerate()
            .map(|(index, value)| Item {
                document: self.document,
                path: format!("{}[{index}]", self.path),
                value: value.get_ref(),
                offset: value.span().start,
            })
            .collect())
    }

    /// Gives the table.
    pub(super) fn section(&self) -> Result<Section<'d>> {
        let table = self.value.as_table().ok_or_else(|| self.wrong_type("a table"))?;
        Ok(Section { document: self.document, path: self.path.clone(), table, offset: self.offset })
    }

    /// Gives the value as JSON: numbers keep their kind, dates become text.
    pub(super) fn json(&self) -> Result<Value> {
        self.json_of(self.value)
    }

    fn json_of(&self, value: &DeValue<'_>) -> Result<Value> {
        Ok(match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(moment) => Value::String(moment.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Value::from)
                .map_err(|_| self.error("holds a whole number that is too large; write it as text"))?,
            DeValue::Float(number) => {
                let written = number.as_str();
                let exact =
                    written.parse().ok().and_then(Number::from_f64).filter(|number| same_number(written, &number.to_string()));
                exact
                    .map(Value::Number)
                    .ok_or_else(|| self.error("holds a number that would not arrive as written; write it as text"))?
            }
            DeValue::Array(list) => list.iter().map(|value| self.json_of(value.get_ref())).collect::<Result<_>>()?,
            DeValue::Table(table) => Value::Object(
                table
                    .iter()
                    .map(|(key, value)| Ok((key.get_ref().to_string(), self.json_of(value.get_ref())?)))
                    .collect::<Result<Map<_, _>>>()?,
            ),
        })
    }

    /// Makes the error for a value of another type. It names the type alone, so it is safe beside secrets.
    pub(super) fn wrong_type(&self, what: &str) -> Error {
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(&format!("must be {what}, not {found}"))
    }

    /// Makes the error for a value of the right type that does not fit; it repeats the value.
    pub(super) fn refused(&self, what: &str) -> Error {
        self.error(&format!("must be {what}, not `{}`", self.shown()))
    }

    /// Makes an error about the value, beginning with its position and its full key.
    pub(super) fn error(&self, what: &str) -> Error {
        Error::new(ErrorKind::Config, format!("{}: `{}` {what}", self.position(), self.path))
    }

    /// Gives the value as it is listed: plain text bare, everything else as TOML writes it.
    pub(super) fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => text.to_string(),
            other => rendered(other),
        }
    }

    /// Says where the value was written.
    pub(super) fn position(&self) -> String {
        at(&self.document.place, self.document.text, self.offset)
    }
}

/// Tells whether two spellings of a decimal number are the same but for trailing zeros.
fn same_number(written: &str, printed: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_start_matches('+').replace('_', "");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    plain(written) == plain(printed)
}

fn rendered(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(list) => {
            format!("[{}]", list.iter().map(|value| rendered(value.get_ref())).collect::<Vec<_>>().join(", "))
        }
        DeValue::Table(table) if table.is_empty() => "{}".to_owned(),
        DeValue::Table(table) => {
            let entries =
                table.iter().map(|(key, value)| format!("{} = {}", joined("", key.get_ref()), rendered(value.get_ref())));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document<'_> {
        Document::parse(Place::File("config.toml".into()), text).unwrap()
    }

    #[test]
    fn an_unknown_key_is_named_with_line_path_and_neighbour() {
        let document = document("a = 1\n\n[top.\"5:EUR\"]\nacount = 2\n");
        let section = document.root().get("top").unwrap().section().unwrap().get("5:EUR").unwrap().section().unwrap();
        let error = section.only(&["account", "auth"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string(), "config.toml:4: unknown key `top.\"5:EUR\".acount`");
        assert_eq!(error.hints(), ["did you mean `account`?"]);
    }

    #[test]
    fn a_secret_in_place_of_its_command_is_explained_and_not_repeated() {
        let document = document("token-id = \"canary\"\n");
        let error = document.root().only(&["token-id-command"]).unwrap_err();
        assert!(error.hints()[1].contains("credentials.toml"), "{:?}", error.hints());
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn a_wrong_type_names_what_is_expected_and_what_was_found() {
        let document = document("x = [1,\n \"two\"]");
        let list = document.root().get("x").unwrap();
        assert_eq!(list.boolean().unwrap_err().to_string(), "config.toml:1: `x` must be `true` or `false`, not a list");
        let error = list.list("a list").unwrap()[1].integer("a whole number").unwrap_err();
        assert_eq!(error.to_string(), "config.toml:2: `x[1]` must be a whole number, not text");
    }

    #[test]
    fn a_syntax_error_gives_the_line_and_not_its_content() {
        let error = Document::parse(Place::File("c.toml".into()), "ok = 1\nkey = canary-secret\n").err().unwrap();
        assert!(error.to_string().starts_with("c.toml:2: this is not TOML: "), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn json_keeps_kinds_and_refuses_what_would_change() {
        let document = document(
            "a = { id = \"13\", n = 7, r = 19.90, ok = true, when = 2026-01-02, l = [1] }\nb = 999999999999999.99\nc = nan",
        );
        let json = document.root().get("a").unwrap().json().unwrap();
        assert_eq!(json.to_string(), r#"{"id":"13","l":[1],"n":7,"ok":true,"r":19.9,"when":"2026-01-02"}"#);
        for key in ["b", "c"] {
            assert!(document.root().get(key).unwrap().json().unwrap_err().to_string().contains("write it as text"));
        }
    }

    #[test]
    fn dates_are_taken_in_both_forms_and_nothing_longer() {
        let document = document(
            "a = 2026-01-31\nb = \"2026-01-31\"\nc = 2026-01-31T00:00:00Z\nd = \"2026-02-30\"\ne = \"2026-01-31T10:00\"",
        );
        let date = |key| document.root().get(key).unwrap().date();
        assert_eq!(date("a").unwrap(), date("b").unwrap());
        for key in ["c", "d", "e"] {
            assert!(date(key).is_err(), "{key}");
        }
    }
}
