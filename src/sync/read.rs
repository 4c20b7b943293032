//! Reading batches whole, several ahead of the one that is being written.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::{Hands, Shape};
use crate::entities::{Flow, Rows};
use crate::error::Result;
use crate::netsuite::NetSuite;
use crate::netsuite::records::{Select, Selection};

/// Batches that are read side by side. The gate decides how many requests that makes.
const AHEAD: usize = 8;
/// Rounds of further queries for one batch; the last ones are kits within kits.
const ROUNDS: usize = 8;
/// Ids in one `IN` list, the most SuiteQL takes.
const IDS: usize = 1000;

/// A batch that was read.
pub(super) struct Batch {
    pub(super) selection: Selection,
    pub(super) rows: Rows,
    /// When its reading began, by [`Hands::moment`].
    pub(super) moment: u64,
}

/// Reads selections of heads in order.
pub(super) fn ahead<'a, F: Flow>(
    netsuite: &'a NetSuite,
    flow: &'a F,
    shape: &'a Shape,
    selections: Vec<Selection>,
    hands: &'a Hands,
) -> impl Stream<Item = Result<Batch>> + 'a {
    stream::iter(selections)
        .map(move |selection| async move {
            let moment = hands.moment();
            let rows = batch(netsuite, flow, shape, &selection).await?;
            Ok(Batch { selection, rows, moment })
        })
        .buffered(AHEAD)
}

/// Reads one batch whole.
pub(super) async fn batch<F: Flow>(netsuite: &NetSuite, flow: &F, shape: &Shape, selection: &Selection) -> Result<Rows> {
    let heads = match selection {
        Selection::Ids(ids) => ids.clone(),
        Selection::Range(..) => Vec::new(),
    };
    let mut rows = Rows::new(heads);
    let details = flow.details().into_iter().map(|select| {
        let select = shape.fit(select);
        async move { netsuite.select(&select, selection).await.map(|rows| (select.name, rows)) }
    });
    for (name, answer) in try_join_all(details).await? {
        rows.add(name, answer);
    }
    let mut asked: BTreeMap<&'static str, BTreeSet<i64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut wanted: Vec<(Select, Vec<i64>)> = Vec::new();
        for (select, ids) in flow.further(&rows) {
            let known = asked.entry(select.name).or_default();
            let new: Vec<i64> = ids.into_iter().filter(|id| known.insert(*id)).collect();
            let select = shape.fit(select);
            wanted.extend(new.chunks(IDS).map(|ids| (select.clone(), ids.to_vec())));
        }
        if wanted.is_empty() {
            break;
        }
        let queries = wanted.into_iter().map(|(select, ids)| async move {
            netsuite.select(&select, &Selection::Ids(ids)).await.map(|rows| (select.name, rows))
        });
        for (name, answer) in try_join_all(queries).await? {
            rows.add(name, answer);
        }
    }
    Ok(rows)
}
