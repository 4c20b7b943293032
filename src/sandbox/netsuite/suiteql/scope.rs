//! Names a query can use at one place: the relations of its FROM, and those of the queries around it.

use std::sync::Arc;

use super::complaint::Complaint;
use super::piece::{self, Piece};
use crate::sandbox::netsuite::catalogue::{Column, Kind, Table};

/// One relation of a FROM.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The name columns are qualified with, lower case.
    pub(super) alias: String,
    /// Whether a query can write the alias; an unnamed subquery cannot be referred to.
    pub(super) named: bool,
    /// The table's name; none for a subquery.
    pub(super) table: Option<String>,
    /// Its columns and key.
    pub(super) shape: Arc<Table>,
    /// Its rows may be missing, because of an outer join.
    pub(super) optional: bool,
}

/// The relations of one FROM, inside those of the queries around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'a> {
    /// In order of the FROM.
    pub(super) relations: Vec<Relation>,
    /// The query around.
    pub(super) outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    /// Translates a column name, qualified or not.
    pub(super) fn column(&self, qualifier: Option<&str>, column: &str) -> Result<Piece, Complaint> {
        let mut hidden_in = None;
        let mut level = Some(self);
        let mut is_own = true;
        while let Some(scope) = level {
            let mut found: Option<Piece> = None;
            for relation in scope.relations.iter().filter(|r| qualifier.is_none_or(|q| r.named && r.alias == q)) {
                if relation.shape.hidden.contains(column) {
                    hidden_in.get_or_insert_with(|| relation.table.clone().unwrap_or_default());
                }
                for known in relation.shape.columns.iter().filter(|c| c.name == column) {
                    if found.is_some() {
                        return Err(Complaint::search(format!("Column '{column}' is ambiguous.")));
                    }
                    found = Some(relation.piece(known, is_own));
                }
            }
            if let Some(piece) = found {
                return Ok(piece);
            }
            (level, is_own) = (scope.outer, false);
        }
        if let Some(table) = hidden_in {
            return Err(Complaint::search(format!("Field '{column}' for record '{table}' was not found.")));
        }
        let known_qualifier = qualifier.is_none_or(|q| self.has(q));
        let culprit = if known_qualifier { column } else { qualifier.unwrap_or(column) };
        Err(Complaint::search(format!("Unknown identifier '{culprit}'. Available identifiers are: {{{}}}.", self.available())))
    }

    fn has(&self, alias: &str) -> bool {
        self.relations.iter().any(|r| r.named && r.alias == alias) || self.outer.is_some_and(|outer| outer.has(alias))
    }

    fn available(&self) -> String {
        let shown = |r: &Relation| format!("{}={}", r.alias, r.table.as_ref().unwrap_or(&r.alias));
        self.relations.iter().map(shown).collect::<Vec<_>>().join(", ")
    }

    /// Gives the place of the relation a column belongs to, in this scope only.
    pub(super) fn place_of(&self, qualifier: Option<&str>, column: &str) -> Option<usize> {
        self.relations
            .iter()
            .position(|r| qualifier.is_none_or(|q| r.alias == q) && r.shape.columns.iter().any(|c| c.name == column))
    }
}

impl Relation {
    /// Translates one of its columns; a column of an outer query is fixed as far as grouping goes.
    pub(super) fn piece(&self, column: &Column, is_own: bool) -> Piece {
        let plain = format!("{}.{}", piece::name(&self.alias), piece::name(&column.name));
        let sql = if column.pure_date { format!("({plain} || ' 00:00:00')") } else { plain };
        let mut piece = Piece::of(sql, column.kind, &[]);
        (piece.constant, piece.bare) = (false, is_own);
        piece.required = column.required && !self.optional;
        piece.column = self.table.as_ref().map(|table| (table.clone(), column.name.clone()));
        debug_assert!(column.kind != Kind::Condition, "a column has a value");
        piece
    }
}
