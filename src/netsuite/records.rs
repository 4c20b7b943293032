//! What NetSuite sends and how it is asked: SuiteQL rows as they come over the wire, and queries as data.
//!
//! Rows arrive with every scalar as text, null columns left out, keys in lower case and an empty `links` array in each.
//! [`Page`] undoes that once; a [`Row`] is read by column name.

use std::fmt;
use std::rc::Rc;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::{Exact, NetSuiteId};

/// One column of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The SuiteQL expression.
    pub expression: String,
    /// The lower-case name it has in the result.
    pub name: String,
    /// Whether the query is still useful in an account that lacks it.
    pub optional: bool,
    /// Whether a person expects its content, and so must be told when the account lacks it.
    pub configured: bool,
    /// A join that is made only for this column, and goes with it.
    pub join: Option<String>,
}

impl Column {
    /// A column that every account has.
    pub fn new(expression: impl Into<String>, name: impl Into<String>) -> Self {
        Self { expression: expression.into(), name: name.into(), optional: false, configured: false, join: None }
    }

    /// A column that some accounts lack; it is probed once and left out where it is refused.
    pub fn optional(expression: impl Into<String>, name: impl Into<String>) -> Self {
        Self { optional: true, ..Self::new(expression, name) }
    }

    /// An optional column that a person expects, e.g. because the profile names it.
    pub fn configured(expression: impl Into<String>, name: impl Into<String>) -> Self {
        Self { configured: true, ..Self::optional(expression, name) }
    }

    /// An optional, expected column of a table that is joined only for it.
    pub fn joined(join: impl Into<String>, expression: impl Into<String>, name: impl Into<String>) -> Self {
        Self { join: Some(join.into()), ..Self::configured(expression, name) }
    }
}

/// A query over one table and its joins, keyed by the Internal ID of the record the rows belong to.
///
/// The key is what paging walks along (`correctness.md` R2) and what ranges are cut by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// A short name for messages and for what was learned about the account's columns.
    pub name: &'static str,
    /// The columns; `head`, the key, is added by itself.
    pub columns: Vec<Column>,
    /// Table, alias and joins.
    pub from: String,
    /// Conditions, joined by AND.
    pub filter: Vec<String>,
    /// The key's expression: an immutable integer id.
    pub key: String,
    /// Whether at most one row has a given key.
    pub unique: bool,
    /// Whether rows of one key are folded into one (`GROUP BY` the key).
    pub grouped: bool,
    /// What tells the rows of one key apart, an integer: a record may have more rows than a page.
    pub tie: Option<String>,
    /// Whether an account that lacks one of its tables is served all the same: the feature is off, so it has no rows.
    pub optional: bool,
}

impl Select {
    /// Starts a query with one row per key.
    pub fn new(name: &'static str, from: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            name,
            columns: Vec::new(),
            from: from.into(),
            filter: Vec::new(),
            key: key.into(),
            unique: true,
            grouped: false,
            tie: None,
            optional: false,
        }
    }

    /// Says that several rows may share a key.
    #[must_use]
    pub fn many(mut self) -> Self {
        self.unique = false;
        self
    }

    /// Says that an account without one of its tables has no such rows.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Says by which integer the rows of one key are told apart.
    #[must_use]
    pub fn tied(mut self, expression: impl Into<String>) -> Self {
        self.tie = Some(expression.into());
        self
    }

    /// Folds the rows of one key into one.
    #[must_use]
    pub fn grouped(mut self) -> Self {
        self.grouped = true;
        self
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Adds columns named as in the table, each behind the alias.
    #[must_use]
    pub fn columns(mut self, alias: &str, names: &[&str]) -> Self {
        self.columns.extend(names.iter().map(|name| Column::new(format!("{alias}.{name}"), *name)));
        self
    }

    /// Leaves out columns that the account does not have.
    #[must_use]
    pub fn without(mut self, missing: &[String]) -> Self {
        self.columns.retain(|column| !missing.contains(&column.name));
        self
    }

    /// Adds a condition.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<String>) -> Self {
        self.filter.push(condition.into());
        self
    }
}

/// Which keys to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Keys above the first bound and up to the second, both open when absent.
    Range(Option<i64>, Option<i64>),
    /// These keys, in ascending order.
    Ids(Vec<i64>),
}

/// One row of a result.
#[derive(Debug, Clone)]
pub struct Row {
    names: Rc<[String]>,
    values: Vec<Option<Box<str>>>,
}

impl Row {
    /// Makes a row, for fixtures.
    pub fn new(names: Rc<[String]>, values: Vec<Option<Box<str>>>) -> Self {
        Self { names, values }
    }

    /// Gives the column names, in the order of the result.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Gives all values; `None` is SQL null.
    pub fn values(&self) -> &[Option<Box<str>>] {
        &self.values
    }

    /// Gives a column's text; `None` when it is null, empty or not in this account.
    pub fn text(&self, name: &str) -> Option<&str> {
        let at = self.names.iter().position(|n| n == name)?;
        // Oracle's empty text is null; a server that sends "" means the same.
        self.values.get(at)?.as_deref().filter(|text| !text.is_empty())
    }

    /// Gives a column as an Internal ID.
    pub fn id(&self, name: &str) -> Option<NetSuiteId> {
        self.text(name)?.parse().ok().map(NetSuiteId)
    }

    /// Gives the key.
    pub fn head(&self) -> Option<NetSuiteId> {
        self.id("head")
    }

    /// Tells whether a column holds `T`.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("T")
    }

    /// Gives a column as an exact number.
    ///
    /// # Errors
    ///
    /// Names the column and the text when it is no number.
    pub fn exact(&self, name: &str) -> Result<Option<Exact>, String> {
        self.text(name).map(|text| text.parse().map_err(|error| format!("column {name}: {error}"))).transpose()
    }
}

/// One page of a SuiteQL result.
#[derive(Debug)]
pub struct Page {
    /// The rows, in the server's order.
    pub rows: Vec<Row>,
    /// How many rows the whole query has, by the server's own count.
    pub total: u64,
    /// Whether the server says that more pages follow.
    pub has_more: bool,
}

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            items: Items,
            #[serde(rename = "totalResults")]
            total: Option<u64>,
            #[serde(rename = "hasMore", default)]
            has_more: bool,
        }
        let wire = Wire::deserialize(deserializer)?;
        let names: Rc<[String]> = wire.items.names.into();
        let rows: Vec<Row> = wire
            .items
            .rows
            .into_iter()
            .map(|mut values| {
                values.resize(names.len(), None);
                Row { names: Rc::clone(&names), values }
            })
            .collect();
        let total = wire.total.unwrap_or(rows.len() as u64);
        Ok(Self { rows, total, has_more: wire.has_more })
    }
}

/// Rows while they are read: names in order of first appearance, since null columns are left out of a row.
#[derive(Default)]
struct Items {
    names: Vec<String>,
    rows: Vec<Vec<Option<Box<str>>>>,
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = Items;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Items, A::Error> {
                let mut items = Items::default();
                while rows.next_element_seed(OneRow(&mut items))?.is_some() {}
                Ok(items)
            }
        }
        deserializer.deserialize_seq(Rows)
    }
}

struct OneRow<'a>(&'a mut Items);

impl<'de> serde::de::DeserializeSeed<'de> for OneRow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let names = &mut self.0.names;
        let mut values: Vec<Option<Box<str>>> = vec![None; names.len()];
        // Rows of one result list their columns in one order, so the next column is nearly always the next name.
        let mut expected = 0;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == "links" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let at = match names.get(expected) {
                Some(name) if *name == *key => expected,
                _ => {
                    let lower = key.to_ascii_lowercase();
                    names.iter().position(|name| *name == lower).unwrap_or_else(|| {
                        names.push(lower);
                        names.len() - 1
                    })
                }
            };
            expected = at + 1;
            if values.len() < names.len() {
                values.resize(names.len(), None);
            }
            values[at] = scalar(map.next_value()?).map_err(serde::de::Error::custom)?;
        }
        self.0.rows.push(values);
        Ok(())
    }
}

/// Reads a scalar as text, however the server wrote it; `None` is null.
pub(super) fn scalar(value: &RawValue) -> serde_json::Result<Option<Box<str>>> {
    let value = value.get();
    Ok(match value.as_bytes().first() {
        Some(b'"') => Some(serde_json::from_str(value)?),
        Some(b'n') => None,
        // SuiteQL booleans are T and F; a server that sends JSON booleans means the same.
        Some(b't') => Some("T".into()),
        Some(b'f') => Some("F".into()),
        _ => Some(value.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_missing_and_new_columns_line_up() {
        let page: Page = serde_json::from_str(
            r#"{"links":[],"count":3,"hasMore":true,"offset":0,"totalResults":7,"items":[
                {"links":[],"id":"1","Name":"A"},
                {"links":[],"id":2,"price":".5","isinactive":true},
                {"links":[],"name":"C \"q\"","id":"3","price":19.90,"x":null}]}"#,
        )
        .unwrap();
        assert_eq!((page.total, page.has_more, page.rows.len()), (7, true, 3));
        assert_eq!(page.rows[0].names(), ["id", "name", "price", "isinactive", "x"]);
        assert_eq!(page.rows[0].text("price"), None);
        assert_eq!(page.rows[1].id("id"), Some(NetSuiteId(2)));
        assert!(page.rows[1].flag("isinactive"));
        assert_eq!(page.rows[2].text("name"), Some("C \"q\""));
        assert_eq!(page.rows[2].exact("price").unwrap().unwrap().to_string(), "19.90");
        assert!(page.rows[2].exact("name").is_err());
    }
}
