//! JSON values that keep every digit of their numbers and the order of their members.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deepest nesting the server reads; more is refused like any malformed body.
const DEEPEST: usize = 64;

/// One JSON value. A number is its own text, so `19.90` never becomes `19.9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one whole JSON text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        grow(raw, 0)
    }

    /// Makes an object from members in the order in which they shall be written.
    pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Makes a text.
    pub(super) fn of_text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a whole number.
    pub(super) fn of_count(count: u64) -> Self {
        Self::Number(count.to_string())
    }

    /// Gives a member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Gives a member's text, when it is one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// Gives a member's list; empty when there is none.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        self.get(name).map_or(&[], Self::items)
    }

    /// Gives the text, when it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Gives the entries of a list; empty for anything else.
    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// Gives the members of an object; empty for anything else.
    pub(super) fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// Sets a member of an object, in its old place when it has one; does nothing to other values.
    pub(super) fn set(&mut self, name: &str, value: Self) {
        if let Self::Object(members) = self {
            match members.iter_mut().find(|(member, _)| member == name) {
                Some((_, old)) => *old = value,
                None => members.push((name.to_owned(), value)),
            }
        }
    }

    /// Sets a member unless the object has it.
    pub(super) fn set_default(&mut self, name: &str, value: Self) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// Sets every member another object has.
    pub(super) fn take_over(&mut self, other: &Self) {
        for (name, value) in other.members() {
            self.set(name, value.clone());
        }
    }

    /// Takes a member out of an object.
    pub(super) fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let index = members.iter().position(|(member, _)| member == name)?;
        Some(members.remove(index).1)
    }

    /// Picks members by name, in the order of the names; missing ones stay away.
    pub(super) fn pick(&self, names: &[&str]) -> Self {
        let members = names.iter().filter_map(|name| Some(((*name).to_owned(), self.get(name)?.clone())));
        Self::Object(members.collect())
    }

    fn write(&self, output: &mut String) {
        match self {
            Self::Null => output.push_str("null"),
            Self::Bool(true) => output.push_str("true"),
            Self::Bool(false) => output.push_str("false"),
            Self::Number(digits) => output.push_str(digits),
            Self::Text(text) => write_text(text, output),
            Self::List(items) => {
                output.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        output.push(',');
                    }
                    item.write(output);
                }
                output.push(']');
            }
            Self::Object(members) => {
                output.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        output.push(',');
                    }
                    write_text(name, output);
                    output.push(':');
                    value.write(output);
                }
                output.push('}');
            }
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = String::new();
        self.write(&mut output);
        formatter.write_str(&output)
    }
}

fn write_text(text: &str, output: &mut String) {
    output.push('"');
    for letter in text.chars() {
        match letter {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            control if control < ' ' => output.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => output.push(other),
        }
    }
    output.push('"');
}

fn grow(raw: &RawValue, depth: usize) -> Result<Json, String> {
    if depth > DEEPEST {
        return Err(format!("nested deeper than {DEEPEST} levels"));
    }
    let text = raw.get().trim();
    let explain = |error: serde_json::Error| error.to_string();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Members(rows) = serde_json::from_str(text).map_err(explain)?;
            let mut members: Vec<(String, Json)> = Vec::with_capacity(rows.len());
            for (name, value) in rows {
                if members.iter().any(|(member, _)| *member == name) {
                    return Err(format!("the member {name:?} appears twice"));
                }
                members.push((name, grow(value, depth + 1)?));
            }
            Json::Object(members)
        }
        Some(b'[') => {
            let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(explain)?;
            Json::List(rows.into_iter().map(|row| grow(row, depth + 1)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text).map_err(explain)?),
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

/// The members of one object, in order and with their values still as text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = map.next_entry()? {
                    rows.push(row);
                }
                Ok(Members(rows))
            }
        }
        deserializer.deserialize_map(Rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_digits_and_order() {
        let text = r#"{"z":19.90,"a":[999999999999999.99,-0,1E5],"t":"a\"\\\n\u0001é","n":null,"b":[true,false,{}]}"#;
        assert_eq!(Json::parse(text).expect("valid").to_string(), text);
        let spaced = Json::parse(" { \"a\" : 1.0 , \"b\" : [ ] } ").expect("valid");
        assert_eq!(spaced.to_string(), r#"{"a":1.0,"b":[]}"#);
    }

    #[test]
    fn refuses_what_is_not_one_json_value() {
        for text in ["", "{", "01", "{} {}", "[1,]", "nul", r#"{"a":1,"a":2}"#, "\"\\ud800\"", "NaN"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(80), "]".repeat(80));
        assert!(Json::parse(&deep).expect_err("too deep").contains("deeper"));
    }

    #[test]
    fn changes_members_in_place() {
        let mut value = Json::object([("a", Json::of_count(1)), ("b", Json::Null)]);
        value.set("a", Json::of_text("x"));
        value.set("c", Json::Bool(true));
        value.set_default("c", Json::Null);
        assert_eq!(value.to_string(), r#"{"a":"x","b":null,"c":true}"#);
        assert_eq!(value.take("b"), Some(Json::Null));
        assert_eq!(value.pick(&["c", "missing", "a"]).to_string(), r#"{"c":true,"a":"x"}"#);
        assert_eq!(value.text("a"), Some("x"));
        assert!(value.list("a").is_empty());
    }
}
