//! How fast batches become durable, and how fast the map answers: a real file, `synchronous = full`.

#![allow(clippy::unwrap_used, reason = "what fails here fails the benchmark")]

use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use netwiz::model::{Fingerprint, Link, NetSuiteId, WizId};
use netwiz::state::{Commit, State};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Records of one commit.
const BATCH: i64 = 500;
/// Links that are there before, of two kinds each: nothing, and a large account.
const BEFORE: [i64; 2] = [0, 100_000];

fn links(first: i64) -> Vec<Link> {
    (first..first + BATCH)
        .map(|id| {
            let mut link = Link::new("products", NetSuiteId(id), WizId(format!("8a3f0c52-{id:012}")));
            link.natural_key = Some(format!("SKU-{id}"));
            link.fingerprint = Some(Fingerprint::of(&id.to_le_bytes()));
            link
        })
        .collect()
}

fn commit(state: &mut State, links: Vec<Link>) {
    let closed = links.iter().map(|link| format!("{}/{}", link.head, link.ns_id)).collect();
    let cleared = links.iter().map(|link| link.ns_id.to_string()).collect();
    let resume = links.last().map(|link| link.ns_id.0);
    let batch =
        Commit { entity: "products", direction: "pull", run: "bench", links, closed, cleared, resume, ..Commit::default() };
    state.commit(&batch, Timestamp::UNIX_EPOCH).unwrap();
}

fn filled(before: i64) -> (TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("bench.db"), "bench", Timestamp::UNIX_EPOCH).unwrap();
    for first in (0..before).step_by(500) {
        commit(&mut state, links(first));
    }
    (folder, state)
}

/// A batch of new links, its intents closed, in one transaction.
#[divan::bench(args = BEFORE)]
fn commit_500_links(bencher: Bencher<'_, '_>, before: i64) {
    let (_folder, mut state) = filled(before);
    let mut first = before;
    let inputs = || {
        first += BATCH;
        links(first)
    };
    bencher.counter(ItemsCount::new(BATCH as u64)).with_inputs(inputs).bench_local_values(|links| commit(&mut state, links));
}

/// The intents of a batch, durable before the first request leaves.
#[divan::bench]
fn intend_500_creates(bencher: Bencher<'_, '_>) {
    let (_folder, mut state) = filled(0);
    let mut first = 0;
    let inputs = || {
        first += BATCH;
        (first..first + BATCH).map(|id| format!("{id}/{id}")).collect::<Vec<_>>()
    };
    bencher
        .counter(ItemsCount::new(BATCH as u64))
        .with_inputs(inputs)
        .bench_local_values(|keys| state.intend("products", "pull", &keys, Timestamp::UNIX_EPOCH).unwrap());
}

/// What resolving asks for each record of a batch: its link by id, and the holder of its SKU.
#[divan::bench(args = BEFORE)]
fn resolve_500_records(bencher: Bencher<'_, '_>, before: i64) {
    let (_folder, state) = filled(before);
    bencher.counter(ItemsCount::new(BATCH as u64)).bench_local(|| {
        let records = (0..BATCH).map(|at| before / 2 + at);
        let answers = records.map(|id| {
            let by_id = state.link("products", NetSuiteId(id)).unwrap();
            let by_key = state.link_by_key("products", &format!("SKU-{id}")).unwrap();
            usize::from(by_id.is_some()) + usize::from(by_key.is_some())
        });
        answers.sum::<usize>()
    });
}
