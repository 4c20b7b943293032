//! Translates expressions: literals, columns, operators, choices and subqueries.

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DataType, Expr, Ident, Query, TrimWhereField, UnaryOperator, Value,
};

use super::complaint::Complaint;
use super::piece::{self, Piece, compare};
use super::query::Translator;
use super::scope::Scope;
use crate::sandbox::netsuite::catalogue::Kind;

/// Longest list of an IN.
const LONGEST_LIST: usize = 1000;
/// Expressions nested deeper than this are refused before they could exhaust the stack.
const DEEPEST: usize = 120;

/// The place an expression stands in.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// Names that can be used.
    pub(super) scope: &'a Scope<'a>,
    /// Expressions of the GROUP BY.
    pub(super) keys: &'a [String],
    /// Queries around this one, and expressions around this one.
    pub(super) depth: usize,
    /// Aggregates are allowed.
    pub(super) grouping: bool,
    /// ROWNUM is allowed: the SELECT list.
    pub(super) listing: bool,
}

/// Gives the operands of a chain of ANDs.
pub(super) fn conjuncts(expression: &Expr) -> Vec<&Expr> {
    chain(expression, &BinaryOperator::And)
}

/// Gives the operands of a chain of one operator, without recursion: such chains grow long.
fn chain<'e>(expression: &'e Expr, operator: &BinaryOperator) -> Vec<&'e Expr> {
    let mut operands = Vec::new();
    let mut pending = vec![expression];
    while let Some(next) = pending.pop() {
        match next {
            Expr::BinaryOp { left, op, right } if op == operator => pending.extend([right.as_ref(), left.as_ref()]),
            Expr::Nested(inner) if matches!(inner.as_ref(), Expr::BinaryOp { op, .. } if op == operator) => pending.push(inner),
            other => operands.push(other),
        }
    }
    operands
}

/// Gives `a >= x` for `a > x OR (a = x AND …)`, the next page by two columns: the database does not see that bound by itself.
fn keyset_bound(alternatives: &[&Expr]) -> Option<Expr> {
    let [Expr::BinaryOp { left, op: BinaryOperator::Gt, right }, tie] = alternatives else { return None };
    let tie = if let Expr::Nested(inner) = tie { inner } else { *tie };
    let ties = conjuncts(tie).into_iter().any(
        |condition| matches!(condition, Expr::BinaryOp { left: l, op: BinaryOperator::Eq, right: r } if l == left && r == right),
    );
    ties.then(|| Expr::BinaryOp { left: left.clone(), op: BinaryOperator::GtEq, right: right.clone() })
}

impl Translator<'_> {
    /// Translates an expression.
    pub(super) fn expr(&mut self, expression: &Expr, at: &At<'_>) -> Result<Piece, Complaint> {
        if self.nesting > DEEPEST {
            return Err(Complaint::unsupported());
        }
        self.nesting += 1;
        let translated = self.node(expression, at);
        self.nesting -= 1;
        let mut piece = translated?;
        if at.keys.contains(&piece.sql) {
            piece.bare = false;
        }
        Ok(piece)
    }

    /// Translates an expression that must be a value.
    pub(super) fn value(&mut self, expression: &Expr, at: &At<'_>) -> Result<Piece, Complaint> {
        // ROWNUM and aggregates inside an expression of the SELECT list are still part of it.
        self.expr(expression, at)?.value()
    }

    fn node(&mut self, expression: &Expr, at: &At<'_>) -> Result<Piece, Complaint> {
        match expression {
            Expr::Nested(inner) => {
                let inner = self.expr(inner, at)?;
                Ok(Piece { sql: format!("({})", inner.sql), ..inner })
            }
            Expr::Value(value) => literal(&value.value),
            Expr::Identifier(name) => self.name(name, at),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [alias, column] if !is_reserved(column) => {
                    at.scope.column(Some(&alias.value.to_lowercase()), &column.value.to_lowercase())
                }
                [_, column] => Err(Complaint::Syntax(format!("Unexpected token: {column}"))),
                _ => Err(Complaint::unsupported()),
            },
            // Only a condition that has become a join still carries the mark.
            Expr::OuterJoin(inner) => self.expr(inner, at),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, at),
            Expr::BinaryOp { left, op, right } => self.binary(expression, left, op, right, at),
            Expr::IsNull(inner) => self.is_null(inner, "is null", at),
            Expr::IsNotNull(inner) => self.is_null(inner, "is not null", at),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, at),
            Expr::InSubquery { expr, subquery, negated } => self.in_subquery(expr, subquery, *negated, at),
            Expr::Exists { subquery, negated } => {
                let block = self.query(subquery, Some(at.scope), at.depth + 1)?;
                let not = if *negated { "not " } else { "" };
                Ok(row_bound(format!("{not}exists ({})", block.nested()), Kind::Condition))
            }
            Expr::Subquery(subquery) => {
                let block = self.query(subquery, Some(at.scope), at.depth + 1)?;
                let [column] = block.columns.as_slice() else { return Err(Complaint::search("too many values")) };
                Ok(row_bound(format!("({})", block.nested()), column.kind))
            }
            Expr::Between { expr, negated, low, high } => {
                let (value, low, high) = (self.value(expr, at)?, self.value(low, at)?, self.value(high, at)?);
                let (from, to) = (compare(">=", &value, &low)?, compare("<=", &value, &high)?);
                let not = if *negated { "not " } else { "" };
                Ok(Piece::of(format!("{not}({} and {})", from.sql, to.sql), Kind::Condition, &[&from, &to]))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let (text, pattern) = (self.value(expr, at)?.as_text()?, self.value(pattern, at)?.as_text()?);
                let escape = match escape_char {
                    Some(escape) => self.value(escape, at)?.as_text()?,
                    None => Piece::of("null", Kind::Absent, &[]),
                };
                let not = if *negated { "not " } else { "" };
                let sql = format!("{not}ns_like({}, {}, {})", text.sql, pattern.sql, escape.sql);
                Ok(Piece::of(sql, Kind::Condition, &[&text, &pattern, &escape]))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let operand = operand.as_ref().map(|operand| self.value(operand, at)).transpose()?;
                let mut whens = Vec::new();
                let mut results = Vec::new();
                for when in conditions {
                    let condition = match &operand {
                        Some(operand) => compare("=", operand, &self.value(&when.condition, at)?)?,
                        None => self.expr(&when.condition, at)?.condition()?,
                    };
                    whens.push(condition);
                    results.push(self.value(&when.result, at)?);
                }
                results.push(match else_result {
                    Some(result) => self.value(result, at)?,
                    None => Piece::of("null", Kind::Absent, &[]),
                });
                choice(&whens, results)
            }
            Expr::Cast { kind: CastKind::Cast, expr, data_type, format: None } => {
                let value = self.value(expr, at)?;
                cast(&value, data_type)
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                let (value, zone) = (self.value(timestamp, at)?, self.value(time_zone, at)?.as_text()?);
                if value.kind != Kind::Zoned {
                    return Err(Complaint::unsupported());
                }
                Ok(Piece::of(format!("ns_at_zone({}, {})", value.sql, zone.sql), Kind::Zoned, &[&value, &zone]))
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime) } => {
                let value = self.value(expr, at)?;
                number_call("ns_floor", &[value], Kind::Integer)
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime) } => {
                let value = self.value(expr, at)?;
                number_call("ns_ceil", &[value], Kind::Integer)
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: true, shorthand: true } => {
                let mut arguments = vec![self.value(expr, at)?.as_text()?, self.value(from, at)?.as_number()?];
                if let Some(length) = substring_for {
                    arguments.push(self.value(length, at)?.as_number()?);
                }
                Ok(call("ns_substr", &arguments, Kind::Text))
            }
            Expr::Trim { expr, trim_where, trim_what, trim_characters: None } => {
                let end = match trim_where {
                    None | Some(TrimWhereField::Both) => "'B'",
                    Some(TrimWhereField::Leading) => "'L'",
                    Some(TrimWhereField::Trailing) => "'R'",
                };
                let text = self.value(expr, at)?.as_text()?;
                let set = match trim_what {
                    Some(set) => self.value(set, at)?.as_text()?,
                    None => Piece::text(" "),
                };
                Ok(call("ns_trim", &[text, Piece::of(end, Kind::Text, &[]), set], Kind::Text))
            }
            Expr::Function(function) => self.function(function, at),
            _ => Err(Complaint::unsupported()),
        }
    }

    fn name(&mut self, name: &Ident, at: &At<'_>) -> Result<Piece, Complaint> {
        let lower = name.value.to_lowercase();
        match (lower.as_str(), name.quote_style) {
            ("rownum", None) if at.listing => {
                self.refuse_nested_rownum(at.depth)?;
                Ok(row_bound("row_number() over ()".to_owned(), Kind::Integer))
            }
            ("rownum", None) => Err(Complaint::unsupported()),
            _ if is_reserved(name) => Err(Complaint::Syntax(format!("Unexpected token: {name}"))),
            ("sysdate" | "current_date" | "current_timestamp" | "localtimestamp" | "systimestamp", None) => self.clock(&lower),
            _ => at.scope.column(None, &lower),
        }
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expr, at: &At<'_>) -> Result<Piece, Complaint> {
        let operand = self.expr(operand, at)?;
        match operator {
            UnaryOperator::Not => {
                let condition = operand.condition()?;
                Ok(Piece::of(format!("not ({})", condition.sql), Kind::Condition, &[&condition]))
            }
            UnaryOperator::Minus | UnaryOperator::Plus => {
                let number = operand.value()?.as_number()?;
                let sign = if operator == UnaryOperator::Minus { "-" } else { "" };
                Ok(Piece::of(format!("({sign}{})", number.sql), number.kind, &[&number]))
            }
            _ => Err(Complaint::unsupported()),
        }
    }

    fn binary(
        &mut self,
        whole: &Expr,
        left: &Expr,
        operator: &BinaryOperator,
        right: &Expr,
        at: &At<'_>,
    ) -> Result<Piece, Complaint> {
        let comparison = match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let word = if *operator == BinaryOperator::And { " and " } else { " or " };
                let mut parts = Vec::new();
                for operand in chain(whole, operator) {
                    parts.push(self.expr(operand, at)?.condition()?);
                }
                let mut sql = parts.iter().map(|p| format!("({})", p.sql)).collect::<Vec<_>>().join(word);
                if *operator == BinaryOperator::Or
                    && let Some(bound) = keyset_bound(&chain(whole, operator))
                {
                    sql = format!("({}) and ({sql})", self.expr(&bound, at)?.sql);
                }
                return Ok(Piece::of(format!("({sql})"), Kind::Condition, &parts.iter().collect::<Vec<_>>()));
            }
            BinaryOperator::StringConcat => {
                let mut parts = chain(whole, operator).into_iter();
                let first = parts.next().ok_or_else(Complaint::unsupported)?;
                let mut joined = self.value(first, at)?.as_text()?;
                for operand in parts {
                    let next = self.value(operand, at)?.as_text()?;
                    joined = call("ns_concat", &[joined, next], Kind::Text);
                }
                return Ok(joined);
            }
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide => {
                let (left, right) = (self.value(left, at)?, self.value(right, at)?);
                return arithmetic(operator, &left, &right);
            }
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<>",
            BinaryOperator::Lt => "<",
            BinaryOperator::LtEq => "<=",
            BinaryOperator::Gt => ">",
            BinaryOperator::GtEq => ">=",
            _ => return Err(Complaint::unsupported()),
        };
        let (left, right) = (self.value(left, at)?, self.value(right, at)?);
        compare(comparison, &left, &right)
    }

    fn is_null(&mut self, inner: &Expr, test: &str, at: &At<'_>) -> Result<Piece, Complaint> {
        let value = self.value(inner, at)?;
        Ok(Piece::of(format!("{} {test}", value.sql), Kind::Condition, &[&value]))
    }

    fn in_list(&mut self, value: &Expr, list: &[Expr], negated: bool, at: &At<'_>) -> Result<Piece, Complaint> {
        if list.len() > LONGEST_LIST {
            return Err(Complaint::search("maximum number of expressions in a list is 1000"));
        }
        let value = self.value(value, at)?;
        let not = if negated { "not " } else { "" };
        if value.kind.is_time() {
            let mut tests = Vec::new();
            for entry in list {
                tests.push(compare("=", &value, &self.value(entry, at)?)?);
            }
            let sql = tests.iter().map(|p| p.sql.as_str()).collect::<Vec<_>>().join(" or ");
            return Ok(Piece::of(format!("{not}({sql})"), Kind::Condition, &tests.iter().collect::<Vec<_>>()));
        }
        let mut entries = Vec::new();
        for entry in list {
            let entry = self.value(entry, at)?;
            entries.push(if value.kind.is_number() { entry.as_number()? } else { entry.as_text()? });
        }
        let sql = entries.iter().map(|p| p.sql.as_str()).collect::<Vec<_>>().join(", ");
        let mut piece = Piece::of(format!("{} {not}in ({sql})", value.sql), Kind::Condition, &entries.iter().collect::<Vec<_>>());
        (piece.constant, piece.bare, piece.aggregate) = (false, piece.bare || value.bare, piece.aggregate || value.aggregate);
        Ok(piece)
    }

    fn in_subquery(&mut self, value: &Expr, subquery: &Query, negated: bool, at: &At<'_>) -> Result<Piece, Complaint> {
        let value = self.value(value, at)?;
        let block = self.query(subquery, Some(at.scope), at.depth + 1)?;
        let [column] = block.columns.as_slice() else { return Err(Complaint::search("too many values")) };
        let fits = value.kind == column.kind
            || (value.kind.is_number() && column.kind.is_number())
            || value.kind == Kind::Absent
            || column.kind == Kind::Absent;
        if !fits {
            return Err(Complaint::unsupported());
        }
        let not = if negated { "not " } else { "" };
        let mut piece = Piece::of(format!("{} {not}in ({})", value.sql, block.nested()), Kind::Condition, &[&value]);
        piece.constant = false;
        Ok(piece)
    }
}

/// Makes a piece whose value changes from row to row for reasons of its own.
pub(super) fn row_bound(sql: String, kind: Kind) -> Piece {
    Piece { constant: false, ..Piece::of(sql, kind, &[]) }
}

/// Makes a call.
pub(super) fn call(name: &str, arguments: &[Piece], kind: Kind) -> Piece {
    let list = arguments.iter().map(|p| p.sql.as_str()).collect::<Vec<_>>().join(", ");
    Piece::of(format!("{name}({list})"), kind, &arguments.iter().collect::<Vec<_>>())
}

/// Makes a call whose arguments are numbers.
pub(super) fn number_call(name: &str, arguments: &[Piece], kind: Kind) -> Result<Piece, Complaint> {
    let numbers = arguments.iter().map(Piece::as_number).collect::<Result<Vec<_>, _>>()?;
    Ok(call(name, &numbers, kind))
}

/// Makes a CASE out of conditions and results; the last result stands for everything else.
pub(super) fn choice(conditions: &[Piece], mut results: Vec<Piece>) -> Result<Piece, Complaint> {
    let kind = piece::unify(&mut results)?;
    let mut sql = String::from("case");
    for (condition, result) in conditions.iter().zip(&results) {
        sql.push_str(&format!(" when {} then {}", condition.sql, result.sql));
    }
    let otherwise = results.last().map_or("null", |p| p.sql.as_str());
    sql.push_str(&format!(" else {otherwise} end"));
    let parts: Vec<&Piece> = conditions.iter().chain(&results).collect();
    Ok(Piece::of(sql, kind, &parts))
}

/// Tells whether a name can only be a column when it is quoted.
fn is_reserved(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.eq_ignore_ascii_case("group")
}

fn literal(value: &Value) -> Result<Piece, Complaint> {
    match value {
        Value::Number(text, _) => piece::number_literal(text).ok_or_else(Complaint::unsupported),
        Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) => Ok(Piece::text(text)),
        Value::Null => Ok(Piece::of("null", Kind::Absent, &[])),
        _ => Err(Complaint::unsupported()),
    }
}

fn arithmetic(operator: &BinaryOperator, left: &Piece, right: &Piece) -> Result<Piece, Complaint> {
    let time = (left.kind.is_time(), right.kind.is_time());
    match (operator, time) {
        (BinaryOperator::Minus, (true, true)) => Ok(call("ns_days_between", &[left.wall()?, right.wall()?], Kind::Decimal)),
        (BinaryOperator::Plus | BinaryOperator::Minus, (true, false)) => {
            let wall = left.wall()?;
            let kind = wall.kind;
            let days = right.as_number()?;
            let sign = if *operator == BinaryOperator::Minus { "-" } else { "" };
            let days = Piece::of(format!("{sign}({})", days.sql), days.kind, &[&days]);
            Ok(call("ns_add_days", &[wall, days], kind))
        }
        (BinaryOperator::Plus, (false, true)) => arithmetic(operator, right, left),
        (_, (false, false)) => {
            let (name, exact) = match operator {
                BinaryOperator::Plus => ("ns_add", true),
                BinaryOperator::Minus => ("ns_sub", true),
                BinaryOperator::Multiply => ("ns_mul", true),
                _ => ("ns_div", false),
            };
            let (left, right) = (left.as_number()?, right.as_number()?);
            let whole = exact && left.kind == Kind::Integer && right.kind == Kind::Integer;
            Ok(call(name, &[left, right], if whole { Kind::Integer } else { Kind::Decimal }))
        }
        _ => Err(Complaint::unsupported()),
    }
}

fn cast(value: &Piece, to: &DataType) -> Result<Piece, Complaint> {
    match to {
        DataType::Timestamp(..) => Ok(Piece { kind: Kind::Stamp, ..value.wall()? }),
        DataType::Date => Ok(Piece { kind: Kind::Date, ..value.wall()? }),
        DataType::Varchar(_) | DataType::Char(_) | DataType::Nvarchar(_) => value.as_text(),
        DataType::Varbinary(_) | DataType::Binary(_) => Err(Complaint::unsupported()),
        DataType::Integer(_) | DataType::Int(_) => {
            let zero = Piece::of("0", Kind::Integer, &[]);
            number_call("ns_round", &[value.clone(), zero], Kind::Integer)
        }
        DataType::Float(_) | DataType::Numeric(_) | DataType::Decimal(_) => {
            number_call("ns_number", std::slice::from_ref(value), Kind::Decimal)
        }
        DataType::Custom(name, _) => match name.to_string().to_ascii_uppercase().as_str() {
            "NUMBER" => number_call("ns_number", std::slice::from_ref(value), Kind::Decimal),
            "VARCHAR2" | "NVARCHAR2" => value.as_text(),
            _ => Err(Complaint::unsupported()),
        },
        _ => Err(Complaint::unsupported()),
    }
}
