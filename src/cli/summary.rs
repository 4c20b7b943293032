//! What a person reads of a run: the headline, the table, the plan of a dry run, the first failures.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::output::{Output, cyan, number, table};
use crate::config::Settings;
use crate::error::Result;
use crate::model::Direction;
use crate::sync::report::{Counts, RunReport};

/// Failures listed under a summary; the command for the rest follows.
const FAILURES_PRINTED: usize = 5;

/// Names profile, environment and both accounts, and which way records go.
pub(super) fn headline(settings: &Settings, directions: &BTreeSet<&'static str>) -> String {
    let netsuite = format!("NetSuite {}", settings.netsuite.account.realm());
    let wizcommerce = format!("WizCommerce {}", settings.wizcommerce.base_url.split("://").nth(1).unwrap_or_default());
    let (pulls, pushes) = (directions.contains(Direction::Pull.name()), directions.contains(Direction::Push.name()));
    let accounts = match (pulls, pushes) {
        (true, true) => format!("{netsuite} ↔ {wizcommerce}"),
        (false, true) => format!("{wizcommerce} → {netsuite}"),
        _ => format!("{netsuite} → {wizcommerce}"),
    };
    format!("profile {} · {} · {accounts}\n", settings.profile, settings.environment.word())
}

/// Names a flow for a person: the usual way is from NetSuite, and needs no word.
pub(super) fn way_of(entity: &str, direction: &str) -> String {
    if direction == Direction::Push.name() { format!("{entity} → NetSuite") } else { entity.to_owned() }
}

/// A column of the summary: its name and where its number is.
type CountColumn = (&'static str, fn(&Counts) -> u64);

/// Prints what a run did, or what a dry run would do.
pub(super) fn print_summary(output: &Output, result: &RunReport, took: SignedDuration) -> Result<()> {
    if output.quiet {
        return Ok(());
    }
    if result.dry_run {
        return print_plan(output, result);
    }
    if !result.flows.is_empty() {
        let any = |count: fn(&Counts) -> u64| result.flows.iter().any(|flow| count(&flow.counts) > 0);
        let mut columns: Vec<CountColumn> =
            vec![("read", |counts| counts.read), ("created", |counts| counts.created), ("updated", |counts| counts.updated)];
        // Columns that are nearly always zero appear when they are not.
        if any(|counts| counts.adopted) {
            columns.push(("adopted", |counts| counts.adopted));
        }
        if any(|counts| counts.deactivated) {
            columns.push(("switched off", |counts| counts.deactivated));
        }
        columns.push(("unchanged", |counts| counts.unchanged));
        if any(|counts| counts.skipped) {
            columns.push(("skipped", |counts| counts.skipped));
        }
        columns.push(("rejected", |counts| counts.rejected));
        columns.push(("failed", |counts| counts.failed));
        let header: Vec<&str> = std::iter::once("entity").chain(columns.iter().map(|(name, _)| *name)).collect();
        let numbers: Vec<usize> = (1..header.len()).collect();
        let rows = result.flows.iter().map(|flow| {
            std::iter::once(way_of(&flow.entity, &flow.direction))
                .chain(columns.iter().map(|(_, count)| number(count(&flow.counts))))
                .collect()
        });
        output.text(&table(&header, &numbers, rows.collect()))?;
    }
    for flow in &result.flows {
        if !flow.skipped_reasons.is_empty() {
            let reasons: Vec<String> =
                flow.skipped_reasons.iter().map(|(word, count)| format!("{} {word}", number(*count))).collect();
            output.text(&format!("{} skipped: {}\n", way_of(&flow.entity, &flow.direction), reasons.join(", ")))?;
        }
    }
    let cursor = result
        .flows
        .iter()
        .rev()
        .find_map(|flow| flow.cursor.after.as_ref().filter(|after| flow.cursor.before.as_ref() != Some(after)));
    let cursor = cursor.map_or_else(|| "cursor unchanged".to_owned(), |after| format!("cursor → {after}"));
    output.text(&format!("{cursor} · {} · run {}\n", elapsed(took), cyan(&result.run_id)))?;
    print_failures(output, result)
}

fn print_plan(output: &Output, result: &RunReport) -> Result<()> {
    let mut counts = Counts::default();
    for flow in &result.flows {
        for line in &flow.plan {
            output.text(&format!("{:<10} {:<10} {} ({})\n", line.action, flow.entity, line.label, line.key))?;
        }
        counts.add(&flow.counts);
    }
    let adopted = if counts.adopted > 0 { format!("{} to adopt, ", number(counts.adopted)) } else { String::new() };
    output.text(&format!(
        "Plan: {} to create, {adopted}{} to update, {} to switch off. Nothing was sent.\n",
        number(counts.created),
        number(counts.updated),
        number(counts.deactivated)
    ))?;
    print_failures(output, result)
}

fn print_failures(output: &Output, result: &RunReport) -> Result<()> {
    let total: u64 = result.flows.iter().map(|flow| flow.failures_total).sum();
    if total == 0 {
        return Ok(());
    }
    let verb = if total == 1 { "record was" } else { "records were" };
    output.text(&format!("\n{} {verb} rejected.\n", number(total)))?;
    for failure in result.flows.iter().flat_map(|flow| &flow.failures).take(FAILURES_PRINTED) {
        output.text(&format!("  {} ({}): {} · {}\n", failure.label, failure.key, failure.reason, failure.message))?;
    }
    if !result.dry_run {
        output.hint(&format!("see them with `netwiz failures list --run {}`", result.run_id));
    }
    Ok(())
}

fn elapsed(took: SignedDuration) -> String {
    let seconds = took.as_secs();
    if seconds < 1 {
        format!("{} ms", took.as_millis())
    } else if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}
