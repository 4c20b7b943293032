//! Properties that can be written: the columns they fill, and what may stand in them.

use std::cell::RefCell;

use rusqlite::OptionalExtension;
use rusqlite::types::Value as Stored;
use rust_decimal::Decimal;
use serde_json::Value;

use super::manner::{Manner, Members, Strictness};
use super::row::{Columns, stored};
use crate::sandbox::netsuite::catalogue::Found;
use crate::sandbox::netsuite::errors::{Locator, Refusal};
use crate::sandbox::netsuite::records::Service;
use crate::sandbox::netsuite::zone;

/// A property, its column, and the form of its value.
pub(super) type Field = (&'static str, &'static str, Form);

/// What may stand in a property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Text; an empty one is none.
    Text,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// One of a closed list, by its id.
    Choice(&'static [&'static str]),
    /// Another record.
    Reference(&'static Target),
    /// Any whole number by way of a reference; the account keeps no such records here.
    Id,
}

/// What a reference can point at.
#[derive(Debug)]
pub(super) struct Target {
    /// A table between spaces, or a query in parentheses.
    pub(super) rows: &'static str,
    /// The column references name.
    pub(super) key: &'static str,
    /// The column of the external id, where there is one.
    pub(super) external: Option<&'static str>,
    /// Which rows may be chosen, as a condition.
    pub(super) usable: &'static str,
}

impl Target {
    const fn new(rows: &'static str, external: Option<&'static str>, usable: &'static str) -> Self {
        Self { rows, key: "id", external, usable }
    }
}

const ACTIVE: &str = "coalesce(isinactive, 'F') = 'F'";

pub(super) static CUSTOMER: Target = Target::new(" customer ", Some("externalid"), ACTIVE);
pub(super) static ITEM: Target = Target::new(
    " item ",
    Some("externalid"),
    "coalesce(isinactive, 'F') = 'F' and coalesce(matrixtype, '') <> 'PARENT' and itemtype not in ('ShipItem', 'TaxItem', 'TaxGroup')",
);
pub(super) static SHIP_ITEM: Target =
    Target::new(" item ", Some("externalid"), "coalesce(isinactive, 'F') = 'F' and itemtype = 'ShipItem'");
pub(super) static DISCOUNT_ITEM: Target =
    Target::new(" item ", Some("externalid"), "coalesce(isinactive, 'F') = 'F' and itemtype = 'Discount'");
pub(super) static SUBSIDIARY: Target =
    Target::new(" subsidiary ", Some("externalid"), "coalesce(isinactive, 'F') = 'F' and coalesce(iselimination, 'F') = 'F'");
pub(super) static CURRENCY: Target = Target::new(" currency ", Some("externalid"), ACTIVE);
pub(super) static TERM: Target = Target::new(" term ", None, ACTIVE);
/// Levels of the account, and the one that says the price was made by hand.
pub(super) static PRICE_LEVEL: Target =
    Target::new("(select id, isinactive from pricelevel union all select -1, 'F')", None, ACTIVE);
pub(super) static LOCATION: Target = Target::new(" location ", Some("externalid"), ACTIVE);
pub(super) static CLASS: Target = Target::new(" classification ", Some("externalid"), ACTIVE);
pub(super) static DEPARTMENT: Target = Target::new(" department ", Some("externalid"), ACTIVE);
pub(super) static SALES_REP: Target =
    Target::new(" employee ", Some("externalid"), "coalesce(isinactive, 'F') = 'F' and issalesrep = 'T'");
pub(super) static CATEGORY: Target = Target::new(" customercategory ", Some("externalid"), "true");
pub(super) static ENTITY_STATUS: Target = Target { rows: " entitystatus ", key: "key", external: None, usable: "true" };
pub(super) static PAYMENT_METHOD: Target = Target::new(" paymentmethod ", None, "true");
pub(super) static ORDER: Target =
    Target::new("(select id, externalid, status from \"transaction\" where type = 'SalesOrd')", Some("externalid"), "true");
pub(super) static COUNTRY: Target = Target::new(" country ", None, "true");

/// One write: the account, the manner, and what it warned of so far.
pub(super) struct Writing<'a> {
    /// The account.
    pub(super) service: &'a Service<'a>,
    /// How the body is read.
    pub(super) manner: Manner,
    /// What was left out of it.
    warnings: RefCell<Vec<String>>,
    /// The stamp of this write, as stored.
    pub(super) stamp: String,
    /// The day it is for the user.
    pub(super) today: String,
}

impl<'a> Writing<'a> {
    /// Begins a write.
    pub(super) fn begin(service: &'a Service<'a>, manner: Manner) -> Self {
        let today = zone::format(service.zone.local(service.now)).get(..10).unwrap_or_default().to_owned();
        Self { service, manner, warnings: RefCell::default(), stamp: zone::format(service.now), today }
    }

    /// Gives what was left out, for the header; nothing when all was taken.
    pub(super) fn warnings(&self) -> Option<String> {
        let warnings = self.warnings.borrow();
        (!warnings.is_empty()).then(|| warnings.join(", "))
    }

    fn complain(&self, strictness: Strictness, refusal: Refusal, warning: String) -> Result<(), Refusal> {
        match strictness {
            Strictness::Error => return Err(refusal),
            Strictness::Warning => self.warnings.borrow_mut().push(warning),
            Strictness::Ignore => {}
        }
        Ok(())
    }

    /// Speaks up about properties nobody knows; the account's own are known by their columns.
    pub(super) fn names(
        &self,
        members: &Members,
        known: impl Fn(&str) -> bool,
        own: &[(&str, &str)],
        path: &str,
    ) -> Result<(), Refusal> {
        for name in members.keys() {
            let is_own = own.iter().any(|(table, prefix)| name.starts_with(prefix) && self.has_column(table, name));
            if matches!(name.as_str(), "id" | "links" | "refName") || known(name) || is_own {
                continue;
            }
            let full = format!("{path}{name}");
            let refusal = Refusal::content(format!("Unknown property name '{full}'.")).at(Locator::Path(full.clone()));
            self.complain(self.manner.names, refusal, format!("Unknown property name '{full}'"))?;
        }
        Ok(())
    }

    fn has_column(&self, table: &str, name: &str) -> bool {
        let found = self.service.catalogue.find(table);
        matches!(found, Found::Table(table) if table.columns.iter().any(|column| column.name == name))
    }

    /// Reads what was sent into columns; what was not sent is not there, what was cleared is null.
    pub(super) fn columns(&self, members: &Members, fields: &[Field], path: &str) -> Result<Columns, Refusal> {
        let mut columns = Columns::new();
        for (property, column, form) in fields {
            let Some(sent) = members.get(*property) else { continue };
            if let Some(value) = self.value(sent, *form, property, path)? {
                columns.insert((*column).to_owned(), value);
            }
        }
        Ok(columns)
    }

    /// Reads the account's own properties into the columns of a table.
    pub(super) fn own(&self, members: &Members, table: &str, prefix: &str, columns: &mut Columns) {
        for (name, sent) in members.iter().filter(|(name, _)| name.starts_with(prefix)) {
            if self.has_column(table, name) {
                columns.insert(name.clone(), own_value(sent));
            }
        }
    }

    /// Reads one value; nothing when it is to be left out.
    fn value(&self, sent: &Value, form: Form, property: &str, path: &str) -> Result<Option<Stored>, Refusal> {
        if sent.is_null() || sent.as_str() == Some("") {
            return Ok(Some(Stored::Null));
        }
        let value = match form {
            Form::Reference(target) => return self.reference(sent, target, property, path).map(Some),
            Form::Choice(letters) => {
                let id = pointed(sent).map(|(id, _)| id);
                if let Some(id) = id.as_ref().filter(|id| !letters.contains(&id.as_str())) {
                    return Err(no_such_value(id, property, path));
                }
                id.map(Stored::Text)
            }
            Form::Id => pointed(sent).and_then(|(id, _)| id.parse().ok()).map(Stored::Integer),
            Form::Text => sent.as_str().map(|text| Stored::Text(text.to_owned())),
            Form::Flag => sent.as_bool().map(|yes| Stored::Text(if yes { "T" } else { "F" }.to_owned())),
            Form::Number => number(sent).map(stored),
            Form::Day => {
                sent.as_str().filter(|day| day.len() == 10 && zone::parse(day).is_some()).map(|day| Stored::Text(day.into()))
            }
        };
        if value.is_none() {
            let full = format!("{path}{property}");
            let refusal = Refusal::content(format!("Invalid value for the property '{full}'.")).at(Locator::Path(full.clone()));
            self.complain(self.manner.values, refusal, format!("Invalid value for the property '{full}'"))?;
        }
        Ok(value)
    }

    /// Finds the record a reference points at.
    pub(super) fn reference(&self, sent: &Value, target: &Target, property: &str, path: &str) -> Result<Stored, Refusal> {
        let Some((pointer, external)) = pointed(sent) else {
            let full = format!("{path}{property}");
            return Err(Refusal::content(format!("Invalid value for the property '{full}'.")).at(Locator::Path(full)));
        };
        let column = if external { target.external } else { Some(target.key) };
        let key = match (external, pointer.parse::<i64>()) {
            (false, Ok(id)) => Stored::Integer(id),
            _ => Stored::Text(pointer.clone()),
        };
        let found: Option<(Stored, Option<bool>)> = match column {
            None => None,
            Some(column) => {
                let sql = format!("select {}, {} from {} where {column} = ?1", target.key, target.usable, target.rows);
                let mut statement = self.service.conn.prepare_cached(&self.service.visible(&sql))?;
                statement.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?
            }
        };
        match found {
            Some((id, Some(true))) => Ok(id),
            Some(_) => Err(unusable_value(&pointer, property, path)),
            None => Err(no_such_value(&pointer, property, path)),
        }
    }
}

/// Refuses a value that exists nowhere.
pub(super) fn no_such_value(value: &str, property: &str, path: &str) -> Refusal {
    let field = property.to_lowercase();
    Refusal::new(
        400,
        "INVALID_CONTENT",
        format!(
            "Error while accessing resource: You have entered an Invalid Field Value {value} for the following field: {field}"
        ),
    )
    .at(Locator::Path(format!("{path}{property}")))
}

/// Refuses a value that exists and may not be chosen here.
pub(super) fn unusable_value(value: &str, property: &str, path: &str) -> Refusal {
    let field = property.to_lowercase();
    Refusal::user(format!("You have entered an Invalid Field Value {value} for the following field: {field}"))
        .at(Locator::Path(format!("{path}{property}")))
}

/// Gives what a reference names, and whether that is an external id.
pub(super) fn pointed(sent: &Value) -> Option<(String, bool)> {
    let bare = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => n.as_i64().map(|n| n.to_string()),
        _ => None,
    };
    match sent {
        Value::Object(members) => match (members.get("id"), members.get("externalId")) {
            (Some(id), _) => bare(id).map(|id| (id, false)),
            (None, Some(external)) => bare(external).map(|external| (external, true)),
            (None, None) => None,
        },
        other => bare(other).map(|id| (id, false)),
    }
}

/// Reads a JSON number exactly.
pub(super) fn number(sent: &Value) -> Option<Decimal> {
    let text = sent.as_number()?.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn own_value(sent: &Value) -> Stored {
    match sent {
        Value::Bool(yes) => Stored::Text(if *yes { "T" } else { "F" }.to_owned()),
        Value::Number(_) => number(sent).map_or(Stored::Null, stored),
        Value::String(text) if !text.is_empty() => Stored::Text(text.clone()),
        Value::Object(_) => pointed(sent).map_or(Stored::Null, |(id, _)| id.parse().map_or(Stored::Text(id), Stored::Integer)),
        _ => Stored::Null,
    }
}
