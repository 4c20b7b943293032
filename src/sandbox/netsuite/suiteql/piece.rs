//! A translated expression: its SQLite text and what it means, with the conversions and comparisons that depend on the meaning.

use super::complaint::Complaint;
use crate::sandbox::netsuite::catalogue::Kind;

/// No zone is further from UTC than this many seconds.
const FARTHEST_ZONE: &str = "54000";

/// A translated expression.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// SQLite text, safe to put between operators.
    pub(super) sql: String,
    /// What the value means.
    pub(super) kind: Kind,
    /// It does not depend on a row.
    pub(super) constant: bool,
    /// It names a column that is neither grouped by nor inside an aggregate.
    pub(super) bare: bool,
    /// It contains an aggregate.
    pub(super) aggregate: bool,
    /// Its text, when it is a text literal.
    pub(super) literal: Option<String>,
    /// Its table and column, when it is a column of a table.
    pub(super) column: Option<(String, String)>,
    /// It is a column that is never null.
    pub(super) required: bool,
}

impl Piece {
    /// Makes a piece out of others.
    pub(super) fn of(sql: impl Into<String>, kind: Kind, parts: &[&Self]) -> Self {
        Self {
            sql: sql.into(),
            kind,
            constant: parts.iter().all(|p| p.constant),
            bare: parts.iter().any(|p| p.bare),
            aggregate: parts.iter().any(|p| p.aggregate),
            literal: None,
            column: None,
            required: false,
        }
    }

    /// Makes a text literal; an empty one is absent.
    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() {
            return Self::of("null", Kind::Absent, &[]);
        }
        Self { literal: Some(text.to_owned()), ..Self::of(quote(text), Kind::Text, &[]) }
    }

    /// Gives the value itself, refusing a truth.
    pub(super) fn value(self) -> Result<Self, Complaint> {
        if self.kind == Kind::Condition { Err(Complaint::unsupported()) } else { Ok(self) }
    }

    /// Gives the truth itself, refusing a value.
    pub(super) fn condition(self) -> Result<Self, Complaint> {
        if self.kind == Kind::Condition { Ok(self) } else { Err(Complaint::unsupported()) }
    }

    fn convert(&self, sql: String, kind: Kind) -> Self {
        Self::of(sql, kind, &[self])
    }

    /// Gives the value as a wall clock of the session.
    pub(super) fn wall(&self) -> Result<Self, Complaint> {
        match self.kind {
            Kind::Instant => Ok(self.convert(format!("ns_local({})", self.sql), Kind::Date)),
            Kind::Zoned => Ok(self.convert(format!("ns_zoned_local({})", self.sql), Kind::Stamp)),
            Kind::Text => Ok(self.convert(format!("ns_user_date({})", self.sql), Kind::Date)),
            Kind::Date | Kind::Stamp | Kind::Absent => Ok(self.clone()),
            _ => Err(Complaint::unsupported()),
        }
    }

    /// Gives the value as text.
    pub(super) fn as_text(&self) -> Result<Self, Complaint> {
        match self.kind {
            Kind::Text | Kind::Absent => Ok(self.clone()),
            Kind::Integer => Ok(self.convert(format!("cast({} as text)", self.sql), Kind::Text)),
            Kind::Decimal => Ok(self.convert(format!("ns_text({})", self.sql), Kind::Text)),
            Kind::Condition => Err(Complaint::unsupported()),
            _ => Ok(self.convert(format!("ns_user_text({})", self.wall()?.sql), Kind::Text)),
        }
    }

    /// Gives the value as a number.
    pub(super) fn as_number(&self) -> Result<Self, Complaint> {
        match (self.kind, &self.literal) {
            (Kind::Integer | Kind::Decimal | Kind::Absent, _) => Ok(self.clone()),
            (Kind::Text, Some(text)) => number_literal(text).ok_or_else(|| Complaint::search("invalid number")),
            (Kind::Text, None) => Ok(self.convert(format!("ns_number({})", self.sql), Kind::Decimal)),
            _ => Err(Complaint::unsupported()),
        }
    }

    /// Gives the value to sort by: what the session sees, not what is stored.
    pub(super) fn sortable(&self) -> Result<String, Complaint> {
        match self.kind {
            Kind::Instant => Ok(self.wall()?.sql),
            Kind::Condition => Err(Complaint::unsupported()),
            _ => Ok(self.sql.clone()),
        }
    }
}

/// Reads a number literal.
pub(super) fn number_literal(text: &str) -> Option<Piece> {
    let text = text.trim();
    let number: rust_decimal::Decimal = text.parse().ok()?;
    let kind = if number.is_integer() && text.parse::<i64>().is_ok() { Kind::Integer } else { Kind::Decimal };
    let sql = if kind == Kind::Integer || text.contains('.') { number.to_string() } else { format!("{number}.0") };
    // A sign in front could join with an operator before it.
    Some(Piece::of(if number.is_sign_negative() { format!("({sql})") } else { sql }, kind, &[]))
}

/// Quotes a text for SQLite.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Quotes a name for SQLite, reserved words included.
pub(super) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Brings two operands to one meaning.
fn level(left: &Piece, right: &Piece) -> Result<(Piece, Piece), Complaint> {
    let (l, r) = (left.kind, right.kind);
    if l == Kind::Condition || r == Kind::Condition {
        return Err(Complaint::unsupported());
    }
    if l.is_time() || r.is_time() {
        // A date and a timestamp on the two sides of a comparison is what the vendor tells everyone not to do.
        if matches!((l, r), (Kind::Date, Kind::Stamp) | (Kind::Stamp, Kind::Date)) {
            return Err(Complaint::unsupported());
        }
        if l == Kind::Zoned && r == Kind::Zoned {
            let utc = |p: &Piece| p.convert(format!("substr({}, 1, 19)", p.sql), Kind::Stamp);
            return Ok((utc(left), utc(right)));
        }
        return Ok((left.wall()?, right.wall()?));
    }
    if l.is_number() != r.is_number() {
        return Ok((left.as_number()?, right.as_number()?));
    }
    Ok((left.clone(), right.clone()))
}

/// Compares two values; the operator is one of `=`, `<>`, `<`, `<=`, `>`, `>=`.
pub(super) fn compare(operator: &str, left: &Piece, right: &Piece) -> Result<Piece, Complaint> {
    let flipped = match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    };
    if left.kind == Kind::Instant && right.constant && right.kind != Kind::Instant {
        return compare_stored(operator, left, right);
    }
    if right.kind == Kind::Instant && left.constant && left.kind != Kind::Instant {
        return compare_stored(flipped, right, left);
    }
    let (l, r) = level(left, right)?;
    Ok(Piece::of(format!("{} {operator} {}", l.sql, r.sql), Kind::Condition, &[&l, &r]))
}

/// Compares a stored moment with a fixed wall clock by what the session's clock showed.
///
/// The bare column is bounded first, a whole zone's width around, so that an index can be used and the conversion runs only near the
/// bound.
fn compare_stored(operator: &str, stored: &Piece, fixed: &Piece) -> Result<Piece, Complaint> {
    let wall = fixed.wall()?;
    let (column, wall_sql) = (&stored.sql, &wall.sql);
    let (early, late) = (format!("ns_shift({wall_sql}, -{FARTHEST_ZONE})"), format!("ns_shift({wall_sql}, {FARTHEST_ZONE})"));
    let exact = format!("ns_local({column}) {operator} {wall_sql}");
    let sql = match operator {
        ">" | ">=" => format!("({column} >= {early} and ({column} > {late} or {exact}))"),
        "<" | "<=" => format!("({column} <= {late} and ({column} < {early} or {exact}))"),
        "=" => format!("({column} >= {early} and {column} <= {late} and {exact})"),
        _ => exact,
    };
    Ok(Piece::of(sql, Kind::Condition, &[stored, &wall]))
}

/// Brings the branches of a choice to one meaning; the first that has one decides.
pub(super) fn unify(branches: &mut [Piece]) -> Result<Kind, Complaint> {
    let kinds: Vec<Kind> = branches.iter().map(|p| p.kind).filter(|k| *k != Kind::Absent).collect();
    let Some(first) = kinds.first().copied() else { return Ok(Kind::Absent) };
    if kinds.contains(&Kind::Condition) {
        return Err(Complaint::unsupported());
    }
    if first.is_time() {
        if kinds.iter().all(|k| *k == first) {
            return Ok(first);
        }
        if !kinds.iter().all(|k| k.is_time()) {
            return Err(Complaint::unsupported());
        }
        for branch in branches.iter_mut() {
            *branch = branch.wall()?;
        }
        return Ok(if kinds.iter().any(|k| matches!(k, Kind::Stamp | Kind::Zoned)) { Kind::Stamp } else { Kind::Date });
    }
    for branch in branches.iter_mut() {
        *branch = if first.is_number() { branch.as_number()? } else { branch.as_text()? };
    }
    if first.is_number() {
        let fraction = branches.iter().any(|p| p.kind == Kind::Decimal);
        return Ok(if fraction { Kind::Decimal } else { Kind::Integer });
    }
    Ok(Kind::Text)
}
