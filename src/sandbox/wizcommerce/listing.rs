//! Lists: the query string, filters, sorting and pages.
//!
//! A parameter the list does not have, a repeated one and a malformed value are all refused by name.

use rusqlite::params_from_iter;

use super::Settings;
use super::answer::{Answer, Detail, Refusal, is_stamp};
use super::json::Json;
use super::store::{Resource, Store, document};

const LARGEST_PAGE: u64 = 100;
const MOST_REFERENCES: usize = 255;

/// What a resource's list accepts.
pub(super) struct Listing {
    pub(super) resource: Resource,
    /// Values of `sort_by` with the SQL they sort by. Empty: the list cannot be sorted and is in order of creation.
    pub(super) sorts: &'static [(&'static str, &'static str)],
    pub(super) filters: &'static [Filter],
}

/// The two sort keys every sortable list has.
pub(super) const CREATED: (&str, &str) = ("created_at", "created_at");
/// The default sort key.
pub(super) const UPDATED: (&str, &str) = ("updated_at", "updated_at");
/// The filter by the state of a record.
pub(super) const STATUS: Filter = filter("status", "state", Test::OneOf(&["active", "inactive"]));
/// The same filter where it hides inactive records unless told otherwise.
pub(super) const STATUS_ACTIVE: Filter = default_filter("status", "state", Test::OneOf(&["active", "inactive"]), "active");
/// The filter by the caller's own keys.
pub(super) const REFERENCES: Filter = filter("reference_ids", "reference_id", Test::References);
pub(super) const CREATED_AFTER: Filter = filter("created_after", "created_at", Test::After);
pub(super) const CREATED_BEFORE: Filter = filter("created_before", "created_at", Test::Before);
pub(super) const UPDATED_AFTER: Filter = filter("updated_after", "updated_at", Test::After);
pub(super) const UPDATED_BEFORE: Filter = filter("updated_before", "updated_at", Test::Before);

/// One parameter that narrows a list.
pub(super) struct Filter {
    name: &'static str,
    expression: &'static str,
    test: Test,
    required: bool,
    default: Option<&'static str>,
}

/// How a parameter's value is read and compared.
pub(super) enum Test {
    Text,
    Boolean,
    OneOf(&'static [&'static str]),
    References,
    After,
    Before,
}

/// Makes a filter that compares an SQL expression with the parameter.
pub(super) const fn filter(name: &'static str, expression: &'static str, test: Test) -> Filter {
    Filter { name, expression, test, required: false, default: None }
}

/// Makes a filter without which the list is refused.
pub(super) const fn required_filter(name: &'static str, expression: &'static str, test: Test) -> Filter {
    Filter { name, expression, test, required: true, default: None }
}

/// Makes a filter that narrows the list even when the call does not name it.
pub(super) const fn default_filter(name: &'static str, expression: &'static str, test: Test, default: &'static str) -> Filter {
    Filter { name, expression, test, required: false, default: Some(default) }
}

impl Filter {
    /// Says whether the filter compares a column that records are looked up by.
    fn is_key(&self) -> bool {
        ["label", "scope", "reference_id"].contains(&self.expression)
    }
}

impl Listing {
    /// Answers a list call, showing each record as `render` does.
    pub(super) fn answer(
        &self,
        query: &str,
        store: &Store,
        settings: &Settings,
        render: impl Fn(&Json) -> Result<Json, Refusal>,
    ) -> Result<Answer, Refusal> {
        answered(self.read(query, settings, None)?, store, render)
    }

    /// Answers a list call for the records of one scope.
    pub(super) fn answer_within(
        &self,
        scope: &str,
        query: &str,
        store: &Store,
        settings: &Settings,
        render: impl Fn(&Json) -> Result<Json, Refusal>,
    ) -> Result<Answer, Refusal> {
        answered(self.read(query, settings, Some(scope))?, store, render)
    }

    fn read(&self, query: &str, settings: &Settings, scope: Option<&str>) -> Result<Selection, Refusal> {
        let mut reading = Reading::new(self, query, scope.is_some())?;
        let page = reading.whole_number("page", u64::from(u32::MAX)).unwrap_or(1);
        let size = reading.whole_number("page_size", LARGEST_PAGE).unwrap_or(u64::from(settings.page_size_default));
        let order = reading.order();
        let mut condition = "resource = ?".to_owned();
        let mut values = vec![rusqlite::types::Value::Text(self.resource.name().to_owned())];
        if let Some(scope) = scope {
            condition.push_str(" and scope = ?");
            values.push(rusqlite::types::Value::Text(scope.to_owned()));
        }
        for filter in self.filters {
            reading.narrow(filter, settings.list_bound_inclusive, &mut condition, &mut values);
        }
        reading.finish()?;
        Ok(Selection { condition, values, order, page, size })
    }
}

/// A list call in the words of the store.
struct Selection {
    condition: String,
    values: Vec<rusqlite::types::Value>,
    order: String,
    page: u64,
    size: u64,
}

/// Runs a list call and shows each record as `render` does.
fn answered(selection: Selection, store: &Store, render: impl Fn(&Json) -> Result<Json, Refusal>) -> Result<Answer, Refusal> {
    let Selection { condition, values, order, page, size } = &selection;
    let database = store.database();
    let total: u32 = database
        .prepare_cached(&format!("select count(*) from record where {condition}"))?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    let total = u64::from(total);
    let skipped = (page - 1).saturating_mul(*size);
    let mut rows = Vec::new();
    if skipped < total {
        let sql = format!("select document from record where {condition} order by {order} limit {size} offset ?");
        let mut values = values.clone();
        values.push(rusqlite::types::Value::Integer(i64::try_from(skipped).unwrap_or(i64::MAX)));
        let mut statement = database.prepare_cached(&sql)?;
        for found in statement.query_map(params_from_iter(&values), document)? {
            rows.push(render(&found?)?);
        }
    }
    Ok(Answer::listed(rows, pagination(total, *page, *size)))
}

struct Reading<'a> {
    listing: &'a Listing,
    parameters: Vec<(String, String)>,
    /// Whether a key narrows the list to a handful of rows.
    keyed: bool,
    details: Vec<Detail>,
}

impl<'a> Reading<'a> {
    fn new(listing: &'a Listing, query: &str, scoped: bool) -> Result<Self, Refusal> {
        let mut reading = Self { listing, parameters: Vec::new(), keyed: scoped, details: Vec::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name, true), decoded(value, true)) else {
                return Err(Refusal::invalid(vec![Detail::new(pair, "is not percent-encoded UTF-8")]));
            };
            let sortable = !listing.sorts.is_empty() && (name == "sort" || name == "sort_by");
            let known = name == "page" || name == "page_size" || sortable;
            if !known && !listing.filters.iter().any(|filter| filter.name == name) {
                reading.refuse(&name, "unknown parameter");
            } else if reading.parameters.iter().any(|(seen, _)| *seen == name) {
                reading.refuse(&name, "is given twice");
            } else {
                reading.parameters.push((name, value));
            }
        }
        reading.keyed |= listing.filters.iter().any(|filter| filter.is_key() && reading.value(filter.name).is_some());
        Ok(reading)
    }

    fn value(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.clone())
    }

    fn whole_number(&mut self, name: &str, largest: u64) -> Option<u64> {
        let value = self.value(name)?;
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.parse().ok().filter(|number| digits && (1..=largest).contains(number));
        if number.is_none() {
            self.refuse(name, &format!("must be a whole number from 1 to {largest}"));
        }
        number
    }

    fn order(&mut self) -> String {
        let listing = self.listing;
        if listing.sorts.is_empty() {
            return "sequence".to_owned();
        }
        let direction = match self.value("sort").as_deref() {
            None | Some("desc") => "desc",
            Some("asc") => "asc",
            Some(_) => {
                self.refuse("sort", "must be one of asc, desc");
                "desc"
            }
        };
        let wanted = self.value("sort_by").unwrap_or_else(|| UPDATED.0.to_owned());
        let Some((_, expression)) = listing.sorts.iter().find(|(name, _)| *name == wanted) else {
            let names: Vec<&str> = listing.sorts.iter().map(|(name, _)| *name).collect();
            self.refuse("sort_by", &format!("must be one of {}", names.join(", ")));
            return String::new();
        };
        // A key finds a handful of rows; the plus keeps SQLite from walking all of them in order instead.
        let plus = if self.keyed { "+" } else { "" };
        // The tie-break is not documented, but pages of one quiet list must fit together.
        format!("{plus}{expression} {direction}, {plus}sequence {direction}")
    }

    fn narrow(&mut self, filter: &Filter, inclusive: bool, condition: &mut String, values: &mut Vec<rusqlite::types::Value>) {
        let Filter { name, expression, test, required, default } = filter;
        let Some(value) = self.value(name).or(default.map(str::to_owned)) else {
            if *required {
                self.refuse(name, "is required");
            }
            return;
        };
        if value.is_empty() {
            return self.refuse(name, "must not be empty");
        }
        // For the same reason, where there is a key the state is not what rows are found by.
        let expression = if self.keyed && *expression == "state" { "+state" } else { expression };
        match test {
            Test::Text => condition.push_str(&format!(" and {expression} = ?")),
            Test::OneOf(words) => {
                if !words.contains(&value.as_str()) {
                    self.refuse(name, &format!("must be one of {}", words.join(", ")));
                }
                condition.push_str(&format!(" and {expression} = ?"));
            }
            Test::Boolean => match value.as_str() {
                "true" => return condition.push_str(&format!(" and coalesce({expression}, 0) = 1")),
                "false" => return condition.push_str(&format!(" and coalesce({expression}, 0) = 0")),
                _ => return self.refuse(name, "must be true or false"),
            },
            Test::References => {
                let keys: Vec<&str> = value.split(',').collect();
                if keys.len() > MOST_REFERENCES {
                    return self.refuse(name, &format!("must have at most {MOST_REFERENCES} entries"));
                }
                condition.push_str(&format!(" and {expression} in ({})", vec!["?"; keys.len()].join(", ")));
                values.extend(keys.into_iter().map(|key| rusqlite::types::Value::Text(key.to_owned())));
                return;
            }
            Test::After | Test::Before => {
                if !is_stamp(&value) {
                    return self.refuse(name, "must be a UTC time in whole seconds, like 2026-01-31T00:00:00Z");
                }
                let sign = if matches!(test, Test::After) { '>' } else { '<' };
                let equal = if inclusive { "=" } else { "" };
                condition.push_str(&format!(" and {expression} {sign}{equal} ?"));
            }
        }
        values.push(rusqlite::types::Value::Text(value));
    }

    fn refuse(&mut self, name: &str, reason: &str) {
        self.details.push(Detail::new(name, reason));
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.details.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.details)) }
    }
}

/// Refuses any parameter, for calls that have none.
pub(super) fn without_parameters(query: &str) -> Result<(), Refusal> {
    if query.is_empty() {
        return Ok(());
    }
    let name = query.split(['=', '&']).next().unwrap_or(query);
    Err(Refusal::invalid(vec![Detail::new(name, "unknown parameter")]))
}

/// Undoes percent-encoding; in a query, a plus is a space.
pub(super) fn decoded(text: &str, query: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (hex_digit(rest.next()?)?, hex_digit(rest.next()?)?);
                high * 16 + low
            }
            b'+' if query => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn pagination(total: u64, page: u64, size: u64) -> Json {
    let pages = total.div_ceil(size);
    // Zero stands for "none": documented before the first page, taken over for after the last.
    let next = if page < pages { page + 1 } else { 0 };
    Json::object([
        ("total_records", Json::of_count(total)),
        ("total_pages", Json::of_count(pages)),
        ("current_page", Json::of_count(page)),
        ("next_page", Json::of_count(next)),
        ("prev_page", Json::of_count(page - 1)),
        ("page_size", Json::of_count(size)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: Listing = Listing {
        resource: Resource::Warehouses,
        sorts: &[UPDATED, CREATED],
        filters: &[
            STATUS,
            REFERENCES,
            UPDATED_AFTER,
            UPDATED_BEFORE,
            filter("flag", "json_extract(document, '$.flag')", Test::Boolean),
        ],
    };

    fn selection(query: &str, inclusive: bool) -> Selection {
        let settings = Settings { list_bound_inclusive: inclusive, ..Settings::default() };
        LISTING.read(query, &settings, None).unwrap_or_else(|refusal| panic!("{query}: {refusal:?}"))
    }

    #[test]
    fn reads_parameters_into_conditions() {
        let found =
            selection("page=3&page_size=100&sort=asc&status=active&updated_after=2026-01-01T00%3A00%3A00Z&flag=true", true);
        assert_eq!((found.page, found.size), (3, 100));
        assert_eq!(found.order, "updated_at asc, sequence asc");
        assert_eq!(
            found.condition,
            "resource = ? and state = ? and updated_at >= ? \
             and coalesce(json_extract(document, '$.flag'), 0) = 1"
        );
        assert_eq!(found.values.len(), 3);
        assert!(selection("updated_before=2026-01-01T00:00:00Z", false).condition.ends_with("updated_at < ?"));
        let found = selection("reference_ids=1,A%20B,c%2Bd", true);
        assert_eq!(found.order, "+updated_at desc, +sequence desc");
        assert!(selection("reference_ids=1&status=active", true).condition.contains(" +state = ?"));
        assert_eq!(found.values[2], rusqlite::types::Value::Text("A B".into()));
        assert_eq!(found.values[3], rusqlite::types::Value::Text("c+d".into()));
        let found = selection("", true);
        assert_eq!((found.page, found.size, found.order.as_str()), (1, 25, "updated_at desc, sequence desc"));
    }

    #[test]
    fn refuses_every_malformed_parameter() {
        let many = format!("reference_ids={}", vec!["1"; 256].join(","));
        for query in [
            "page=0",
            "page=x",
            "page=-1",
            "page=%2B1",
            "page=",
            "page_size=101",
            "page_size=0",
            "sort=up",
            "sort_by=name",
            "status=gone",
            "status=",
            "flag=1",
            "updated_after=2026-01-01",
            "updated_after=2026-01-01T00:00:00.5Z",
            "unknown=1",
            "page=1&page=2",
            "status=%zz",
            "status=%ff",
            "limit",
            many.as_str(),
        ] {
            assert!(LISTING.read(query, &Settings::default(), None).is_err(), "{query}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        assert_eq!(
            pagination(240, 3, 25).to_string(),
            r#"{"total_records":240,"total_pages":10,"current_page":3,"next_page":4,"prev_page":2,"page_size":25}"#
        );
        assert_eq!(pagination(240, 10, 25).text("next_page"), None);
        assert_eq!(pagination(240, 10, 25).get("next_page"), Some(&Json::of_count(0)));
        assert_eq!(pagination(0, 1, 25).get("total_pages"), Some(&Json::of_count(0)));
    }

    #[test]
    fn decodes_only_what_is_well_formed() {
        assert_eq!(decoded("a%2Fb+c", false).as_deref(), Some("a/b+c"));
        assert_eq!(decoded("a+b", true).as_deref(), Some("a b"));
        for wrong in ["%", "%2", "%GG", "%C3"] {
            assert_eq!(decoded(wrong, true), None, "{wrong}");
        }
    }
}
