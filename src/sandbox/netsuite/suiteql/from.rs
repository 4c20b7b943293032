//! Translates FROM: tables and what the account lacks of them, subqueries, and joins in either style.

use std::sync::Arc;

use sqlparser::ast::{Expr, Ident, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins};

use super::complaint::Complaint;
use super::expression::At;
use super::oracle_joins;
use super::piece;
use super::query::Translator;
use super::scope::{Relation, Scope};
use crate::sandbox::netsuite::AbsentStyle;
use crate::sandbox::netsuite::catalogue::{Found, Table};

impl Translator<'_> {
    /// Translates FROM; conditions with `(+)` leave the WHERE and become joins.
    pub(super) fn from(
        &mut self,
        from: &[TableWithJoins],
        conditions: &mut Vec<&Expr>,
        scope: &mut Scope<'_>,
        depth: usize,
    ) -> Result<String, Complaint> {
        let has_ansi = from.iter().any(|table| !table.joins.is_empty());
        let has_oracle = conditions.iter().any(|condition| oracle_joins::is_marked(condition));
        if from.is_empty() || (has_ansi && (from.len() > 1 || has_oracle)) {
            return Err(Complaint::unsupported());
        }
        if let ([table], true) = (from, has_ansi) {
            return self.ansi_joins(table, scope, depth);
        }
        let mut relations = Vec::new();
        for table in from {
            let (sql, relation) = self.relation(&table.relation, scope.outer, depth)?;
            if scope.relations.iter().any(|r| r.alias == relation.alias) {
                return Err(Complaint::unsupported());
            }
            relations.push(sql);
            scope.relations.push(relation);
        }
        let marked = oracle_joins::take(conditions, scope)?;
        let mut text = String::new();
        for (place, sql) in relations.into_iter().enumerate() {
            let ons: Vec<&Expr> = marked.iter().filter(|(at, _)| *at == place).map(|(_, condition)| *condition).collect();
            if ons.is_empty() {
                text = if place == 0 { sql } else { format!("{text} join {sql}") };
                continue;
            }
            if place == 0 {
                return Err(Complaint::unsupported());
            }
            let visible = Scope { relations: scope.relations.iter().take(place + 1).cloned().collect(), outer: scope.outer };
            let at = At { scope: &visible, keys: &[], depth, grouping: false, listing: false };
            let mut on = Vec::new();
            for condition in ons {
                on.push(self.expr(condition, &at)?.condition()?.sql);
            }
            text = format!("{text} left join {sql} on {}", on.join(" and "));
            if let Some(relation) = scope.relations.get_mut(place) {
                relation.optional = true;
            }
        }
        Ok(text)
    }

    fn ansi_joins(&mut self, table: &TableWithJoins, scope: &mut Scope<'_>, depth: usize) -> Result<String, Complaint> {
        let (mut text, first) = self.relation(&table.relation, scope.outer, depth)?;
        scope.relations.push(first);
        for join in &table.joins {
            let (word, constraint, before, after) = match &join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) => ("join", c, false, false),
                JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("left join", c, false, true),
                JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("right join", c, true, false),
                JoinOperator::FullOuter(c) => ("full join", c, true, true),
                JoinOperator::CrossJoin(c) => ("join", c, false, false),
                _ => return Err(Complaint::unsupported()),
            };
            let (sql, mut relation) = self.relation(&join.relation, scope.outer, depth)?;
            if scope.relations.iter().any(|r| r.alias == relation.alias) {
                return Err(Complaint::unsupported());
            }
            relation.optional = after;
            if before {
                scope.relations.iter_mut().for_each(|r| r.optional = true);
            }
            scope.relations.push(relation);
            let on = match (constraint, &join.join_operator) {
                (JoinConstraint::None, JoinOperator::CrossJoin(_)) => String::new(),
                (JoinConstraint::On(condition), _) => {
                    let at = At { scope, keys: &[], depth, grouping: false, listing: false };
                    format!(" on {}", self.expr(condition, &at)?.condition()?.sql)
                }
                _ => return Err(Complaint::unsupported()),
            };
            text = format!("{text} {word} {sql}{on}");
        }
        Ok(text)
    }

    fn relation(
        &mut self,
        factor: &TableFactor,
        outer: Option<&Scope<'_>>,
        depth: usize,
    ) -> Result<(String, Relation), Complaint> {
        match factor {
            TableFactor::Table { name, alias, args: None, version: None, sample: None, .. } => {
                let table = single(name)?.value.to_lowercase();
                let shape = match self.catalogue.find(&table) {
                    Found::Table(shape) => shape,
                    Found::Unknown => return Err(Complaint::UnknownTable(single(name)?.value.clone())),
                    Found::Absent => {
                        return Err(match self.settings.absent_style {
                            AbsentStyle::NotFound => Complaint::search(format!("Record '{table}' was not found.")),
                            AbsentStyle::Unknown => Complaint::UnknownTable(table),
                            AbsentStyle::ServerError => Complaint::Server,
                        });
                    }
                };
                let alias = alias_of(alias.as_ref())?.unwrap_or_else(|| table.clone());
                let emptied = self.settings.denied_rows.iter().any(|denied| denied.eq_ignore_ascii_case(&table));
                let source =
                    if emptied { format!("(select * from {} where 0)", piece::name(&table)) } else { piece::name(&table) };
                let sql = format!("{source} as {}", piece::name(&alias));
                Ok((sql, Relation { alias, named: true, table: Some(table), shape, optional: false }))
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let block = self.query(subquery, outer, depth + 1)?;
                let given = alias_of(alias.as_ref())?;
                let named = given.is_some();
                let alias = given.unwrap_or_else(|| {
                    self.unnamed += 1;
                    format!("unnamed {}", self.unnamed)
                });
                let sql = format!("({}) as {}", block.nested(), piece::name(&alias));
                let shape = Arc::new(Table { columns: block.columns, ..Table::default() });
                Ok((sql, Relation { alias, named, table: None, shape, optional: false }))
            }
            _ => Err(Complaint::unsupported()),
        }
    }
}

/// Gives a name without qualifiers.
pub(super) fn single(name: &ObjectName) -> Result<&Ident, Complaint> {
    match name.0.as_slice() {
        [part] => part.as_ident().ok_or_else(Complaint::unsupported),
        _ => Err(Complaint::unsupported()),
    }
}

fn alias_of(alias: Option<&TableAlias>) -> Result<Option<String>, Complaint> {
    match alias {
        None => Ok(None),
        Some(alias) if alias.columns.is_empty() && alias.at.is_none() => Ok(Some(alias.name.value.to_lowercase())),
        Some(_) => Err(Complaint::unsupported()),
    }
}
