//! Reads ORDER BY and the ways to limit rows: FETCH FIRST, TOP and ROWNUM.

use sqlparser::ast::{Expr, Fetch, OrderBy, OrderByExpr, OrderByKind, OrderBySort, Top, TopQuantity, Value};

use super::complaint::Complaint;

/// Gives the entries of an ORDER BY.
pub(super) fn order_items(order: Option<&OrderBy>) -> Result<&[OrderByExpr], Complaint> {
    match order {
        None => Ok(&[]),
        Some(OrderBy { kind: OrderByKind::Expressions(items), interpolate: None }) => Ok(items),
        Some(_) => Err(Complaint::unsupported()),
    }
}

/// Reads `ORDER BY 2`.
pub(super) fn place(expression: &Expr, columns: usize) -> Result<Option<usize>, Complaint> {
    let Expr::Value(value) = expression else { return Ok(None) };
    let Value::Number(text, _) = &value.value else { return Ok(None) };
    match text.parse::<usize>() {
        Ok(place) if (1..=columns).contains(&place) => Ok(Some(place - 1)),
        _ => Err(Complaint::search("ORDER BY item must be the number of a SELECT-list expression")),
    }
}

/// Tells whether an expression is this unqualified name.
pub(super) fn is_name(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Identifier(ident) if ident.value.eq_ignore_ascii_case(name))
}

/// Adds direction and the place of nulls, which sort as the greatest.
pub(super) fn directed(sql: &str, item: &OrderByExpr, required: bool) -> Result<String, Complaint> {
    let descending = match item.options.sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(_)) => return Err(Complaint::unsupported()),
    };
    let direction = if descending { " desc" } else { "" };
    // Naming the place of nulls where there are none would keep the database from using the key.
    let nulls = match (required, item.options.nulls_first.unwrap_or(descending)) {
        (true, _) => "",
        (false, true) => " nulls first",
        (false, false) => " nulls last",
    };
    Ok(format!("{sql}{direction}{nulls}"))
}

/// Makes an ORDER BY of directed expressions.
pub(super) fn clause(keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!(" order by {}", keys.join(", ")) }
}

/// Reads `FETCH FIRST n ROWS ONLY`.
pub(super) fn fetched(fetch: &Fetch) -> Result<u64, Complaint> {
    match &fetch.quantity {
        _ if fetch.with_ties || fetch.percent => Err(Complaint::unsupported()),
        None => Ok(1),
        Some(quantity) => literal_rows(quantity),
    }
}

/// Reads `TOP n`.
pub(super) fn topped(top: &Top) -> Result<u64, Complaint> {
    match &top.quantity {
        Some(TopQuantity::Constant(rows)) if !top.with_ties && !top.percent => Ok(*rows),
        Some(TopQuantity::Expr(quantity)) if !top.with_ties && !top.percent => literal_rows(quantity),
        _ => Err(Complaint::unsupported()),
    }
}

fn literal_rows(quantity: &Expr) -> Result<u64, Complaint> {
    match quantity {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().map_err(|_| Complaint::unsupported()),
            _ => Err(Complaint::unsupported()),
        },
        Expr::Nested(inner) => literal_rows(inner),
        _ => Err(Complaint::unsupported()),
    }
}

/// Takes `ROWNUM <= n` and its kin out of the conditions; gives the smallest n.
pub(super) fn take_rownum(conditions: &mut Vec<&Expr>) -> Result<Option<u64>, Complaint> {
    let mut limit: Option<u64> = None;
    let mut kept = Vec::with_capacity(conditions.len());
    for condition in conditions.iter() {
        let Expr::BinaryOp { left, op, right } = condition else {
            kept.push(*condition);
            continue;
        };
        let (rows, operator) = match (is_name(left, "rownum"), is_name(right, "rownum")) {
            (true, false) => (literal_rows(right)?, op.to_string()),
            (false, true) => (literal_rows(left)?, op.to_string().replace('<', "\u{1}").replace('>', "<").replace('\u{1}', ">")),
            _ => {
                kept.push(*condition);
                continue;
            }
        };
        let rows = match operator.as_str() {
            "<=" => rows,
            "<" => rows.saturating_sub(1),
            "=" => u64::from(rows == 1),
            // No row ever gets a number above one this way, because none has got number one before.
            ">" => {
                if rows == 0 {
                    continue;
                } else {
                    0
                }
            }
            ">=" => {
                if rows <= 1 {
                    continue;
                } else {
                    0
                }
            }
            _ => return Err(Complaint::unsupported()),
        };
        limit = Some(limit.map_or(rows, |limit| limit.min(rows)));
    }
    *conditions = kept;
    Ok(limit)
}
