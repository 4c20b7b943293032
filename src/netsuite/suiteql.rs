//! SuiteQL text: rendering queries over id ranges, cutting them into pages, and checking what a person configured.
//!
//! Every query is paged by key (`key > last order by key`), never by offset. Text from outside enters a query only through
//! [`quote`] or through [`predicate`], which parses it first.

use sqlparser::ast::Spanned as _;
use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, ObjectName, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query,
    Select as SqlSelect, SelectItem, SetExpr, Statement, TableFactor,
};
use sqlparser::dialect::OracleDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::records::{Select, Selection};
use crate::error::{Error, ErrorKind, Result};

/// The mask of every date-time that is read or compared.
pub const STAMP_MASK: &str = "YYYY-MM-DD HH24:MI:SS";
/// Ids in one `IN` list, the most SuiteQL takes.
pub const IN_LIST: usize = 1000;
/// Rows in a page, the most NetSuite gives.
pub const PAGE: usize = 1000;

/// Writes text as a SuiteQL literal.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Writes a column as text in the one mask, since a bare date-time loses its time on the wire.
pub fn stamp(expression: &str) -> String {
    format!("TO_CHAR({expression}, '{STAMP_MASK}')")
}

/// Writes a wall-clock text (in the mask) as a date value in the session's zone.
pub fn date(text: &str) -> String {
    format!("TO_DATE({}, '{STAMP_MASK}')", quote(text))
}

/// Writes a list of ids for `IN`.
pub fn id_list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// A query with one place left open for the condition on its key.
#[derive(Debug, Clone)]
pub struct Template {
    before: String,
    after: String,
    keys_before: String,
    keys_after: String,
    key: String,
    key_name: String,
    tie: Option<String>,
}

/// The name of the column that tells the rows of one key apart.
pub const TIE: &str = "tie";

/// What stands in for the condition until it is known; no account has a column of this name.
const OPENING: &str = "netwiz_range_goes_here";

impl Template {
    /// Renders a query of ours.
    pub fn of(select: &Select) -> Self {
        let columns: String = select.columns.iter().map(|column| format!(", {} AS {}", column.expression, column.name)).collect();
        let conditions: String = select.filter.iter().map(|condition| format!(" AND ({condition})")).collect();
        let grouping = if select.grouped { format!(" GROUP BY {}", select.key) } else { String::new() };
        let mut joins = String::new();
        for join in select.columns.iter().filter_map(|column| column.join.as_deref()) {
            if !joins.contains(join) {
                joins = format!("{joins} {join}");
            }
        }
        let key = select.key.clone();
        let tie = select.tie.as_ref().map_or_else(String::new, |tie| format!(", {tie}"));
        let tied = select.tie.as_ref().map_or_else(String::new, |tie| format!(", {tie} AS {TIE}"));
        Self {
            before: format!("SELECT {key} AS head{tied}{columns} FROM {}{joins} WHERE ", select.from),
            after: format!("{conditions}{grouping} ORDER BY {key}{tie}"),
            keys_before: format!("SELECT {key} AS head FROM {} WHERE ", select.from),
            keys_after: format!("{conditions}{grouping} ORDER BY {key}"),
            key,
            key_name: "head".into(),
            tie: select.tie.clone(),
        }
    }

    /// Renders a person's query whose result has the named unique numeric column.
    ///
    /// A plain query gets the condition put into its own `WHERE`, where the server can use its index; anything else
    /// (grouping, set operations, a text our parser does not know) is wrapped as an inline view.
    pub fn of_text(sql: &str, key: &str) -> Self {
        Self::within(sql, key).unwrap_or_else(|| {
            let sql = sql.trim().trim_end_matches(';');
            Self {
                before: format!("SELECT q.* FROM ({sql}) q WHERE "),
                after: format!(" ORDER BY q.{key}"),
                keys_before: format!("SELECT q.{key} AS head FROM ({sql}) q WHERE "),
                keys_after: format!(" ORDER BY q.{key}"),
                key: format!("q.{key}"),
                key_name: key.to_ascii_lowercase(),
                tie: None,
            }
        })
    }

    fn within(sql: &str, key: &str) -> Option<Self> {
        let mut statements = Parser::parse_sql(&OracleDialect {}, sql).ok()?;
        let (Some(Statement::Query(mut query)), true) = (statements.pop(), statements.is_empty()) else { return None };
        if query.with.is_some() || query.limit_clause.is_some() || query.fetch.is_some() {
            return None;
        }
        let SetExpr::Select(select) = query.body.as_mut() else { return None };
        let plain = select.distinct.is_none()
            && select.top.is_none()
            && select.having.is_none()
            && matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
        if !plain || select.projection.iter().any(is_aggregate) {
            return None;
        }
        let key_expression = key_expression(select, key)?;
        let open = Expr::Identifier(Ident::new(OPENING));
        select.selection = Some(match select.selection.take() {
            Some(present) => {
                Expr::BinaryOp { left: Box::new(open), op: BinaryOperator::And, right: Box::new(Expr::Nested(Box::new(present))) }
            }
            None => open,
        });
        query.order_by = Some(order_by(key_expression.clone()));
        let whole = query.to_string();
        let mut keys: Box<Query> = query;
        if let SetExpr::Select(select) = keys.body.as_mut() {
            select.projection = vec![SelectItem::ExprWithAlias { expr: key_expression.clone(), alias: Ident::new("head") }];
        }
        let keys = keys.to_string();
        let (before, after) = whole.split_once(OPENING)?;
        let (keys_before, keys_after) = keys.split_once(OPENING)?;
        Some(Self {
            before: before.into(),
            after: after.into(),
            keys_before: keys_before.into(),
            keys_after: keys_after.into(),
            key: key_expression.to_string(),
            key_name: key.to_ascii_lowercase(),
            tie: None,
        })
    }

    /// Gives the name of the key's column in the result, lower case.
    pub fn key_name(&self) -> &str {
        &self.key_name
    }

    /// Renders the query for a selection of keys, resumed after a key already read.
    pub fn sql(&self, selection: &Selection, after: Option<i64>) -> String {
        format!("{}{}{}", self.before, self.condition(selection, after), self.after)
    }

    /// Renders the query for the rows of one key above one of them; `None` when nothing tells them apart.
    pub fn within_key(&self, key: i64, above: i64) -> Option<String> {
        let tie = self.tie.as_ref()?;
        Some(format!("{}{} = {key} AND {tie} > {above}{}", self.before, self.key, self.after))
    }

    fn condition(&self, selection: &Selection, after: Option<i64>) -> String {
        let key = &self.key;
        match selection {
            Selection::Range(low, high) => {
                let low = after.max(*low).map(|low| format!("{key} > {low}"));
                let high = high.map(|high| format!("{key} <= {high}"));
                let parts: Vec<String> = low.into_iter().chain(high).collect();
                // A template always needs a condition in its place.
                if parts.is_empty() { format!("{key} IS NOT NULL") } else { parts.join(" AND ") }
            }
            Selection::Ids(ids) => {
                let rest: Vec<i64> = ids.iter().copied().filter(|id| after.is_none_or(|after| *id > after)).collect();
                format!("{key} IN ({})", id_list(&rest))
            }
        }
    }

    /// Renders the planning query: every `size`-th key of the selection, cut by nested `ROWNUM`.
    pub fn boundaries_by_rownum(&self, selection: &Selection, size: usize, after: Option<i64>) -> String {
        format!(
            "SELECT head FROM (SELECT head, ROWNUM AS rn FROM ({}{}{})) WHERE MOD(rn, {size}) = 0{} ORDER BY head",
            self.keys_before,
            self.condition(selection, None),
            self.keys_after,
            after.map_or_else(String::new, |after| format!(" AND head > {after}")),
        )
    }

    /// The same by a window function, for accounts that refuse nested `ROWNUM`.
    pub fn boundaries_by_window(&self, selection: &Selection, size: usize, after: Option<i64>) -> String {
        let unordered = self.keys_after.rsplit_once(" ORDER BY ").map_or(self.keys_after.as_str(), |(before, _)| before);
        let keys = format!("{}{}{unordered}", self.keys_before, self.condition(selection, None));
        format!(
            "SELECT head FROM (SELECT k.head, ROW_NUMBER() OVER (ORDER BY k.head) AS rn FROM ({keys}) k) \
             WHERE MOD(rn, {size}) = 0{} ORDER BY head",
            after.map_or_else(String::new, |after| format!(" AND head > {after}")),
        )
    }

    /// Renders the query of last resort for planning: count, smallest and largest key.
    pub fn extent(&self, selection: &Selection) -> String {
        let unordered = self.keys_after.rsplit_once(" ORDER BY ").map_or(self.keys_after.as_str(), |(before, _)| before);
        format!(
            "SELECT COUNT(*) AS n, MIN(k.head) AS low, MAX(k.head) AS high FROM ({}{}{unordered}) k",
            self.keys_before,
            self.condition(selection, None),
        )
    }
}

fn order_by(expression: Expr) -> OrderBy {
    OrderBy {
        kind: OrderByKind::Expressions(vec![OrderByExpr {
            expr: expression,
            options: OrderByOptions::default(),
            with_fill: None,
        }]),
        interpolate: None,
    }
}

/// Gives the names of a query's result columns, lower case; `None` where only the server knows them (`*`, or a text our
/// parser does not know).
///
/// A row leaves its null columns out, so a page whose rows are all null in a column does not show it.
pub fn result_columns(sql: &str) -> Option<Vec<String>> {
    let mut statements = Parser::parse_sql(&OracleDialect {}, sql).ok()?;
    let (Some(Statement::Query(query)), true) = (statements.pop(), statements.is_empty()) else { return None };
    let mut body = *query.body;
    // The first part of a set operation names the columns of all.
    while let SetExpr::SetOperation { left, .. } = body {
        body = *left;
    }
    let SetExpr::Select(select) = body else { return None };
    let name = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.to_ascii_lowercase()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.to_ascii_lowercase()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) => Some(path.last()?.value.to_ascii_lowercase()),
        _ => None,
    };
    select.projection.iter().map(name).collect()
}

/// Finds the expression behind a result column of the key's name.
fn key_expression(select: &SqlSelect, key: &str) -> Option<Expr> {
    for item in &select.projection {
        match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(key) => return Some(expr.clone()),
            SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) if name.value.eq_ignore_ascii_case(key) => {
                return Some(expr.clone());
            }
            SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(path))
                if path.last().is_some_and(|name| name.value.eq_ignore_ascii_case(key)) =>
            {
                return Some(expr.clone());
            }
            // With one table the column behind a star can only be its own.
            SelectItem::Wildcard(_) if select.from.len() == 1 && select.from[0].joins.is_empty() => {
                return matches!(select.from[0].relation, TableFactor::Table { .. }).then(|| Expr::Identifier(Ident::new(key)));
            }
            _ => {}
        }
    }
    None
}

fn is_aggregate(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    let text = expr.to_string().to_ascii_uppercase();
    ["COUNT(", "SUM(", "MIN(", "MAX(", "AVG("].iter().any(|function| text.contains(function)) || text.contains("ROWNUM")
}

/// Functions a configured predicate may call.
const FUNCTIONS: [&str; 18] = [
    "NVL",
    "DECODE",
    "COALESCE",
    "UPPER",
    "LOWER",
    "SUBSTR",
    "INSTR",
    "LENGTH",
    "TRIM",
    "TO_CHAR",
    "TO_DATE",
    "TO_NUMBER",
    "TRUNC",
    "ROUND",
    "MOD",
    "ABS",
    "BUILTIN.DF",
    "BUILTIN.MNFILTER",
];

/// Checks a predicate of the configuration and gives it rewritten over the table's alias.
///
/// The text must be one whole condition made of columns, literals, comparisons and a few functions: nothing that could end
/// the statement, no sub-query, no comment (`correctness.md` 8).
///
/// # Errors
///
/// [`ErrorKind::Config`], naming the setting and the position of what is not allowed.
pub fn predicate(setting: &str, text: &str, alias: &str) -> Result<String> {
    let refuse = |position: String, what: &str| {
        Error::new(ErrorKind::Config, format!("`{setting}` is not a condition that may be sent: {what}{position}"))
            .hint(format!("write one SuiteQL condition over columns, e.g. `custitem_b2b = 'T'`; it stands now as `{text}`"))
    };
    let dialect = OracleDialect {};
    let tokens =
        Tokenizer::new(&dialect, text).tokenize_with_location().map_err(|error| refuse(String::new(), &error.to_string()))?;
    for token in &tokens {
        let forbidden = match &token.token {
            Token::SemiColon => Some("a semicolon"),
            Token::Whitespace(space) if !matches!(space.to_string().trim(), "") => Some("a comment"),
            _ => None,
        };
        if let Some(what) = forbidden {
            return Err(refuse(format!(" at column {}", token.span.start.column), what));
        }
    }
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let mut condition = parser.parse_expr().map_err(|error| refuse(String::new(), &error.to_string()))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        return Err(refuse(format!(" at column {}", rest.span.start.column), &format!("unexpected `{}`", rest.token)));
    }
    qualify(&mut condition, alias).map_err(|(column, what)| {
        let position = if column > 0 { format!(" at column {column}") } else { String::new() };
        refuse(position, &what)
    })?;
    Ok(format!("({condition})"))
}

/// Puts the alias before bare columns and refuses every kind of expression that is not listed, with the column at which it
/// begins; 0: not known.
fn qualify(expr: &mut Expr, alias: &str) -> std::result::Result<(), (u64, String)> {
    let column = expr.span().start.column;
    match expr {
        Expr::Identifier(name) => {
            let column = name.clone();
            *expr = Expr::CompoundIdentifier(vec![Ident::new(alias), column]);
            Ok(())
        }
        Expr::CompoundIdentifier(path) if path.len() == 2 && path[0].value.eq_ignore_ascii_case(alias) => Ok(()),
        Expr::CompoundIdentifier(_) => Err((column, format!("`{expr}` belongs to another table"))),
        Expr::Value(_) => Ok(()),
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
            qualify(inner, alias)
        }
        Expr::BinaryOp { left, right, .. } => qualify(left, alias).and_then(|()| qualify(right, alias)),
        Expr::Between { expr: inner, low, high, .. } => {
            qualify(inner, alias)?;
            qualify(low, alias)?;
            qualify(high, alias)
        }
        Expr::InList { expr: inner, list, .. } => {
            qualify(inner, alias)?;
            list.iter_mut().try_for_each(|item| qualify(item, alias))
        }
        Expr::Like { expr: inner, pattern, .. } => {
            qualify(inner, alias)?;
            qualify(pattern, alias)
        }
        Expr::Function(function) => {
            let name = function_name(&function.name);
            if !FUNCTIONS.contains(&name.as_str()) {
                return Err((column, format!("the function `{name}` is not on the list of allowed ones")));
            }
            let sqlparser::ast::FunctionArguments::List(list) = &mut function.args else {
                return Err((column, format!("`{name}` without a plain argument list")));
            };
            for argument in &mut list.args {
                match argument {
                    sqlparser::ast::FunctionArg::Unnamed(sqlparser::ast::FunctionArgExpr::Expr(inner)) => qualify(inner, alias)?,
                    other => return Err((column, format!("`{other}` is no plain argument"))),
                }
            }
            Ok(())
        }
        other => Err((column, format!("`{other}` is not allowed in a condition"))),
    }
}

fn function_name(name: &ObjectName) -> String {
    name.to_string().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netsuite::records::Column;

    #[test]
    fn ranges_and_ids_become_conditions_on_the_key() {
        let select = Select::new("items", "item i", "i.id").columns("i", &["itemid"]).filter("i.itemtype = 'Kit'");
        let template = Template::of(&select);
        assert_eq!(
            template.sql(&Selection::Range(Some(5), Some(9)), Some(7)),
            "SELECT i.id AS head, i.itemid AS itemid FROM item i WHERE i.id > 7 AND i.id <= 9 AND (i.itemtype = 'Kit') ORDER BY i.id"
        );
        assert!(template.sql(&Selection::Range(None, None), None).contains("WHERE i.id IS NOT NULL AND"));
        assert!(template.sql(&Selection::Ids(vec![1, 2, 3]), Some(1)).contains("i.id IN (2, 3)"));
    }

    #[test]
    fn grouped_queries_group_by_their_key() {
        let select =
            Select::new("blocks", "pricing p", "p.item - MOD(p.item, 100)").column(Column::new("COUNT(*)", "n")).grouped();
        assert_eq!(
            Template::of(&select).sql(&Selection::Range(None, None), Some(200)),
            "SELECT p.item - MOD(p.item, 100) AS head, COUNT(*) AS n FROM pricing p WHERE p.item - MOD(p.item, 100) > 200 \
             GROUP BY p.item - MOD(p.item, 100) ORDER BY p.item - MOD(p.item, 100)"
        );
    }

    #[test]
    fn a_plain_query_of_a_person_gets_the_condition_inside() {
        let template = Template::of_text("select i.id, i.itemid from item i where i.isinactive = 'F' or i.id = 3", "id");
        assert_eq!(
            template.sql(&Selection::Range(Some(1), Some(2)), None),
            "SELECT i.id, i.itemid FROM item i WHERE i.id > 1 AND i.id <= 2 AND (i.isinactive = 'F' OR i.id = 3) ORDER BY i.id"
        );
        assert!(
            template
                .boundaries_by_rownum(&Selection::Range(None, None), 1000, None)
                .starts_with("SELECT head FROM (SELECT head, ROWNUM AS rn FROM (SELECT i.id AS head FROM item i WHERE")
        );
    }

    #[test]
    fn anything_else_is_wrapped() {
        let template = Template::of_text("select item as id, count(*) as n from pricing group by item", "id");
        assert_eq!(
            template.sql(&Selection::Range(Some(1), None), None),
            "SELECT q.* FROM (select item as id, count(*) as n from pricing group by item) q WHERE q.id > 1 ORDER BY q.id"
        );
    }

    #[test]
    fn result_columns_are_known_unless_only_the_server_knows() {
        let columns = |sql: &str| result_columns(sql).map(|names| names.join(" "));
        assert_eq!(columns("SELECT i.ID, itemid, UPPER(x) AS Loud FROM item i").as_deref(), Some("id itemid loud"));
        assert_eq!(columns("SELECT id FROM item UNION SELECT id2 FROM b").as_deref(), Some("id"));
        assert_eq!(columns("SELECT * FROM item"), None);
        assert_eq!(columns("SELECT COUNT(*) FROM item"), None);
    }

    #[test]
    fn predicates_are_qualified() {
        let rewritten = predicate("products.where", "custitem_b2b = 'T' and nvl(class, 0) in (1, 2)", "i").unwrap();
        assert_eq!(rewritten, "(i.custitem_b2b = 'T' AND nvl(i.class, 0) IN (1, 2))");
    }

    #[test]
    fn a_predicate_cannot_end_the_statement() {
        for text in [
            "1 = 1; select 1 from dual",
            "1 = 1) or (1 = 1",
            "id in (select id from customer)",
            "1 = 1 -- comment",
            "1 = 1 /* comment */",
            "exists (select 1 from dual)",
            "customer.email = 'x'",
            "sys_context('a', 'b') = 'c'",
            "",
        ] {
            let error = predicate("products.where", text, "i").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        }
        let error = predicate("products.where", "id = 1 ; x", "i").unwrap_err();
        assert!(error.to_string().contains("a semicolon at column 8"), "{error}");
    }

    #[test]
    fn a_refused_predicate_names_the_setting_and_the_place() {
        for (setting, alias) in [("products.where", "i"), ("customers.where", "c")] {
            for (text, what, column) in [
                ("id = 1 ; x", "a semicolon", 8),
                ("id = 1 -- all", "a comment", 8),
                ("id = 1 id", "unexpected `id`", 8),
                ("id = 1 and sys_context('a') = 'b'", "the function `SYS_CONTEXT` is not on the list", 12),
                ("id = 1 or vendor.email = 'x'", "`vendor.email` belongs to another table", 11),
                ("id = 1 and exists (select 1 from dual)", "is not allowed in a condition", 20),
                ("id in (select id from item)", "is not allowed in a condition", 1),
            ] {
                let error = predicate(setting, text, alias).unwrap_err().to_string();
                assert!(error.contains(&format!("`{setting}`")) && error.contains(what), "{text}: {error}");
                assert!(error.ends_with(&format!(" at column {column}")), "{text}: {error}");
            }
        }
        for allowed in [
            "category = '3'",
            "nvl(custentity_b2b, 'F') = 'T' or lower(email) like '%@acme.example'",
            "(pricelevel between 1 and 5) and terms is not null and not (id in (1, 2, 3))",
            "to_char(datecreated, 'YYYY') >= '2020'",
        ] {
            predicate("customers.where", allowed, "c").unwrap();
        }
    }
}
