//! The papers that follow an order: fulfilments, invoices, and what settles them.

use std::collections::HashMap;

use super::buyers::Buyer;
use super::courses::{Course, End, Part};
use super::ledger::{Document, Entry, Kind, Line, Link, Role};
use super::office::SHIP_METHODS;
use super::trade::{Order, Trade, goods, later, tax};

impl Trade<'_, '_> {
    /// Writes a deposit for an order: all of it if an invoice will use it up, else a third.
    pub(super) fn deposit(&mut self, order: &Order<'_>, course: &Course, age: i64) -> rusqlite::Result<Entry> {
        let total: i64 = order.lines.iter().map(|line| line.cents).sum();
        let used = course.bills.iter().any(|(_, end)| *end == End::ByDeposit);
        let mut document = Document::new(Kind::Deposit, if used { "C" } else { "B" }, order.buyer, age);
        document.source = Some(order.entry.id);
        document.amount = Some(if used { total } else { total / 3 });
        document.settled = if used { total } else { 0 };
        let entry = self.ledger.enter(&document)?;
        self.ledger.tie(&Link {
            from: (order.entry.id, 0, Kind::Order),
            to: (entry.id, 0, Kind::Deposit),
            sort: "OrdDep",
            cents: document.amount,
            age,
        })?;
        Ok(entry)
    }

    /// Writes a fulfilment of so many pieces of each of the order's goods.
    pub(super) fn ship(
        &mut self,
        order: &Order<'_>,
        pieces: &[(usize, i64)],
        status: &'static str,
        age: i64,
        in_parts: bool,
    ) -> rusqlite::Result<Entry> {
        let mut document = Document::new(Kind::Fulfilment, status, order.buyer, age);
        document.source = Some(order.entry.id);
        document.ship_method = order.method;
        document.carrier = SHIP_METHODS.iter().find(|(id, ..)| Some(*id) == order.method).map(|(_, _, carrier)| *carrier);
        document.addresses = Some(order.entry.addresses);
        document.amount = Some(0);
        // Line of the order, line of the fulfilment, and how they hang together.
        let mut ties: Vec<(usize, Option<usize>, &'static str)> = Vec::new();
        for &(place, quantity) in pieces {
            let Some(line) = order.lines.get(place) else { continue };
            let parts = line.item.and_then(|item| self.components.get(&item));
            let Some(parts) = parts else {
                if pieces.len() == 1 && self.ledger.next_id() % 3 != 0 {
                    document.main_item = line.item.map(|item| (item, quantity));
                    ties.push((place, None, "ShipRcpt"));
                } else {
                    ties.push((place, Some(document.lines.len()), "ShipRcpt"));
                    document.lines.push(Line {
                        item: line.item,
                        quantity,
                        class: line.class,
                        units: line.units,
                        ..Line::default()
                    });
                    document.lines.push(Line { item: line.item, role: Role::Movement, quantity: -quantity, ..Line::default() });
                }
                continue;
            };
            // The components can stand beside the kit or in its stead.
            let kit = document.lines.len();
            if !in_parts {
                ties.push((place, Some(kit), "ShipRcpt"));
                document.lines.push(Line { item: line.item, quantity, ..Line::default() });
            }
            let role = if in_parts {
                Role::ComponentOf(order.entry.lines.get(place).copied().unwrap_or(0))
            } else {
                Role::Component(kit)
            };
            for &(item, each) in parts {
                ties.push((place, Some(document.lines.len()), "KitShip"));
                document.lines.push(Line { item: Some(item), role, quantity: each * quantity, ..Line::default() });
                document.lines.push(Line {
                    item: Some(item),
                    role: Role::Movement,
                    quantity: -each * quantity,
                    ..Line::default()
                });
            }
        }
        let entry = self.ledger.enter(&document)?;
        for (place, line, sort) in ties {
            let from = order.entry.lines.get(place).copied().unwrap_or(0);
            let to = line.and_then(|line| entry.lines.get(line)).copied().unwrap_or(0);
            // What is only picked or packed was not shipped yet.
            let sort = if status == "C" || sort == "KitShip" { sort } else { "PickPack" };
            self.ledger.tie(&Link {
                from: (order.entry.id, from, Kind::Order),
                to: (entry.id, to, Kind::Fulfilment),
                sort,
                cents: None,
                age,
            })?;
        }
        match entry.id % 5 {
            0 => {}
            1 => self.ledger.pack(entry.id, 1, false)?,
            4 => self.ledger.pack(entry.id, 3, true)?,
            _ => self.ledger.pack(entry.id, 1, true)?,
        }
        Ok(entry)
    }

    /// Writes an invoice over a part of an order, and what it was settled with.
    pub(super) fn bill(
        &mut self,
        order: &Order<'_>,
        part: Part,
        end: End,
        deposit: Option<&Entry>,
        age: i64,
    ) -> rusqlite::Result<()> {
        let (lines, places) = self.billed(order, part);
        let total: i64 = lines.iter().map(|line| line.cents).sum();
        let rate = lines.iter().find_map(|line| line.rate).unwrap_or_default();
        let (status, settled) = match end {
            End::Paid | End::ByDeposit | End::Credited => ("B", total),
            End::HalfPaid => ("A", total / 2),
            End::CreditedInPart => ("A", rate),
            End::Voided => ("V", 0),
            End::Unapproved => ("D", 0),
            End::Open => ("A", 0),
        };
        let mut document = Document::new(Kind::Invoice, status, order.buyer, age);
        document.source = Some(order.entry.id);
        document.settled = settled;
        document.voided = end == End::Voided;
        document.unapproved = end == End::Unapproved;
        document.addresses = Some(order.entry.addresses);
        document.ship_method = order.method;
        document.lines = lines;
        if document.voided || document.unapproved {
            document.saved = later(age, 1);
        }
        let invoice = self.ledger.enter(&document)?;
        for (line, place) in places {
            let from = order.entry.lines.get(place).copied().unwrap_or(0);
            let to = invoice.lines.get(line).copied().unwrap_or(0);
            self.ledger.tie(&Link {
                from: (order.entry.id, from, Kind::Order),
                to: (invoice.id, to, Kind::Invoice),
                sort: "OrdBill",
                cents: None,
                age,
            })?;
        }
        let paid = later(age, 20);
        match (end, deposit) {
            (End::Paid | End::HalfPaid, _) => self.pay(&invoice, order.buyer, settled, paid)?,
            (End::ByDeposit, Some(deposit)) => self.apply(deposit, &invoice, order.buyer, settled, later(age, 1))?,
            (End::Credited, _) => {
                self.credit(order.buyer, &invoice, goods(&document.lines, 1), rate, true, later(age, 8))?;
                self.pay(&invoice, order.buyer, settled - rate, paid)?;
            }
            (End::CreditedInPart, _) => {
                self.credit(order.buyer, &invoice, goods(&document.lines, 2), rate, false, later(age, 8))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes the lines of an invoice over a part of an order, and pairs those of its goods with the order's: line, place.
    fn billed(&self, order: &Order<'_>, part: Part) -> (Vec<Line>, Vec<(usize, usize)>) {
        let (mut lines, mut places) = (Vec::new(), Vec::new());
        let pieces: HashMap<usize, i64> = order.pieces(part).into_iter().collect();
        let mut kit = None;
        for (place, line) in order.lines.iter().enumerate() {
            let fresh = Line { shipped: 0, billed: 0, picked: 0, committed: 0, backordered: 0, closed: false, ..line.clone() };
            match line.role {
                Role::Goods => {
                    let Some(&quantity) = pieces.get(&place) else {
                        kit = None;
                        continue;
                    };
                    kit = Some((lines.len(), quantity, line.quantity));
                    places.push((lines.len(), place));
                    lines.push(Line { quantity, cents: line.rate.unwrap_or_default() * quantity, ..fresh });
                }
                Role::Component(_) => {
                    if let Some((at, billed, ordered)) = kit {
                        lines.push(Line { role: Role::Component(at), quantity: line.quantity * billed / ordered, ..fresh });
                    }
                }
                Role::Tax => {}
                // The first of two invoices charges no freight.
                Role::Shipping if part == Part::Half => {}
                _ => lines.push(fresh),
            }
        }
        lines.extend(tax(order.buyer, &lines));
        if self.ledger.next_id() % 5 == 0 {
            for (line, _) in &places {
                let Some(Line { item, quantity, cents, .. }) = lines.get(*line).cloned() else { continue };
                let cost = |cents| Line { item, role: Role::Cost, quantity, cents, ..Line::default() };
                lines.extend([cost(cents * 45 / 100), cost(-(cents * 45 / 100))]);
            }
        }
        (lines, places)
    }

    /// Writes a payment of an invoice.
    pub(super) fn pay(&mut self, invoice: &Entry, buyer: &Buyer, cents: i64, age: i64) -> rusqlite::Result<()> {
        let status = if invoice.id % 2 == 0 { "C" } else { "B" };
        let mut document = Document::new(Kind::Payment, status, buyer, age);
        document.settled = cents;
        document.lines = vec![Line { role: Role::Applied, cents, ..Line::default() }];
        let payment = self.ledger.enter(&document)?;
        self.settle_with(invoice, (payment.id, 1, Kind::Payment), cents, age)
    }

    /// Writes the application of a deposit to an invoice.
    fn apply(&mut self, deposit: &Entry, invoice: &Entry, buyer: &Buyer, cents: i64, age: i64) -> rusqlite::Result<()> {
        let mut document = Document::new(Kind::Application, "B", buyer, age);
        document.source = Some(deposit.id);
        document.settled = cents;
        document.lines = vec![Line { role: Role::Applied, cents, ..Line::default() }];
        let application = self.ledger.enter(&document)?;
        self.ledger.tie(&Link {
            from: (deposit.id, 0, Kind::Deposit),
            to: (application.id, 0, Kind::Application),
            sort: "DepAppl",
            cents: Some(cents),
            age,
        })?;
        self.settle_with(invoice, (application.id, 1, Kind::Application), cents, age)
    }

    /// Writes a credit memo made from an invoice, of which so many cents are applied to that same invoice.
    pub(super) fn credit(
        &mut self,
        buyer: &Buyer,
        invoice: &Entry,
        lines: Vec<Line>,
        applied: i64,
        on_main: bool,
        age: i64,
    ) -> rusqlite::Result<Entry> {
        let mut document = Document::new(Kind::Credit, "A", buyer, age);
        document.source = Some(invoice.id);
        document.source_on_main = on_main;
        document.addresses = Some(invoice.addresses);
        document.settled = applied;
        document.lines = lines;
        if document.total() == applied {
            document.status = "B";
        }
        let credit = self.ledger.enter(&document)?;
        if applied > 0 {
            self.settle_with(invoice, (credit.id, 0, Kind::Credit), applied, age)?;
        }
        Ok(credit)
    }

    pub(super) fn settle_with(&mut self, invoice: &Entry, to: (i64, i64, Kind), cents: i64, age: i64) -> rusqlite::Result<()> {
        let from = (invoice.id, 0, Kind::Invoice);
        self.ledger.tie(&Link { from, to, sort: "Payment", cents: Some(cents), age })
    }

    /// Writes a return of one piece and the credit memo made from it, which nothing is applied from yet.
    pub(super) fn take_back(&mut self, order: &Order<'_>, age: i64) -> rusqlite::Result<()> {
        let lines = goods(&order.lines, 1);
        let mut document = Document::new(Kind::Return, "G", order.buyer, age);
        document.source = Some(order.entry.id);
        document.memo = Some("Arrived broken".to_owned());
        document.lines = lines.clone();
        let back = self.ledger.enter(&document)?;
        let from = order.entry.lines.first().copied().unwrap_or(0);
        self.ledger.tie(&Link {
            from: (order.entry.id, from, Kind::Order),
            to: (back.id, 1, Kind::Return),
            sort: "SaleRet",
            cents: None,
            age,
        })?;
        let source = Entry { id: back.id, lines: Vec::new(), addresses: order.entry.addresses };
        self.credit(order.buyer, &source, lines, 0, true, later(age, 2))?;
        Ok(())
    }
}
