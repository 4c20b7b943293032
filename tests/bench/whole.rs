//! A whole sync over sockets: both simulators on a thread of their own, NetSuite 50 ms away and taking five requests at once.

#![allow(clippy::unwrap_used, reason = "what fails here fails the benchmark")]

mod account;

use std::time::Duration;

use account::Account;
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

const ITEMS: usize = 5000;
const LATENCY: Duration = Duration::from_millis(50);

/// Everything is new: products are created, then their stock is posted.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn first_sync(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ITEMS)).with_inputs(|| Account::served(ITEMS, LATENCY)).bench_local_refs(|account| {
        let reports = account.sync();
        assert!(reports[0].counts.created as usize >= ITEMS * 9 / 10);
    });
}

/// Nothing changed: what cron finds most of the time.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn second_sync(bencher: Bencher<'_, '_>) {
    let mut account = Account::served(ITEMS, LATENCY);
    account.sync();
    bencher.counter(ItemsCount::new(ITEMS)).bench_local(|| {
        let reports = account.sync();
        assert_eq!(reports.iter().map(|report| report.counts.changes()).sum::<u64>(), 0);
    });
}
