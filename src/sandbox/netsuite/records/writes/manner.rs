//! How a write is to be read: the body, and what headers and parameters say about properties and sublists.

use serde_json::{Map, Value};

use crate::sandbox::exchange::Request;
use crate::sandbox::netsuite::errors::{Locator, Refusal};
use crate::sandbox::netsuite::paging::{parameters, unknown_parameter};

/// Properties of a JSON object.
pub(super) type Members = Map<String, Value>;

/// What becomes of a property that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// The whole write is refused.
    Error,
    /// It is left out, and a header says so.
    Warning,
    /// It is left out.
    Ignore,
}

/// How strict a write is, and which sublists it replaces.
#[derive(Debug)]
pub(super) struct Manner {
    /// About properties nobody knows.
    pub(super) names: Strictness,
    /// About values of a wrong form.
    pub(super) values: Strictness,
    /// Names in `replace`: sublists, and fields where selected fields are replaced.
    replace: Vec<String>,
    /// Fields named in `replace` and not sent are cleared.
    pub(super) selected_fields: bool,
}

impl Manner {
    /// Reads headers and parameters.
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let mut manner = Self {
            names: strictness(request, "x-netsuite-propertynamevalidation", Strictness::Warning)?,
            values: strictness(request, "x-netsuite-propertyvaluevalidation", Strictness::Error)?,
            replace: Vec::new(),
            selected_fields: false,
        };
        for (name, value) in parameters(request) {
            match name.as_str() {
                "replace" => manner.replace.extend(value.split(',').map(|name| name.trim().to_owned())),
                "replaceSelectedFields" => manner.selected_fields = value.eq_ignore_ascii_case("true"),
                other => return Err(unknown_parameter(other)),
            }
        }
        Ok(manner)
    }

    /// Makes the manner of a write without a body.
    pub(super) fn plain(strictness: Strictness) -> Self {
        Self { names: strictness, values: strictness, replace: Vec::new(), selected_fields: false }
    }

    /// Tells whether a sublist is to be replaced.
    pub(super) fn replaces(&self, sublist: &str) -> bool {
        self.replace.iter().any(|name| name == sublist)
    }

    /// Clears the fields that are to be replaced and were not sent.
    pub(super) fn complete(&self, members: &mut Members, is_field: impl Fn(&str) -> bool) {
        for name in self.replace.iter().filter(|name| self.selected_fields && is_field(name)) {
            members.entry(name.clone()).or_insert(Value::Null);
        }
    }
}

fn strictness(request: &Request, name: &'static str, usual: Strictness) -> Result<Strictness, Refusal> {
    let Some(value) = request.header(name) else { return Ok(usual) };
    match value.to_ascii_lowercase().as_str() {
        "error" => Ok(Strictness::Error),
        "warning" => Ok(Strictness::Warning),
        "ignore" => Ok(Strictness::Ignore),
        _ => Err(Refusal::new(400, "INVALID_HEADER", format!("Invalid header value '{value}'. Use Error, Warning or Ignore."))
            .at(Locator::Header(name))),
    }
}

/// Reads the body as one object; where it may be left out, nothing is an object without properties.
pub(super) fn body(request: &Request, optional: bool) -> Result<Members, Refusal> {
    if optional && request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Members::new());
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::content("The body must be one JSON object.")),
        Err(error) => Err(Refusal::content(format!("{error}."))),
    }
}
