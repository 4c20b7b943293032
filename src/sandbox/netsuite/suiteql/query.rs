//! Translates a query block by block, from its conditions over its groups and columns to its order.

use std::cell::Cell;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderBy, Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetOperator, SetQuantifier, WildcardAdditionalOptions,
};

use super::complaint::Complaint;
use super::expression::{At, conjuncts};
use super::from::single;
use super::order::{clause, directed, fetched, is_name, order_items, place, take_rownum, topped};
use super::piece::{self, Piece};
use super::scope::{Relation, Scope};
use crate::sandbox::netsuite::Settings;
use crate::sandbox::netsuite::catalogue::{Catalogue, Column, Kind};
use crate::sandbox::netsuite::zone::{self, Zone};

/// Queries inside queries deeper than this are refused.
const DEEPEST: usize = 16;

/// Translates one query.
pub(super) struct Translator<'a> {
    /// The tables of the account.
    pub(super) catalogue: &'a Catalogue,
    /// How this account deviates.
    pub(super) settings: &'a Settings,
    /// The session's zone.
    pub(super) session: &'a Zone,
    /// The service's clock, a UTC second.
    now: i64,
    /// Whether the translation depends on that clock.
    is_timely: Cell<bool>,
    /// How many expressions stand around the current one.
    pub(super) nesting: usize,
    /// How many subqueries had no name.
    pub(super) unnamed: usize,
}

/// A translated query.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// `select …`
    head: String,
    /// ` from … where … group by … having …`
    tail: String,
    /// ` order by …`, or nothing.
    order: String,
    /// At most so many rows.
    pub(super) fetch: Option<u64>,
    /// What comes out.
    pub(super) columns: Vec<Column>,
    /// Counting the rows needs no columns.
    plain: bool,
    /// The order leaves no ties.
    settled: bool,
    /// The order names places of columns, so it can only end with another place.
    by_place: bool,
}

impl Block {
    /// Gives the text for use inside another query.
    pub(super) fn nested(&self) -> String {
        let limit = match (self.fetch, self.order.is_empty()) {
            (Some(rows), _) => format!(" limit {rows}"),
            // A limit that limits nothing keeps the order, which ROWNUM around it counts by.
            (None, false) => " limit -1".to_owned(),
            (None, true) => String::new(),
        };
        format!("{}{}{}{limit}", self.head, self.tail, self.order)
    }

    /// Gives the text of one page: so many rows, after so many before them.
    ///
    /// Rows that no order tells apart come in a different order each time. The numbers are part of the text: SQLite plans by them,
    /// and would prepare a statement with parameters a second time once they are bound.
    pub(super) fn page(&self, take: u64, offset: u64) -> String {
        let (head, tail, order) = (&self.head, &self.tail, &self.order);
        let body = match (self.by_place, order.is_empty() && self.fetch.is_some()) {
            // Which rows a limit keeps is decided before they are put in disorder.
            (_, true) => format!("select * from ({})", self.nested()),
            (true, false) => format!("select * from ({head}{tail})"),
            (false, false) => format!("{head}{tail}"),
        };
        let order = match (order.is_empty(), self.settled) {
            (true, _) => " order by ns_shuffle()".to_owned(),
            (false, true) => order.clone(),
            (false, false) => format!("{order}, ns_shuffle()"),
        };
        format!("{body}{order} limit {take} offset {offset}")
    }

    /// Gives the text that counts all rows, the limit left aside.
    pub(super) fn count(&self) -> String {
        if self.plain {
            format!("select count(*){}", self.tail)
        } else {
            format!("select count(*) from ({}{})", self.head, self.tail)
        }
    }
}

/// A translated column of a SELECT list.
struct Chosen {
    name: String,
    piece: Piece,
}

impl<'a> Translator<'a> {
    /// Prepares a translation.
    pub(super) fn new(catalogue: &'a Catalogue, settings: &'a Settings, session: &'a Zone, now: i64) -> Self {
        Self { catalogue, settings, session, now, is_timely: Cell::new(false), nesting: 0, unnamed: 0 }
    }

    /// Gives the service's clock, a UTC second; a translation that says it is good for that second only.
    pub(super) fn now(&self) -> i64 {
        self.is_timely.set(true);
        self.now
    }

    /// Gives the service's clock as stored text.
    pub(super) fn now_text(&self) -> String {
        zone::format(self.now())
    }

    /// Tells whether the service's clock was asked for.
    pub(super) fn is_timely(&self) -> bool {
        self.is_timely.get()
    }

    /// Translates a query inside the scope around it.
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>, depth: usize) -> Result<Block, Complaint> {
        let plain = query.with.is_none()
            && query.limit_clause.is_none()
            && query.locks.is_empty()
            && query.for_clause.is_none()
            && query.settings.is_none()
            && query.format_clause.is_none()
            && query.pipe_operators.is_empty();
        if !plain || depth > DEEPEST {
            return Err(Complaint::unsupported());
        }
        let fetch = query.fetch.as_ref().map(fetched).transpose()?;
        let mut block = match query.body.as_ref() {
            SetExpr::Select(select) => self.select(select, query.order_by.as_ref(), outer, depth)?,
            SetExpr::Query(inner) => {
                let inner = self.query(inner, outer, depth + 1)?;
                let sql = format!("select * from ({})", inner.nested());
                self.combined(sql, inner.columns, query.order_by.as_ref())?
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let (left, right) = (self.operand(left, outer, depth)?, self.operand(right, outer, depth)?);
                let operator = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => "union all",
                    (SetOperator::Union, SetQuantifier::None) => "union",
                    (SetOperator::Intersect, SetQuantifier::None) => "intersect",
                    (SetOperator::Minus, SetQuantifier::None) => "except",
                    _ => return Err(Complaint::unsupported()),
                };
                let same = left.columns.len() == right.columns.len()
                    && left.columns.iter().zip(&right.columns).all(|(a, b)| {
                        a.kind == b.kind
                            || a.kind == Kind::Absent
                            || b.kind == Kind::Absent
                            || (a.kind.is_number() && b.kind.is_number())
                    });
                if !same {
                    return Err(Complaint::unsupported());
                }
                let sql = format!("select * from ({}) {operator} select * from ({})", left.nested(), right.nested());
                self.combined(sql, left.columns, query.order_by.as_ref())?
            }
            _ => return Err(Complaint::Syntax("Only queries are supported.".into())),
        };
        block.fetch = match (block.fetch, fetch) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Ok(block)
    }

    fn operand(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>, depth: usize) -> Result<Block, Complaint> {
        let whole = Query {
            with: None,
            body: Box::new(body.clone()),
            order_by: None,
            limit_clause: None,
            fetch: None,
            locks: Vec::new(),
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators: Vec::new(),
        };
        self.query(&whole, outer, depth + 1)
    }

    /// Orders the result of a set operation by names and places of its columns.
    fn combined(&mut self, sql: String, columns: Vec<Column>, order: Option<&OrderBy>) -> Result<Block, Complaint> {
        let mut keys = Vec::new();
        for item in order_items(order)? {
            let place = place(&item.expr, columns.len())?.or_else(|| columns.iter().position(|c| is_name(&item.expr, &c.name)));
            keys.push(directed(&(place.ok_or_else(Complaint::unsupported)? + 1).to_string(), item, false)?);
        }
        Ok(Block {
            head: sql,
            tail: String::new(),
            order: clause(&keys),
            fetch: None,
            columns,
            plain: false,
            settled: false,
            by_place: true,
        })
    }

    fn select(
        &mut self,
        select: &Select,
        order: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
        depth: usize,
    ) -> Result<Block, Complaint> {
        check_shape(select)?;
        let mut scope = Scope { relations: Vec::new(), outer };
        let mut conditions = select.selection.as_ref().map(conjuncts).unwrap_or_default();
        let mut from = self.from(&select.from, &mut conditions, &mut scope, depth)?;
        let rownum_limit = take_rownum(&mut conditions)?;
        let at = At { scope: &scope, keys: &[], depth, grouping: false, listing: false };
        let mut filters = Vec::new();
        for condition in &conditions {
            let piece = self.expr(condition, &at)?.condition()?;
            if piece.aggregate {
                return Err(Complaint::unsupported());
            }
            filters.push(format!("({})", piece.sql));
        }
        let keys = self.group_keys(&select.group_by, &at)?;
        let at = At { keys: &keys, grouping: true, listing: true, ..at };
        let chosen = self.projection(&select.projection, &at)?;
        let having =
            select.having.as_ref().map(|having| self.expr(having, &At { listing: false, ..at })?.condition()).transpose()?;
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        let grouped = !keys.is_empty() || having.is_some() || chosen.iter().any(|c| c.piece.aggregate);
        let (order, mut settled) = self.order(order, &chosen, distinct, grouped, &At { listing: false, ..at })?;
        if grouped && chosen.iter().map(|c| &c.piece).chain(&having).any(|p| p.bare) {
            return Err(Complaint::search("not a GROUP BY expression"));
        }
        settled = settled || (grouped && !keys.is_empty() && keys.iter().all(|key| order.iter().any(|(sql, _)| sql == key)));
        let mut fetch = select.top.as_ref().map(topped).transpose()?;
        let mut filter = if filters.is_empty() { String::new() } else { format!(" where {}", filters.join(" and ")) };
        if let Some(rows) = rownum_limit {
            self.refuse_nested_rownum(depth)?;
            if order.is_empty() && !grouped && !distinct {
                fetch = Some(fetch.map_or(rows, |fetch| fetch.min(rows)));
            } else {
                // ROWNUM is given out before the rows are sorted or grouped, so the limit belongs below.
                let [relation] = scope.relations.as_slice() else { return Err(Complaint::unsupported()) };
                let alias = piece::name(&relation.alias);
                from = format!("(select * from {from}{filter} limit {rows}) as {alias}");
                filter = String::new();
            }
        }
        let group = if keys.is_empty() { String::new() } else { format!(" group by {}", keys.join(", ")) };
        let having = having.map_or(String::new(), |p| format!(" having {}", p.sql));
        let list = chosen.iter().map(|c| format!("{} as {}", c.piece.sql, piece::name(&c.name))).collect::<Vec<_>>().join(", ");
        let keys: Vec<String> = order.into_iter().map(|(_, directed)| directed).collect();
        Ok(Block {
            head: format!("select {}{list}", if distinct { "distinct " } else { "" }),
            tail: format!(" from {from}{filter}{group}{having}"),
            order: clause(&keys),
            fetch,
            columns: chosen.into_iter().map(|c| column_of(c.name, &c.piece)).collect(),
            plain: !grouped && !distinct,
            settled,
            by_place: distinct,
        })
    }

    /// Refuses what some accounts refuse: ROWNUM below the outermost query.
    pub(super) fn refuse_nested_rownum(&self, depth: usize) -> Result<(), Complaint> {
        if self.settings.refuse_nested_rownum && depth > 0 { Err(Complaint::unsupported()) } else { Ok(()) }
    }

    fn group_keys(&mut self, group: &GroupByExpr, at: &At<'_>) -> Result<Vec<String>, Complaint> {
        let GroupByExpr::Expressions(expressions, modifiers) = group else { return Err(Complaint::unsupported()) };
        if !modifiers.is_empty() {
            return Err(Complaint::unsupported());
        }
        expressions.iter().map(|e| Ok(self.expr(e, at)?.value()?.sql)).collect()
    }

    fn projection(&mut self, items: &[SelectItem], at: &At<'_>) -> Result<Vec<Chosen>, Complaint> {
        let mut chosen = Vec::new();
        let mut unnamed = 0;
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expression) => {
                    let piece = self.expr(expression, at)?.value()?;
                    let name = match expression {
                        Expr::Identifier(name) => name.value.to_lowercase(),
                        Expr::CompoundIdentifier(parts) => parts.last().map(|p| p.value.to_lowercase()).unwrap_or_default(),
                        _ => {
                            unnamed += 1;
                            format!("expr{unnamed}")
                        }
                    };
                    chosen.push(Chosen { name, piece });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    if alias.quote_style.is_some() && at.depth > 0 {
                        return Err(Complaint::unsupported());
                    }
                    chosen.push(Chosen { name: alias.value.to_lowercase(), piece: self.expr(expr, at)?.value()? });
                }
                SelectItem::Wildcard(options) => {
                    check_wildcard(options)?;
                    chosen.extend(at.scope.relations.iter().flat_map(everything));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    check_wildcard(options)?;
                    let alias = single(name)?.value.to_lowercase();
                    let relation = at.scope.relations.iter().find(|r| r.alias == alias).ok_or_else(Complaint::unsupported)?;
                    chosen.extend(everything(relation));
                }
                _ => return Err(Complaint::unsupported()),
            }
        }
        Ok(chosen)
    }

    /// Translates ORDER BY to pairs of the expression and its directed form, and tells whether it leaves no ties.
    fn order(
        &mut self,
        order: Option<&OrderBy>,
        chosen: &[Chosen],
        distinct: bool,
        grouped: bool,
        at: &At<'_>,
    ) -> Result<(Vec<(String, String)>, bool), Complaint> {
        let mut keys = Vec::new();
        for item in order_items(order)? {
            let place = place(&item.expr, chosen.len())?.or_else(|| chosen.iter().position(|c| is_name(&item.expr, &c.name)));
            let (sql, piece) = if let Some((place, chosen)) = place.and_then(|p| chosen.get(p).map(|c| (p, c))) {
                (if distinct { (place + 1).to_string() } else { chosen.piece.sortable()? }, chosen.piece.clone())
            } else {
                let piece = self.expr(&item.expr, at)?.value()?;
                if grouped && piece.bare {
                    return Err(Complaint::search("not a GROUP BY expression"));
                }
                // With DISTINCT only what is shown can be sorted by.
                let shown = chosen.iter().position(|c| c.piece.sql == piece.sql);
                match (distinct, shown) {
                    (false, _) => (piece.sortable()?, piece),
                    (true, Some(place)) => ((place + 1).to_string(), piece),
                    (true, None) => return Err(Complaint::search("not a SELECTed expression")),
                }
            };
            keys.push((sql.clone(), directed(&sql, item, piece.required && !distinct)?));
        }
        let settled = match at.scope.relations.as_slice() {
            [only] if !grouped && !distinct && !only.shape.key.is_empty() => {
                let alias = piece::name(&only.alias);
                only.shape.key.iter().all(|key| keys.iter().any(|(sql, _)| *sql == format!("{alias}.{}", piece::name(key))))
            }
            _ => false,
        };
        Ok((keys, settled))
    }
}

/// Refuses every clause of other dialects.
fn check_shape(select: &Select) -> Result<(), Complaint> {
    let fits = select.select_modifiers.is_none()
        && select.exclude.is_none()
        && select.into.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.named_window.is_empty()
        && select.qualify.is_none()
        && select.value_table_mode.is_none()
        && select.flavor == SelectFlavor::Standard
        && !matches!(select.distinct, Some(Distinct::On(_)));
    if fits { Ok(()) } else { Err(Complaint::unsupported()) }
}

fn check_wildcard(options: &WildcardAdditionalOptions) -> Result<(), Complaint> {
    let plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    if plain { Ok(()) } else { Err(Complaint::unsupported()) }
}

fn everything(relation: &Relation) -> impl Iterator<Item = Chosen> + '_ {
    relation.shape.columns.iter().map(|column| Chosen { name: column.name.clone(), piece: relation.piece(column, true) })
}

fn column_of(name: String, piece: &Piece) -> Column {
    Column { name, kind: piece.kind, pure_date: false, required: piece.required }
}
