//! The checks single values go through, one function per sort of value.
//!
//! Each takes what stands in the file and gives the value the program works with, or an error that says what is expected.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::config::account::Account;
use crate::config::file::Item;
use crate::config::suggest::{nearest, quoted};
use crate::config::word::Word;
use crate::error::{Error, ErrorKind, Result};

/// Texts of the other side (ship methods, payment method types) to NetSuite ids, with an id for the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdMapping {
    /// The texts that are listed, each with its NetSuite Internal ID.
    pub listed: BTreeMap<String, String>,
    /// The id for a text that is not listed; absent: such a text has none.
    pub default: Option<String>,
}

impl IdMapping {
    /// Gives the id for a text: the listed one, else the default.
    pub fn get(&self, text: &str) -> Option<&str> {
        self.listed.get(text).or(self.default.as_ref()).map(String::as_str)
    }
}

/// Gives a text as written.
pub(super) fn text(item: &Item<'_>) -> Result<String> {
    item.text("text").map(str::to_owned)
}

/// Gives `true` or `false`.
pub(super) fn boolean(item: &Item<'_>) -> Result<bool> {
    item.boolean()
}

/// Gives a date.
pub(super) fn date(item: &Item<'_>) -> Result<Date> {
    item.date()
}

/// Gives a reader of whole numbers within bounds.
pub(super) fn count(bounds: RangeInclusive<u16>) -> impl Fn(&Item<'_>) -> Result<u16> {
    move |item| {
        let what = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let number = item.integer(&what)?;
        u16::try_from(number).ok().filter(|number| bounds.contains(number)).ok_or_else(|| item.refused(&what))
    }
}

/// Gives one word of a closed list.
pub(super) fn word<W: Word>(item: &Item<'_>) -> Result<W> {
    let known = || W::WORDS.iter().map(|(word, _)| *word);
    let what = format!("one of {}", quoted(known()));
    let given = item.text(&what)?;
    if let Some((_, value)) = W::WORDS.iter().find(|(word, _)| *word == given) {
        return Ok(*value);
    }
    let error = item.refused(&what);
    Err(match nearest(given, known()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// Gives a reader of lists without repetition; the order stays as written.
pub(super) fn list_of<T: PartialEq>(read: impl Fn(&Item<'_>) -> Result<T>) -> impl Fn(&Item<'_>) -> Result<Vec<T>> {
    move |item| {
        let mut values = Vec::new();
        for member in item.list("a list")? {
            let value = read(&member)?;
            if values.contains(&value) {
                return Err(member.error(&format!("repeats `{}`, which is in the list already", member.shown())));
            }
            values.push(value);
        }
        Ok(values)
    }
}

/// Tells whether a text is a NetSuite Internal ID: digits without leading zeros that fit 64 bits.
pub(super) fn is_id(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// Gives a NetSuite Internal ID.
pub(super) fn id(item: &Item<'_>) -> Result<String> {
    let what = "a NetSuite Internal ID: digits in quotes, such as \"12\"";
    let text = item.text(what)?;
    if is_id(text) { Ok(text.to_owned()) } else { Err(item.refused(what)) }
}

/// Gives texts mapped to ids, with `default` for the rest.
pub(super) fn id_mapping(item: &Item<'_>) -> Result<IdMapping> {
    let mut mapping = IdMapping::default();
    for (key, item) in item.section()?.entries() {
        if key == "default" {
            mapping.default = Some(id(&item)?);
        } else {
            mapping.listed.insert(key.to_owned(), id(&item)?);
        }
    }
    Ok(mapping)
}

/// Gives the name of a NetSuite field as written; record members are case-sensitive.
pub(super) fn field(item: &Item<'_>) -> Result<String> {
    let what = "the name of a NetSuite field: letters, digits and `_`, beginning with a letter";
    let text = item.text(what)?;
    if is_name(text) && text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        Ok(text.to_owned())
    } else {
        Err(item.refused(what))
    }
}

/// Gives the name of a column of a query, in lower case as the rows have it.
pub(super) fn column(item: &Item<'_>) -> Result<String> {
    field(item).map(|name| name.to_ascii_lowercase())
}

/// Gives a reader of tables with free keys whose values all pass the same check.
pub(super) fn by_text(read: impl Fn(&Item<'_>) -> Result<String>) -> impl Fn(&Item<'_>) -> Result<BTreeMap<String, String>> {
    move |item| item.section()?.entries().map(|(key, item)| Ok((key.to_owned(), read(&item)?))).collect()
}

/// Gives the id of a script, deployment or saved search: its script id or its number.
pub(super) fn script_id(item: &Item<'_>) -> Result<String> {
    let what = "a script id such as \"customsearch_items\", or a number in quotes";
    let text = item.text(what)?;
    if is_name(text) { Ok(text.to_owned()) } else { Err(item.refused(what)) }
}

fn is_name(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Gives a NetSuite account in either spelling.
pub(super) fn account(item: &Item<'_>) -> Result<Account> {
    let what = "a NetSuite account id such as \"1234567\" or \"1234567_SB1\"";
    let text = item.text(what)?;
    Account::parse(text).ok_or_else(|| {
        item.refused(what).hint("it is the part before `.app.netsuite.com` in the address of NetSuite's own pages")
    })
}

/// Gives a time zone by its name in the zone database.
pub(super) fn timezone(item: &Item<'_>) -> Result<TimeZone> {
    let what = "a time zone such as \"America/Los_Angeles\"";
    let text = item.text(what)?;
    TimeZone::get(text).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let error = item.refused(what);
        match nearest(text, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

/// Gives a length of time: a number and its unit.
pub(super) fn duration(item: &Item<'_>) -> Result<Duration> {
    let what = "a length of time such as \"6h\", \"30m\" or \"1d\"";
    let text = item.text(what)?;
    let (number, seconds) = match text.char_indices().next_back() {
        Some((end, 's')) => (&text[..end], 1),
        Some((end, 'm')) => (&text[..end], 60),
        Some((end, 'h')) => (&text[..end], 3_600),
        Some((end, 'd')) => (&text[..end], 86_400),
        _ => return Err(item.refused(what)),
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<u32>().ok()).flatten();
    match number {
        Some(number) if number > 0 => Ok(Duration::from_secs(u64::from(number) * seconds)),
        _ => Err(item.refused(what)),
    }
}

/// Gives an e-mail address, checked as far as a slip of the pen goes.
pub(super) fn email(item: &Item<'_>) -> Result<String> {
    let what = "an e-mail address";
    let text = item.text(what)?;
    match text.split_once('@') {
        Some((name, host))
            if !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(item.refused(what)),
    }
}

/// Gives the JSON members sent as written.
pub(super) fn json_members(item: &Item<'_>) -> Result<Map<String, Value>> {
    match item.json()? {
        Value::Object(members) => Ok(members),
        _ => Err(item.wrong_type("a table of NetSuite members")),
    }
}

/// Gives a program and its arguments. Errors do not repeat them: an argument may hold a secret.
pub(super) fn command(item: &Item<'_>) -> Result<Vec<String>> {
    let what = "a list of texts: the program, then its arguments";
    let words = item.list(what)?.iter().map(|word| word_of_command(word, what)).collect::<Result<Vec<_>>>()?;
    if words.first().is_none_or(String::is_empty) { Err(item.error(&format!("must be {what}, it is empty"))) } else { Ok(words) }
}

fn word_of_command(item: &Item<'_>, what: &str) -> Result<String> {
    match item.json()? {
        Value::String(word) => Ok(word),
        _ => Err(item.wrong_type(what)),
    }
}

/// Gives a path of the WizCommerce API without a closing slash.
pub(super) fn api_path(item: &Item<'_>) -> Result<String> {
    let what = "a path such as \"/v1/quotes\"";
    let text = item.text(what)?;
    let plain = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match text.strip_prefix('/') {
        Some(rest) if rest.split('/').all(plain) => Ok(text.to_owned()),
        _ => Err(item.refused(what)),
    }
}

/// Gives the address of a server, without a closing slash.
pub(super) fn url(item: &Item<'_>) -> Result<String> {
    let text = item.text("the address of a server")?;
    server_address(text).map_err(|what| item.error(&format!("{what}: `{text}`")))
}

/// Checks the address of a server given by the program itself.
pub(super) fn checked_url(text: &str) -> Result<String> {
    server_address(text).map_err(|what| Error::new(ErrorKind::Config, format!("the address `{text}` {what}")))
}

/// Gives scheme, host and port in lower case, or what is wrong with the address.
///
/// Secrets travel to this address, so plain http is for this machine alone, and nothing that could make a reader and
/// an HTTP client see different hosts passes: no user information, path, query, escapes or odd characters.
fn server_address(text: &str) -> std::result::Result<String, &'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("must begin with `https://`");
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('@') {
        return Err("must not hold a user name or password");
    }
    if authority.contains(['/', '?', '#', '\\']) {
        return Err("must end after the host and port");
    }
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match authority.rfind(']') {
        Some(end) => authority.split_at(end + 1),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let host = host.to_ascii_lowercase();
    let loopback = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => match inner.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => address.is_loopback(),
            _ => return Err("does not name a host"),
        },
        None => match host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host == "localhost",
        },
    };
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    if !host.starts_with('[') && !host.split('.').all(label) {
        return Err("does not name a host");
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => {}
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0) => {}
        _ => return Err("has a port that is not a number from 1 to 65535"),
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(format!("https://{host}{port}")),
        "http" if loopback => Ok(format!("http://{host}{port}")),
        "http" => Err("must begin with `https://`; plain http is only for this machine (127.0.0.1, ::1, localhost)"),
        _ => Err("must begin with `https://`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::{Document, Place};

    /// Reads the value of `x = <toml>` through one of the checks.
    fn through<T>(toml: &str, read: impl Fn(&Item<'_>) -> Result<T>) -> std::result::Result<T, String> {
        let text = format!("x = {toml}");
        let document = Document::parse(Place::File("c".into()), &text).unwrap();
        read(&document.root().get("x").unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_are_https_or_loopback() {
        for (given, kept) in [
            ("https://api.wizcommerce.com", "https://api.wizcommerce.com"),
            ("HTTPS://API.wizcommerce.com/", "https://api.wizcommerce.com"),
            ("https://proxy.example:8443", "https://proxy.example:8443"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://[::1]:8081/", "http://[::1]:8081"),
        ] {
            assert_eq!(server_address(given).as_deref(), Ok(kept), "{given}");
        }
        for given in [
            "api.wizcommerce.com",
            "ftp://127.0.0.1",
            "http://api.wizcommerce.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "http://[::2]",
            "http://0.0.0.0:80",
            "https://user:pass@host",
            "https://host/path",
            "https://host?query",
            "https://host#part",
            "https://host\\@evil",
            "https://",
            "https://ho st",
            "https://-host",
            "https://host:",
            "https://host:0",
            "https://host:70000",
            "https://host:+80",
            "https://[::1",
            "https://[127.0.0.1]",
            "https://ho%73t",
        ] {
            assert!(server_address(given).is_err(), "{given}");
        }
    }

    #[test]
    fn ids_are_digits_in_quotes() {
        assert_eq!(through(r#"["1", "22"]"#, list_of(id)), Ok(vec!["1".to_owned(), "22".to_owned()]));
        for bad in [r#"["1a"]"#, r#"["-5"]"#, r#"["01"]"#, r#"[""]"#, r#"["1 or 1=1"]"#, "[1]", r#""1""#] {
            assert!(through(bad, list_of(id)).is_err(), "{bad}");
        }
        assert_eq!(
            through(r#"["1", "1"]"#, list_of(id)),
            Err("c:1: `x[1]` repeats `1`, which is in the list already".to_owned())
        );
    }

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (given, seconds) in [("\"6h\"", 21_600), ("\"30m\"", 1_800), ("\"1d\"", 86_400), ("\"45s\"", 45)] {
            assert_eq!(through(given, duration), Ok(Duration::from_secs(seconds)), "{given}");
        }
        for bad in ["\"6\"", "\"h\"", "\"0h\"", "\"-1h\"", "\"+1h\"", "\"1.5h\"", "\"6 h\"", "\"99999999999d\"", "\"6é\"", "6"] {
            assert!(through(bad, duration).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_stay_within_their_bounds() {
        assert_eq!(through("50", count(1..=50)), Ok(50));
        for bad in ["0", "51", "-1", "70000", "99999999999999999999", "1.5", "\"4\""] {
            let message = through(bad, count(1..=50)).unwrap_err();
            assert!(message.contains("`x` must be a whole number from 1 to 50, not "), "{message}");
        }
    }

    #[test]
    fn column_names_cannot_carry_query_text() {
        assert_eq!(through("\"CustItem_1\"", column), Ok("custitem_1".to_owned()));
        for bad in ["\"a b\"", "\"a;b\"", "\"a.b\"", "\"1a\"", "\"_a\"", "\"a'\"", "\"\""] {
            assert!(through(bad, column).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_cannot_leave_the_api() {
        assert_eq!(through("\"/v2/sales-quotes\"", api_path), Ok("/v2/sales-quotes".to_owned()));
        for bad in
            ["\"v1/quotes\"", "\"/\"", "\"//evil\"", "\"/v1/../x\"", "\"/v1/quotes?a=1\"", "\"/v1/quotes/\"", "\"/v1/%2e\""]
        {
            assert!(through(bad, api_path).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mistyped_zone_has_a_neighbour() {
        let text = "x = \"America/Los_Angels\"";
        let document = Document::parse(Place::File("c".into()), text).unwrap();
        let error = timezone(&document.root().get("x").unwrap()).unwrap_err();
        assert_eq!(error.hints(), ["did you mean `America/Los_Angeles`?"]);
        assert!(through("\"Europe/Zurich\"", timezone).is_ok());
    }

    #[test]
    fn email_addresses_have_two_sides() {
        assert!(through("\"ana@acme.example\"", email).is_ok());
        for bad in ["\"ana\"", "\"@acme\"", "\"ana@\"", "\"a na@acme\"", "\"a@b@c\""] {
            assert!(through(bad, email).is_err(), "{bad}");
        }
    }

    #[test]
    fn commands_are_lists_and_their_words_stay_unsaid() {
        assert_eq!(through(r#"["op", "read", ""]"#, command), Ok(vec!["op".to_owned(), "read".to_owned(), String::new()]));
        for bad in ["\"echo canary\"", "[]", r#"["", "canary"]"#, r#"["canary", 1]"#] {
            let message = through(bad, command).unwrap_err();
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn mappings_fall_back_to_their_default() {
        let mapping = through(r#"{ "VISA" = "5", default = "4" }"#, id_mapping).unwrap();
        assert_eq!((mapping.get("VISA"), mapping.get("AMEX")), (Some("5"), Some("4")));
        assert_eq!(through(r#"{ "VISA" = "5" }"#, id_mapping).unwrap().get("AMEX"), None);
        assert!(through(r#"{ "VISA" = "five" }"#, id_mapping).unwrap_err().contains("`x.VISA` must be a NetSuite Internal ID"));
    }
}
