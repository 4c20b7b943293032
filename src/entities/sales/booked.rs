//! A sale as NetSuite has it: what its own tables say of header, lines and address, with the signs of a person's document.

use super::Form;
use super::sale::address_text;
use crate::entities::Rows;
use crate::entities::documents::{Line, Sort, lines_of};
use crate::model::{EntityKind, Exact, NetSuiteId};
use crate::netsuite::records::Row;

/// An order or an estimate in NetSuite.
pub(super) struct Booked<'r> {
    pub(super) header: &'r Row,
    lines: Vec<Line<'r>>,
    ship_to: Option<&'r Row>,
    entity: EntityKind,
}

impl<'r> Booked<'r> {
    /// Finds a document among the rows; nothing when NetSuite does not show it.
    ///
    /// # Errors
    ///
    /// Names the column that is no number.
    pub(super) fn find(form: &Form, id: NetSuiteId, rows: &'r Rows) -> Result<Option<Self>, String> {
        let is_its = |row: &&Row| row.head() == Some(id);
        let Some(header) = rows.of(form.document.names.0).iter().find(is_its) else { return Ok(None) };
        let of_it: Vec<&Row> = rows.of(form.document.names.1).iter().filter(is_its).collect();
        let lines = lines_of(&of_it, form.document)?;
        Ok(Some(Self { header, lines, ship_to: rows.of(super::SHIP_TO).iter().find(is_its), entity: form.entity }))
    }

    /// Gives the lines that are a person's: goods, charges, discounts and texts; not freight, tax and components of kits.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line<'r>> {
        self.lines.iter().filter(|line| match line.sort {
            Sort::Item | Sort::Discount => true,
            Sort::Shipping | Sort::Tax => false,
            Sort::Nothing => line.row.text("kitmemberof").is_none(),
        })
    }

    /// Writes the lines as one text, so that a change shows; a document that has ended has no open lines.
    pub(super) fn lines_text(&self) -> String {
        if self.has_ended() {
            return super::ENDED.to_owned();
        }
        let line = |line: &Line<'_>| {
            let item = line.item().map(|id| id.to_string()).unwrap_or_default();
            let closed = if line.row.flag("isclosed") { " closed" } else { "" };
            format!("{}{closed}", line_text(&item, line.quantity, line.price))
        };
        self.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Gives the keys of the lines that are not closed yet and can be.
    pub(super) fn open_lines(&self) -> Vec<i64> {
        let open = self.lines().filter(|line| line.sort == Sort::Item && !line.row.flag("isclosed"));
        open.filter_map(|line| line_key(line)).collect()
    }

    /// Gives key and item of each line, in the order of the document.
    pub(super) fn keys(&self) -> Vec<(i64, NetSuiteId)> {
        self.lines().filter_map(|line| Some((line_key(line)?, line.item()?))).collect()
    }

    /// Writes where it goes as one text.
    pub(super) fn address_text(&self) -> String {
        let names = ["addressee", "attention", "addr1", "addr2", "city", "state", "zip", "country"];
        self.ship_to.map(|row| address_text(names.map(|name| row.text(name)))).unwrap_or_default()
    }

    /// Adds up the freight.
    pub(super) fn freight(&self) -> Exact {
        self.sum(|sort| sort == Sort::Shipping)
    }

    /// Gives the total without tax; `None` when it has none.
    pub(super) fn net_total(&self) -> Option<Exact> {
        let total = self.header.exact("foreigntotal").ok()??;
        total.checked_sub(self.sum(|sort| sort == Sort::Tax)).map(Exact::normalized)
    }

    fn sum(&self, of: impl Fn(Sort) -> bool) -> Exact {
        let amounts = self.lines.iter().filter(|line| of(line.sort)).map(|line| line.amount);
        amounts.fold(Exact::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum)).normalized()
    }

    fn status(&self) -> &'r str {
        self.header.text("status").unwrap_or_default()
    }

    /// Tells whether nothing more will come of it: cancelled, closed, or all lines closed while it waits for approval.
    pub(super) fn has_ended(&self) -> bool {
        let mut goods = self.lines().filter(|line| line.sort == Sort::Item).peekable();
        let all_closed = goods.peek().is_some() && goods.all(|line| line.row.flag("isclosed"));
        match self.entity {
            EntityKind::Orders => matches!(self.status(), "C" | "H") || all_closed,
            _ => matches!(self.status(), "C" | "V") || all_closed,
        }
    }

    /// Says why the header takes no change any more.
    pub(super) fn header_lock(&self) -> Option<String> {
        let what = match (self.entity, self.status()) {
            (EntityKind::Orders, "C") => "is cancelled",
            (EntityKind::Orders, "H") => "is closed",
            (EntityKind::Orders, "G") => "is billed",
            (EntityKind::Orders, _) | (_, "A") => return None,
            (_, "B") => "was turned into an order or an invoice",
            (_, "C") => "is closed",
            (_, "V") => "is voided",
            (_, "X") => "has expired",
            _ => "is not open any more",
        };
        Some(format!("it {what} in NetSuite"))
    }

    /// Says why the lines take no change any more (`correctness.md` R8).
    pub(super) fn lines_lock(&self) -> Option<String> {
        if let Some(lock) = self.header_lock() {
            return Some(lock);
        }
        let is_begun =
            |name: &str| self.lines.iter().any(|line| line.number(name).is_ok_and(|done| done.magnitude() > Exact::ZERO));
        let what = match (is_begun("quantityshiprecv"), is_begun("quantitybilled")) {
            (true, _) => "shipped",
            (_, true) => "billed",
            _ if matches!((self.entity, self.status()), (EntityKind::Orders, "D" | "E" | "F")) => "shipped",
            _ if self.has_ended() => return Some("all its lines are closed in NetSuite".to_owned()),
            _ => return None,
        };
        Some(format!("a part of it is {what} in NetSuite"))
    }
}

/// Writes one line.
pub(super) fn line_text(item: &str, quantity: Exact, rate: Exact) -> String {
    format!("{item} x {} at {}", quantity.normalized(), rate.normalized())
}

/// Gives the key by which the record service knows a line. That it is the `id` of SuiteQL is documented nowhere, so it is
/// decided here and nowhere else.
fn line_key(line: &Line<'_>) -> Option<i64> {
    (line.id > 0).then_some(line.id)
}
