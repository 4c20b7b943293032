//! Oracle's own outer joins: conditions of the WHERE whose optional side carries `(+)`.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, visit_expressions};

use super::complaint::Complaint;
use super::scope::Scope;

/// Tells whether a condition carries `(+)`.
pub(super) fn is_marked(condition: &Expr) -> bool {
    visit_expressions(
        condition,
        |e| if matches!(e, Expr::OuterJoin(_)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    )
    .is_break()
}

/// Gives the places of the relations a condition names: those that are optional in it, and all of them.
fn places(condition: &Expr, scope: &Scope<'_>) -> (Vec<usize>, Vec<usize>) {
    let (mut marked, mut all) = (Vec::new(), Vec::new());
    let place = |e: &Expr| match e {
        Expr::Identifier(column) => scope.place_of(None, &column.value.to_lowercase()),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [alias, column] => scope.place_of(Some(&alias.value.to_lowercase()), &column.value.to_lowercase()),
            _ => None,
        },
        _ => None,
    };
    let _: ControlFlow<()> = visit_expressions(condition, |e| {
        if let Expr::OuterJoin(inner) = e {
            marked.extend(place(inner));
        }
        all.extend(place(e));
        ControlFlow::Continue(())
    });
    (marked, all)
}

/// Takes the marked conditions out, each with the place of the relation it makes optional.
///
/// That relation must stand behind the others of the condition: the reverse would be a right outer join, which this syntax lacks.
pub(super) fn take<'e>(conditions: &mut Vec<&'e Expr>, scope: &Scope<'_>) -> Result<Vec<(usize, &'e Expr)>, Complaint> {
    let (marked, rest): (Vec<&Expr>, Vec<&Expr>) = conditions.iter().partition(|condition| is_marked(condition));
    *conditions = rest;
    marked
        .into_iter()
        .map(|condition| {
            let (mut optional, all) = places(condition, scope);
            optional.dedup();
            match optional.as_slice() {
                [place] if all.iter().all(|other| other <= place) => Ok((*place, condition)),
                _ => Err(Complaint::unsupported()),
            }
        })
        .collect()
}
