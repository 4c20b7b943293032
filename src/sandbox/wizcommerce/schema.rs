//! What a request body must look like: tables of fields, and the check that names every field that is wrong.
//!
//! The check is strict: a member no table knows is refused, and so is a number sent as text. The documents do not say whether
//! the real server ignores unknown members; refusing them finds a misspelt field that would otherwise vanish.

use super::answer::{Detail, Refusal, is_stamp};
use super::json::Json;

/// The longest text of most fields, in characters.
pub(super) const USUAL: usize = 255;
/// For texts whose length is not limited.
pub(super) const ANY: usize = usize::MAX;

/// The value a field takes.
pub(super) enum Shape {
    /// A text of at most so many characters; empty only where the field may be left out.
    Text(usize),
    /// A text that may be empty, which is how a value is cleared.
    FreeText,
    Number,
    /// A number written without fraction and exponent.
    Integer,
    Boolean,
    OneOf(&'static [&'static str]),
    /// A UTC moment in whole seconds.
    Moment,
    /// A phone number in the E.164 form.
    Phone,
    /// A text that holds JSON.
    JsonText,
    /// A list of texts that are not empty.
    Texts,
    Object(&'static [Field]),
    Objects(&'static [Field]),
    /// A list of objects; one with an `id` changes the entry of that id and may leave out what a new one must carry.
    Entries(&'static [Field]),
    Anything,
}

/// One field of a body.
pub(super) struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
    nullable: bool,
    extension: Option<&'static str>,
}

/// Makes a field that a create must carry.
pub(super) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true, nullable: false, extension: None }
}

/// Makes a field that may be left out.
pub(super) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, nullable: false, extension: None }
}

/// Makes a field that may be left out or null.
pub(super) const fn nullable(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, nullable: true, extension: None }
}

/// Makes an optional field that exists only with an extension.
pub(super) const fn extended(extension: &'static str, name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, nullable: false, extension: Some(extension) }
}

/// Checks the body of a create: required fields must be there.
pub(super) fn check_whole(body: &Json, fields: &[Field], extensions: &[String]) -> Result<(), Refusal> {
    check(body, fields, extensions, true)
}

/// Checks the body of a change: every field may be left out, nested entries are complete.
pub(super) fn check_partial(body: &Json, fields: &[Field], extensions: &[String]) -> Result<(), Refusal> {
    check(body, fields, extensions, false)
}

/// Checks the body of a create whose fields stand in several tables.
pub(super) fn check_joined(body: &Json, tables: &[&[Field]]) -> Result<(), Refusal> {
    let mut inspection = Inspection { extensions: &[], details: Vec::new() };
    inspection.members(body, &tables.iter().copied().flatten().collect::<Vec<_>>(), "", true);
    inspection.finish()
}

fn check(body: &Json, fields: &[Field], extensions: &[String], whole: bool) -> Result<(), Refusal> {
    let mut inspection = Inspection { extensions, details: Vec::new() };
    inspection.object(body, fields, "", whole);
    inspection.finish()
}

struct Inspection<'a> {
    extensions: &'a [String],
    details: Vec<Detail>,
}

impl Inspection<'_> {
    fn object(&mut self, body: &Json, fields: &[Field], path: &str, whole: bool) {
        let known = |field: &&Field| field.extension.is_none_or(|name| self.extensions.iter().any(|on| on == name));
        self.members(body, &fields.iter().filter(known).collect::<Vec<_>>(), path, whole);
    }

    fn members(&mut self, body: &Json, fields: &[&Field], path: &str, whole: bool) {
        for field in fields {
            let place = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
            match body.get(field.name) {
                None if field.required && whole => self.refuse(place, "is required"),
                None => {}
                Some(Json::Null) if field.nullable => {}
                Some(value) => self.value(value, field, place),
            }
        }
        for (name, _) in body.members() {
            if !fields.iter().any(|field| field.name == name) {
                let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.refuse(place, "unknown field");
            }
        }
    }

    fn value(&mut self, value: &Json, field: &Field, place: String) {
        match (&field.shape, value) {
            (Shape::Text(_), Json::Text(text)) if text.is_empty() && field.required => self.refuse(place, "must not be empty"),
            (Shape::Text(longest), Json::Text(text)) => {
                if *longest != ANY && text.chars().count() > *longest {
                    self.refuse(place, &format!("must have at most {longest} characters"));
                }
            }
            (Shape::Integer, Json::Number(digits)) => {
                if digits.contains(['.', 'e', 'E']) {
                    self.refuse(place, "must be a whole number");
                }
            }
            (Shape::OneOf(words), Json::Text(word)) => {
                if !words.contains(&word.as_str()) {
                    self.refuse(place, &format!("must be one of {}", words.join(", ")));
                }
            }
            (Shape::Moment, Json::Text(text)) => {
                if !is_stamp(text) {
                    self.refuse(place, "must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z");
                }
            }
            (Shape::Phone, Json::Text(text)) => {
                // Empty clears the number: the documents give no other way to do it.
                if !text.is_empty() && !is_phone(text) {
                    self.refuse(place, "must be a phone number like +12065550147");
                }
            }
            (Shape::JsonText, Json::Text(text)) => {
                if Json::parse(text).is_err() {
                    self.refuse(place, "must hold JSON");
                }
            }
            (Shape::Texts, Json::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if item.as_text().is_none_or(str::is_empty) {
                        self.refuse(format!("{place}[{index}]"), "must be a text that is not empty");
                    }
                }
            }
            (Shape::Object(fields), Json::Object(_)) => self.object(value, fields, &place, true),
            (Shape::Objects(fields), Json::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let place = format!("{place}[{index}]");
                    if matches!(item, Json::Object(_)) {
                        self.object(item, fields, &place, true);
                    } else {
                        self.refuse(place, "must be an object");
                    }
                }
            }
            (Shape::Entries(fields), Json::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.entry(item, fields, format!("{place}[{index}]"));
                }
            }
            (Shape::FreeText, Json::Text(_))
            | (Shape::Number, Json::Number(_))
            | (Shape::Boolean, Json::Bool(_))
            | (Shape::Anything, _) => {}
            (shape, _) => self.refuse(place, shape.expectation()),
        }
    }

    fn entry(&mut self, item: &Json, fields: &[Field], place: String) {
        if !matches!(item, Json::Object(_)) {
            return self.refuse(place, "must be an object");
        }
        let mut rest = item.clone();
        let id = rest.take("id");
        if id.as_ref().is_some_and(|id| id.as_text().is_none_or(str::is_empty)) {
            self.refuse(format!("{place}.id"), "must be a text that is not empty");
        }
        self.object(&rest, fields, &place, id.is_none());
    }

    fn refuse(&mut self, field: String, reason: &str) {
        self.details.push(Detail::new(field, reason));
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.details.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.details)) }
    }
}

impl Shape {
    fn expectation(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::FreeText | Self::OneOf(_) | Self::Moment | Self::Phone => "must be a text",
            Self::JsonText => "must be a text that holds JSON",
            Self::Number => "must be a number",
            Self::Integer => "must be a whole number",
            Self::Boolean => "must be true or false",
            Self::Texts | Self::Objects(_) | Self::Entries(_) => "must be a list",
            Self::Object(_) => "must be an object",
            Self::Anything => "is not understood",
        }
    }
}

/// Says whether a text is a phone number in the E.164 form: a plus and up to 15 digits, the first not a zero.
fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use crate::sandbox::exchange::Reply;

    use super::*;

    const LINE: &[Field] = &[required("sku", Shape::Text(5)), optional("quantity", Shape::Integer)];
    const BODY: &[Field] = &[
        required("name", Shape::Text(USUAL)),
        optional("price", Shape::Number),
        optional("state", Shape::OneOf(&["on", "off"])),
        nullable("note", Shape::JsonText),
        optional("due", Shape::Moment),
        optional("tags", Shape::Texts),
        optional("lines", Shape::Objects(LINE)),
        optional("box", Shape::Object(LINE)),
        optional("flag", Shape::Boolean),
        optional("phone", Shape::Phone),
        optional("entries", Shape::Entries(LINE)),
        extended("kits", "kind", Shape::Anything),
    ];

    fn complaints(body: &str, whole: bool) -> Vec<String> {
        let body = Json::parse(body).expect("valid");
        let result = if whole { check_whole(&body, BODY, &[]) } else { check_partial(&body, BODY, &[]) };
        let Err(refusal) = result else { return Vec::new() };
        let reply: serde_json::Value = serde_json::from_slice(&Reply::from(refusal).body).expect("JSON");
        let details = reply["details"].as_array().expect("details").iter();
        details
            .map(|detail| format!("{}: {}", detail["field"].as_str().expect("text"), detail["reason"].as_str().expect("text")))
            .collect()
    }

    #[test]
    fn accepts_a_complete_body() {
        let body = r#"{"name":"x","price":-1.5e3,"state":"on","note":null,"due":"2026-01-01T00:00:00Z","tags":["a"],
                       "lines":[{"sku":"éééééé","quantity":1}],"box":{"sku":"1"},"flag":false}"#;
        assert_eq!(complaints(body, true), ["lines[0].sku: must have at most 5 characters"]);
        assert_eq!(complaints(&body.replace("éééééé", "ééééé"), true), Vec::<String>::new());
    }

    #[test]
    fn names_every_wrong_field() {
        let body = r#"{"price":"1","state":"up","note":"{","due":"2026-01-01","tags":["", 1],"lines":[{"quantity":1.0},2],
                       "box":[],"flag":"true","kind":"kit","nmae":"x"}"#;
        assert_eq!(
            complaints(body, true),
            [
                "name: is required",
                "price: must be a number",
                "state: must be one of on, off",
                "note: must hold JSON",
                "due: must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z",
                "tags[0]: must be a text that is not empty",
                "tags[1]: must be a text that is not empty",
                "lines[0].sku: is required",
                "lines[0].quantity: must be a whole number",
                "lines[1]: must be an object",
                "box: must be an object",
                "flag: must be true or false",
                "kind: unknown field",
                "nmae: unknown field",
            ]
        );
    }

    #[test]
    fn knows_a_phone_number() {
        for right in ["+12065550147", "+442", ""] {
            assert_eq!(complaints(&format!(r#"{{"phone":"{right}"}}"#), false), Vec::<String>::new(), "{right}");
        }
        for wrong in ["12065550147", "+0123456", "+1 206 555 0147", "+1234567890123456", "+", "(206) 555-0147"] {
            assert_eq!(complaints(&format!(r#"{{"phone":"{wrong}"}}"#), false).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn an_entry_with_an_id_may_leave_out() {
        let body = r#"{"entries":[{"id":"a"},{"quantity":1},{"id":"","sku":""},7]}"#;
        assert_eq!(
            complaints(body, false),
            [
                "entries[1].sku: is required",
                "entries[2].id: must be a text that is not empty",
                "entries[2].sku: must not be empty",
                "entries[3]: must be an object",
            ]
        );
    }

    #[test]
    fn tables_may_be_joined() {
        let body = Json::parse(r#"{"sku":"1","name":"x","extra":1}"#).expect("valid");
        assert!(check_joined(&body, &[LINE, &[required("name", Shape::FreeText), optional("extra", Shape::Number)]]).is_ok());
        assert!(check_joined(&body, &[LINE, &[required("name", Shape::FreeText)]]).is_err());
    }

    #[test]
    fn a_change_may_leave_out_but_not_empty() {
        assert_eq!(complaints("{}", false), Vec::<String>::new());
        assert_eq!(complaints(r#"{"name":"","lines":[{}],"price":null}"#, false).len(), 3);
    }
}
