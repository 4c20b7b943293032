//! A random machine for the whole engine (`correctness.md` 10, `house-style.md` 14): both simulators in process on a clock that
//! stands still, and histories of edits, faults, deaths and runs that each come from one seed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "one test, several files")]

#[path = "machine/check.rs"]
mod check;
#[path = "machine/history.rs"]
mod history;
#[path = "machine/matrix.rs"]
mod matrix;
#[path = "machine/steps.rs"]
mod steps;
#[path = "machine/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds that found something once.
const KNOWN: [u64; 20] =
    [226, 276, 288, 338, 350, 367, 814, 925, 1124, 1277, 1310, 1452, 1490, 1503, 1583, 1788, 3384, 4463, 6496, 8451];
/// How many seeds are played where nobody says otherwise.
const SEEDS: u64 = 60;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Plays seeds on two threads; gives what went wrong, in the order of the seeds.
fn play(seeds: &[u64]) -> Vec<(u64, String)> {
    let next = AtomicU64::new(0);
    let mut all: Vec<(u64, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let templates = history::Templates::new();
                    let mut wrong = Vec::new();
                    while let Some(seed) = seeds.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap()) {
                        if let Err(words) = history::play(&templates, *seed) {
                            wrong.push((*seed, words));
                            if std::env::var_os("NETWIZ_TEST_FIRST_FAILURE").is_some() {
                                next.store(u64::MAX / 2, Ordering::SeqCst);
                            }
                        }
                    }
                    wrong
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort();
    all
}

#[test]
fn whatever_happens_both_sides_agree_in_the_end() {
    let from = |first: u64| first..first + number("NETWIZ_TEST_SEEDS").unwrap_or(SEEDS);
    let seeds: Vec<u64> = match (number("NETWIZ_TEST_SEED"), number("NETWIZ_TEST_FIRST")) {
        (Some(seed), _) => vec![seed],
        (None, Some(first)) => from(first).collect(),
        (None, None) => KNOWN.into_iter().chain(from(1)).collect(),
    };
    let begun = tokio::time::Instant::now();
    let wrong = play(&seeds);
    println!("{} histories, {} steps, {:?}", seeds.len(), history::STEPS.load(Ordering::SeqCst), begun.elapsed());
    for (seed, words) in &wrong {
        println!("\nseed {seed}: NETWIZ_TEST_SEED={seed} cargo test --test machine -- --nocapture\n{words}");
    }
    let failed: Vec<u64> = wrong.iter().map(|(seed, _)| *seed).collect();
    assert!(failed.is_empty(), "{} of {} seeds fail: {failed:?}", failed.len(), seeds.len());
}

#[test]
fn every_operation_of_a_push_meets_every_phase() {
    // Once each; as a storm with more time.
    let times = if std::env::var_os("NETWIZ_TEST_ALL_FAULTS").is_some() { &[1, 6][..] } else { &[1] };
    let cells: Vec<_> = matrix::OPERATIONS
        .into_iter()
        .flat_map(|operation| matrix::phases().into_iter().map(move |phase| (operation, phase)))
        .flat_map(|(operation, phase)| times.iter().map(move |times| (operation, phase.clone(), *times)))
        .collect();
    let next = AtomicU64::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let templates = history::Templates::new();
                    assert_eq!(matrix::is_busy(&templates), Vec::<String>::new(), "nothing of these is pushed");
                    let mut wrong = Vec::new();
                    while let Some((operation, phase, times)) =
                        cells.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap())
                    {
                        let met = matrix::meet(&templates, *operation, phase, *times);
                        if let Err(words) = &met {
                            println!("{words}\n");
                        }
                        wrong.extend(met.err());
                    }
                    wrong
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {} cells fail:\n{}", wrong.len(), cells.len(), wrong.join("\n\n"));
}
