//! How many records a second of processor time maps and plans: products with prices, and stock by location.

#![allow(clippy::unwrap_used, reason = "what fails here fails the benchmark")]

mod account;

use account::Account;
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use netwiz::entities::{Action, Flow, Known, Mapped, Reference, Rows};
use netwiz::model::Link;
use netwiz::netsuite::records::Selection;
use netwiz::profile;
use netwiz::sync::{Found, decide};

fn main() {
    divan::main();
}

/// Items of the account the rows are read from.
const ITEMS: usize = 2000;

/// Reads everything a flow asks for, as one batch.
fn rows<F: Flow>(account: &Account, flow: &mut F, selection: &Selection) -> Rows {
    account.runtime.block_on(async {
        for table in flow.tables() {
            let rows = account.netsuite.select(&table.select, &Selection::Range(None, None)).await.unwrap();
            flow.learn(table.select.name, &rows).unwrap();
        }
        let mut rows = Rows::new(match selection {
            Selection::Ids(ids) => ids.clone(),
            Selection::Range(..) => Vec::new(),
        });
        for select in flow.details() {
            let missing = account.netsuite.missing_columns(&select).await.unwrap();
            let select = select.without(&missing);
            rows.add(select.name, account.netsuite.select(&select, selection).await.unwrap());
        }
        for (select, ids) in flow.further(&rows) {
            let missing = account.netsuite.missing_columns(&select).await.unwrap();
            let select = select.without(&missing);
            for ids in ids.chunks(1000) {
                rows.add(select.name, account.netsuite.select(&select, &Selection::Ids(ids.to_vec())).await.unwrap());
            }
        }
        rows
    })
}

/// Resolves what the map holds, as the engine does before mapping.
fn known<F: Flow>(account: &Account, flow: &F, rows: &Rows) -> Known {
    let mut known = Known::default();
    for reference in flow.references(rows) {
        let link = match &reference {
            Reference::Id(kind, id) => account.state.link(kind, netwiz::model::NetSuiteId(*id)).unwrap(),
            Reference::Key(kind, key) => account.state.link_by_key(kind, key).unwrap(),
            Reference::Wiz(kind, id) => account.state.link_by_wiz(kind, id).unwrap(),
        };
        if let Some(link) = link {
            known.add(reference, link);
        }
    }
    known
}

#[divan::bench]
fn products(bencher: Bencher<'_, '_>) {
    let account = Account::in_process(ITEMS);
    let mut flow = profile::products(&account.settings).unwrap();
    let rows = rows(&account, &mut flow, &Selection::Range(None, None));
    let known = Known::default();
    let count = flow.map(&rows, &known).len();
    bencher.counter(ItemsCount::new(count)).bench_local(|| flow.map(&rows, &known));
}

#[divan::bench]
fn inventory(bencher: Bencher<'_, '_>) {
    let mut account = Account::in_process(ITEMS);
    account.sync();
    let mut flow = profile::inventory(&account.settings);
    let ids = account.state.linked_after("products", 0, 1000).unwrap();
    let rows = rows(&account, &mut flow, &Selection::Ids(ids));
    let known = known(&account, &flow, &rows);
    let count = flow.map(&rows, &known).len();
    bencher.counter(ItemsCount::new(count)).bench_local(|| flow.map(&rows, &known));
}

/// Plans every product twice over: nowhere, and linked and unchanged.
#[divan::bench(args = [false, true])]
fn planning(bencher: Bencher<'_, '_>, linked: bool) {
    let account = Account::in_process(ITEMS);
    let mut flow = profile::products(&account.settings).unwrap();
    let rows = rows(&account, &mut flow, &Selection::Range(None, None));
    let desired: Vec<_> = flow
        .map(&rows, &Known::default())
        .into_iter()
        .filter_map(|mapped| if let Mapped::Desired(desired) = mapped { Some(*desired) } else { None })
        .collect();
    let found = |at: usize| {
        let mut found = Found::default();
        if linked {
            let mut link = Link::new("products", desired[at].key, netwiz::model::WizId(format!("w-{at}")));
            link.fingerprint = Some(desired[at].fingerprint());
            found.link = Some(link);
        }
        found
    };
    bencher
        .counter(ItemsCount::new(desired.len()))
        .with_inputs(|| desired.iter().cloned().enumerate().map(|(at, desired)| (desired, found(at))).collect::<Vec<_>>())
        .bench_local_values(|records| {
            let planned = records.into_iter().filter_map(|(desired, found)| decide(desired, found, Timestamp::UNIX_EPOCH).ok());
            planned.filter(|planned| planned.action != Action::Unchanged).count()
        });
}
