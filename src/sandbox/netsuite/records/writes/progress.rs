//! How far an order got: what its lines say of its status.

use rusqlite::params;
use rust_decimal::Decimal;

use super::fields::Writing;
use super::lines;
use super::row::{self, exact};

/// Tells whether items of a type leave the house.
pub(super) fn ships(kind: &str, fulfillable: Option<&str>) -> bool {
    let never = ["Service", "OthCharge", "Discount", "Markup", "Subtotal", "Description", "Payment", "DwnLdItem", "GiftCert"];
    !kind.is_empty() && !never.contains(&kind) && fulfillable != Some("F")
}

/// How far the lines of an order got.
#[derive(Debug, Default)]
struct Progress {
    all_closed: bool,
    /// A line was closed before all of it was billed.
    cut_short: bool,
    to_ship: bool,
    to_bill: bool,
    shipped: bool,
    shipped_unbilled: bool,
}

/// Writes the status of an order anew. What waits for approval waits on, and what was cancelled stays so.
pub(super) fn settle(order: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let before: Option<String> = conn.query_row("select status from \"transaction\" where id = ?1", [order], |row| row.get(0))?;
    let after = letter(before.as_deref().unwrap_or("A"), &progress(order, writing)?);
    if before.as_deref() != Some(after) {
        let query = "update \"transaction\" set status = ?2, lastmodifieddate = ?3 where id = ?1";
        conn.prepare_cached(query)?.execute(params![order, after, writing.stamp])?;
    }
    Ok(())
}

fn progress(order: i64, writing: &Writing<'_>) -> rusqlite::Result<Progress> {
    let mut progress = Progress { all_closed: true, ..Progress::default() };
    for line in lines::goods(order, writing)? {
        let kind = row::text(&line, "sim_itemtype").unwrap_or_default();
        if matches!(kind, "Discount" | "Markup" | "Subtotal" | "Description" | "Payment") {
            continue;
        }
        let ordered = -exact(&line, "quantity").unwrap_or_default();
        let shipped = exact(&line, "quantityshiprecv").unwrap_or_default();
        let billed = exact(&line, "quantitybilled").unwrap_or_default();
        let open = row::text(&line, "isclosed") != Some("T");
        let leaves = ships(kind, row::text(&line, "sim_fulfillable"));
        progress.all_closed &= !open;
        progress.cut_short |= !open && billed < ordered;
        progress.to_ship |= open && leaves && shipped < ordered;
        progress.to_bill |= open && billed < ordered;
        progress.shipped |= shipped > Decimal::ZERO;
        progress.shipped_unbilled |= shipped > billed;
    }
    Ok(progress)
}

fn letter<'a>(before: &'a str, progress: &Progress) -> &'a str {
    match (before, progress) {
        ("C", _) => "C",
        (_, Progress { all_closed: true, shipped_unbilled: true, .. }) => "F",
        (_, Progress { all_closed: true, .. }) => "H",
        ("A", _) => "A",
        (_, Progress { to_ship: false, to_bill: false, shipped_unbilled: false, cut_short, .. }) => {
            if *cut_short {
                "H"
            } else {
                "G"
            }
        }
        (_, Progress { to_ship: false, .. }) => "F",
        (_, Progress { shipped: false, .. }) => "B",
        (_, Progress { shipped_unbilled: true, .. }) => "E",
        _ => "D",
    }
}
