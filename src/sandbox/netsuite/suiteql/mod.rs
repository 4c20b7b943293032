//! SuiteQL over REST: checks a request, runs its query on the database and renders the page.

mod calls;
mod complaint;
mod expression;
mod from;
pub(super) mod functions;
mod masks;
pub(super) mod numbers;
mod oracle_joins;
mod order;
mod piece;
mod query;
mod scope;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use sqlparser::ast::Statement;
use sqlparser::dialect::OracleDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use self::complaint::Complaint;
use self::query::{Block, Translator};
use super::Settings;
use super::catalogue::{Catalogue, Column, Kind};
use super::errors::{Locator, Refusal};
use super::paging::Page;
use super::zone::{self, Zone};
use crate::sandbox::exchange::{Reply, Request};

/// More columns than this give no rows and no error.
const MOST_COLUMNS: usize = 100;
/// Rows a query can reach by offset.
const REACHABLE_ROWS: u64 = 100_000;

/// What a query runs on.
pub(super) struct Session<'a> {
    /// The database.
    pub(super) conn: &'a Connection,
    /// The tables of the account.
    pub(super) catalogue: &'a Catalogue,
    /// How this account deviates.
    pub(super) settings: &'a Settings,
    /// The session's zone.
    pub(super) zone: &'a Zone,
    /// The service's clock, a UTC second.
    pub(super) now: i64,
    /// Queries that were translated before.
    pub(super) translations: &'a RefCell<Translations>,
}

/// Translations by the text of their query; good for as long as the schema is.
#[derive(Default)]
pub(super) struct Translations(HashMap<String, Arc<Block>>);

/// Translations kept; a client that never asks the same twice begins again with none.
const KEPT: usize = 2_000;

/// Answers `POST /services/rest/query/v1/suiteql`; `address` is the URL without its query.
pub(super) fn handle(request: &Request, address: &str, session: &Session<'_>) -> Result<Reply, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::method(&request.method));
    }
    let prefers = request.headers.iter().filter(|(name, _)| name == "prefer").flat_map(|(_, value)| value.split(','));
    if !prefers.into_iter().any(|wish| wish.trim().eq_ignore_ascii_case("transient")) {
        return Err(Refusal::new(
            400,
            "INVALID_PARAMETER",
            "The required request header 'Prefer' is missing or has an invalid value. Provide the value 'transient'.",
        )
        .at(Locator::Header("Prefer")));
    }
    let page = Page::read(request, &[])?;
    if page.offset.saturating_add(page.limit) > REACHABLE_ROWS {
        return Err(Refusal::parameter("offset", format!("The result set is limited to {REACHABLE_ROWS} rows.")));
    }
    let (text, parameters) = body(&request.body)?;
    let block = translated(text, &parameters, session).map_err(|complaint| complaint.refusal())?;
    let answer = run(&block, page, session).map_err(|complaint| complaint.refusal())?;
    if answer.count == 0 && page.offset > 0 && session.settings.past_end_not_found {
        return Err(Refusal::new(
            404,
            "NONEXISTENT_ID",
            "The record instance does not exist. Provide a valid record instance ID.",
        ));
    }
    let links = page.links(address, answer.total);
    let head = format!(
        r#"{{"links":{links},"count":{},"hasMore":{},"items":["#,
        answer.count,
        page.offset + answer.count < answer.total
    );
    let tail = format!(r#"],"offset":{},"totalResults":{}}}"#, page.offset, answer.total);
    let mut whole = Vec::with_capacity(head.len() + answer.rows.len() + tail.len());
    whole.extend_from_slice(head.as_bytes());
    whole.extend_from_slice(&answer.rows);
    whole.extend_from_slice(tail.as_bytes());
    Ok(Reply::new(200, "application/vnd.oracle.resource+json; type=collection", whole))
}

/// Takes the query and its parameters out of the body.
fn body(bytes: &[u8]) -> Result<(String, Vec<Value>), Refusal> {
    let body: Value = serde_json::from_slice(bytes).map_err(|_| Refusal::content("Provide a valid JSON object."))?;
    let members = body.as_object().ok_or_else(|| Refusal::content("Provide a valid JSON object."))?;
    if let Some(unknown) = members.keys().find(|name| !matches!(name.as_str(), "q" | "params")) {
        return Err(Refusal::content(format!("Unknown property '{unknown}'.")).at(Locator::Path(unknown.clone())));
    }
    let text = members.get("q").and_then(Value::as_str).ok_or_else(|| Refusal::content("Provide the query as 'q'."))?;
    let parameters = match members.get("params") {
        None => Vec::new(),
        Some(Value::Array(values)) => values.clone(),
        Some(_) => return Err(Refusal::content("'params' must be an array.").at(Locator::Path("params".into()))),
    };
    Ok((text.to_owned(), parameters))
}

/// Gives the translation of a query, made now or before.
fn translated(text: String, parameters: &[Value], session: &Session<'_>) -> Result<Arc<Block>, Complaint> {
    let known = session.translations.borrow().0.get(&text).filter(|_| parameters.is_empty()).cloned();
    if let Some(block) = known {
        return Ok(block);
    }
    let (block, is_timely) = translate(&text, parameters, session)?;
    let block = Arc::new(block);
    if !is_timely && parameters.is_empty() {
        let known = &mut session.translations.borrow_mut().0;
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(text, Arc::clone(&block));
    }
    Ok(block)
}

/// Parses and translates a query; tells also whether the translation depends on the clock.
fn translate(text: &str, parameters: &[Value], session: &Session<'_>) -> Result<(Block, bool), Complaint> {
    let dialect = OracleDialect {};
    let syntax = |words: String| Complaint::Syntax(words.trim_start_matches("sql parser error: ").to_owned());
    let tokens = Tokenizer::new(&dialect, text).tokenize().map_err(|e| syntax(e.to_string()))?;
    let tokens = fill(tokens, parameters)?;
    let mut parser = Parser::new(&dialect).with_tokens(tokens);
    let mut statements = parser.parse_statements().map_err(|e| syntax(e.to_string()))?;
    let query = match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => query,
        (Some(_), true) => return Err(syntax("Only queries are supported.".into())),
        _ => return Err(syntax("Provide one query.".into())),
    };
    if query.limit_clause.is_some() {
        return Err(syntax("LIMIT and OFFSET are not part of the language.".into()));
    }
    let mut translator = Translator::new(session.catalogue, session.settings, session.zone, session.now);
    let block = translator.query(&query, None, 0)?;
    Ok((block, translator.is_timely()))
}

/// Puts parameters in the place of question marks, as literals, and refuses signs of other dialects.
fn fill(tokens: Vec<Token>, parameters: &[Value]) -> Result<Vec<Token>, Complaint> {
    let mut values = parameters.iter();
    let mut filled = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token {
            Token::LBracket | Token::RBracket | Token::SemiColon => {
                return Err(Complaint::Syntax(format!("Unexpected token: {token}")));
            }
            Token::Placeholder(_) => match values.next() {
                Some(Value::String(text)) => filled.push(Token::SingleQuotedString(text.clone())),
                Some(Value::Number(number)) => {
                    let text = number.to_string();
                    filled.push(Token::LParen);
                    if text.starts_with('-') {
                        filled.push(Token::Minus);
                    }
                    filled.push(Token::Number(text.trim_start_matches('-').to_owned(), false));
                    filled.push(Token::RParen);
                }
                _ => return Err(Complaint::unsupported()),
            },
            other => filled.push(other),
        }
    }
    if values.next().is_some() {
        return Err(Complaint::unsupported());
    }
    Ok(filled)
}

/// One page of rows, rendered.
struct Answer {
    rows: Vec<u8>,
    count: u64,
    total: u64,
}

fn run(block: &Block, page: Page, session: &Session<'_>) -> Result<Answer, Complaint> {
    if block.columns.len() > MOST_COLUMNS {
        return Ok(Answer { rows: Vec::new(), count: 0, total: 0 });
    }
    let take = block.fetch.map_or(page.limit, |fetch| page.limit.min(fetch.saturating_sub(page.offset)));
    let (rows, count) = page_rows(block, take, page.offset, session).map_err(|e| explain(&e))?;
    // A page that is not full ends the result, so its rows need no counting.
    let total = if count < take && (count > 0 || page.offset == 0) {
        page.offset + count
    } else {
        let counted = session.conn.prepare_cached(&block.count()).and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)));
        let counted = u64::try_from(counted.map_err(|e| explain(&e))?).unwrap_or(0);
        block.fetch.map_or(counted, |fetch| counted.min(fetch))
    };
    Ok(Answer { rows, count, total })
}

fn page_rows(block: &Block, take: u64, offset: u64, session: &Session<'_>) -> rusqlite::Result<(Vec<u8>, u64)> {
    let mut statement = session.conn.prepare_cached(&block.page(take, offset))?;
    let mut rows = statement.query([])?;
    let keys = keys(&block.columns);
    let mut out = Vec::with_capacity(4 * 1024);
    let mut count = 0;
    while let Some(row) = rows.next()? {
        if count > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"links":[]"#);
        for (index, key, kind) in &keys {
            let value = row.get_ref(*index)?;
            if let Some(text) = render(value, *kind, session.zone) {
                out.extend_from_slice(key);
                write_text(&mut out, &text);
            }
        }
        out.push(b'}');
        count += 1;
    }
    Ok((out, count))
}

/// Gives the columns to show with their rendered names; of two with one name the later wins, as in any JSON object.
fn keys(columns: &[Column]) -> Vec<(usize, Vec<u8>, Kind)> {
    let last = |index: usize, name: &str| !columns.iter().skip(index + 1).any(|column| column.name == name);
    let shown = columns.iter().enumerate().filter(|(index, column)| last(*index, &column.name));
    shown
        .map(|(index, column)| {
            let mut key = vec![b','];
            write_text(&mut key, &column.name);
            key.push(b':');
            (index, key, column.kind)
        })
        .collect()
}

/// Renders a value as text; nothing for an absent one, which is left out of the row.
fn render<'r>(value: ValueRef<'r>, kind: Kind, session: &Zone) -> Option<std::borrow::Cow<'r, str>> {
    let text = match value {
        ValueRef::Null | ValueRef::Blob(_) => return None,
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes),
        number => return numbers::text(number).ok().flatten().map(Into::into),
    };
    let wall = match kind {
        Kind::Instant => zone::parse(&text).map(|utc| session.local(utc)),
        Kind::Date | Kind::Stamp => zone::parse(&text),
        Kind::Zoned => text.split_once('|').and_then(|(utc, _)| zone::parse(utc)).map(|utc| session.local(utc)),
        _ => None,
    };
    match wall {
        Some(wall) => Some(masks::user_text(wall).into()),
        None => Some(text).filter(|text| !text.is_empty()),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(Value::from(text).to_string().as_bytes());
    }
}

/// Puts a failure of the database in SuiteQL's words.
fn explain(error: &rusqlite::Error) -> Complaint {
    let words = error.to_string();
    match words.split_once(functions::MARK) {
        Some((_, told)) => Complaint::search(told),
        None => {
            tracing::debug!(error = %words, "the query could not be run");
            Complaint::unsupported()
        }
    }
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;
