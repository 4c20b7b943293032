//! The trade of the last fourteen months: orders, and what became of them.

use std::collections::HashMap;

use rusqlite::Connection;

use super::buyers::{Buyer, Good};
use super::courses::{COURSES, Closed, Course, End, Part};
use super::figures::to_five_cents;
use super::ledger::{Document, Entry, Kind, Ledger, Line, Role};
use super::sequence::Sequence;

const DAY: i64 = 86_400;
/// How far the orders go back.
const SPAN: i64 = 425 * DAY;

/// The trade in the making.
pub(super) struct Trade<'l, 'c> {
    pub(super) ledger: &'l mut Ledger<'c>,
    sequence: Sequence,
    goods: Vec<Good>,
    /// Places in `goods` of what the second subsidiary sells, and of the kits.
    abroad: Vec<usize>,
    kits: Vec<usize>,
    /// Item and pieces of every kit's components.
    pub(super) components: HashMap<i64, Vec<(i64, i64)>>,
    /// The discount item.
    discount: i64,
}

/// An order as it was written.
pub(super) struct Order<'b> {
    pub(super) entry: Entry,
    pub(super) buyer: &'b Buyer,
    pub(super) lines: Vec<Line>,
    pub(super) method: Option<i64>,
}

/// Moves an age on by so many days, but never by more than a third of what is left until now.
pub(super) fn later(age: i64, days: i64) -> i64 {
    age - (days * DAY).min(age / 3)
}

impl<'l, 'c> Trade<'l, 'c> {
    /// Reads what can be traded.
    pub(super) fn open(conn: &Connection, ledger: &'l mut Ledger<'c>, seed: u64) -> rusqlite::Result<Self> {
        let goods = Good::read(conn)?;
        let places = |wanted: fn(&Good) -> bool| -> Vec<usize> {
            goods.iter().enumerate().filter(|(_, good)| wanted(good)).map(|(place, _)| place).collect()
        };
        let mut components: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
        let mut members =
            conn.prepare("select parentitem, item, sum(quantity) from kititemmember group by 1, 2 order by 1, 2")?;
        let mut rows = members.query([])?;
        while let Some(row) = rows.next()? {
            components.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
        }
        let discount = conn.query_row("select min(id) from item where itemtype = 'Discount'", [], |row| row.get(0))?;
        Ok(Self {
            ledger,
            sequence: Sequence::new(seed),
            abroad: places(|good| good.abroad && !good.is_kit),
            kits: places(|good| good.is_kit),
            goods,
            components,
            discount,
        })
    }

    /// Writes so many orders and what followed from them, the oldest first, then what came without an order.
    pub(super) fn run(&mut self, buyers: &[Buyer], wanted: usize) -> rusqlite::Result<()> {
        if buyers.is_empty() || self.goods.is_empty() {
            return Ok(());
        }
        let step = SPAN / i64::try_from(wanted.max(1)).unwrap_or(1);
        for nth in 0..wanted {
            let left = i64::try_from(wanted - nth).unwrap_or(1);
            let age = (left * step - self.sequence.between(0, step / 2)).max(3_600);
            let buyer = self.sequence.pick(buyers);
            self.order(nth, buyer, age)?;
        }
        self.standalone(buyers, (wanted / 60).max(2))
    }

    /// Writes one order and everything that came of it.
    fn order(&mut self, nth: usize, buyer: &Buyer, age: i64) -> rusqlite::Result<()> {
        let Some(course) = COURSES.get(nth % COURSES.len()) else { return Ok(()) };
        let mut lines = self.lines(nth, buyer, course);
        settle(&mut lines, course, nth);
        let method = (nth % 9 != 8).then(|| method_for(buyer, nth));
        if method.is_some() && nth % 4 != 3 {
            lines.push(shipping(method, self.sequence.between(8, 60) * 100 + 50));
        }
        lines.extend(tax(buyer, &lines));

        let sent: Vec<i64> = (0..).zip(course.shipments).map(|(nth, _)| later(age, 3 + 9 * nth)).collect();
        let billed: Vec<i64> =
            (0..course.bills.len()).map(|nth| later(sent.get(nth).or(sent.last()).copied().unwrap_or(age), 1)).collect();
        let last = sent.iter().chain(&billed).copied().min();
        let mut document = Document::new(Kind::Order, course.status, buyer, age);
        document.moved = last.unwrap_or(if course.closed == Closed::None { age } else { later(age, 5) });
        document.saved = document.moved;
        document.unapproved = course.status == "A";
        document.reference = (!nth.is_multiple_of(3)).then(|| format!("PO-{}", 7_001 + nth));
        document.memo = nth.is_multiple_of(4).then(|| "Deliver to the back door".to_owned());
        document.ship_method = method;
        document.lines = lines;
        let order = self.enter_order(document)?;

        let deposit = if course.deposit { Some(self.deposit(&order, course, later(age, 1))?) } else { None };
        for (&(part, status), &age) in course.shipments.iter().zip(&sent) {
            let pieces = order.pieces(part);
            let id = self.ledger.next_id();
            self.ship(&order, &pieces, status, age, id % 2 == 0)?;
        }
        for (&(part, end), &age) in course.bills.iter().zip(&billed) {
            self.bill(&order, part, end, deposit.as_ref(), age)?;
        }
        if course.returned {
            self.take_back(&order, later(last.unwrap_or(age), 15))?;
        }
        Ok(())
    }

    /// Writes an order.
    pub(super) fn enter_order<'b>(&mut self, document: Document<'b>) -> rusqlite::Result<Order<'b>> {
        let entry = self.ledger.enter(&document)?;
        Ok(Order { entry, buyer: document.buyer, method: document.ship_method, lines: document.lines })
    }

    /// Gives the goods on sale.
    pub(super) fn goods(&self) -> &[Good] {
        &self.goods
    }

    /// Draws the goods of an order, with the rows of kits and discounts.
    fn lines(&mut self, nth: usize, buyer: &Buyer, course: &Course) -> Vec<Line> {
        let least = if course.closed == Closed::Second { 2 } else { 1 };
        let wanted = usize::try_from(self.sequence.between(least, 6)).unwrap_or(1);
        let mut lines = Vec::new();
        let mut taken: Vec<i64> = Vec::new();
        // A small catalogue may not have so many different goods.
        for _ in 0..wanted * 3 {
            let first = taken.is_empty();
            let kit = first && buyer.subsidiary != 2 && nth % 5 == 3 && !self.kits.is_empty();
            let Some(good) = self.pick(buyer, kit) else { continue };
            if taken.len() == wanted || taken.contains(&good.id) {
                continue;
            }
            taken.push(good.id);
            let mut quantity = *self.sequence.pick(&[1, 2, 3, 4, 6, 12, 24]);
            if first && course.needs_pieces() {
                quantity = (quantity + 3) / 2 * 2;
            }
            let (level, cents) = good.price_for(buyer);
            let agreed = self.sequence.chance(10);
            let rate = if agreed { to_five_cents(cents * 9 / 10) } else { cents };
            self.put(&mut lines, &good, quantity, rate, if agreed { -1 } else { level }, nth.is_multiple_of(2));
            if first && nth % 6 == 2 && !course.splits() {
                lines.push(self.line_discount(&lines, nth));
            }
        }
        // The same goods once more, on a line of their own.
        let again = lines.iter().find(|line| line.role == Role::Goods).filter(|_| nth % 11 == 4).cloned();
        if let Some(line) = again.filter(|line| !line.item.is_some_and(|item| self.components.contains_key(&item))) {
            lines.push(Line { quantity: 2, cents: line.rate.unwrap_or_default() * 2, ..line });
        }
        if nth % 7 == 3 && !course.splits() {
            let subtotal: i64 = lines.iter().map(|line| line.cents).sum();
            lines.push(Line {
                item: Some(self.discount),
                role: Role::HeaderDiscount,
                percent: Some(5),
                cents: -(subtotal / 20),
                ..Line::default()
            });
        }
        lines
    }

    fn pick(&mut self, buyer: &Buyer, kit: bool) -> Option<Good> {
        let places =
            if kit { Some(&self.kits) } else { (buyer.subsidiary == 2 && !self.abroad.is_empty()).then_some(&self.abroad) };
        match places {
            Some(places) => self.goods.get(*self.sequence.pick(places)).cloned(),
            None => Some(self.sequence.pick(&self.goods).clone()),
        }
    }

    /// Puts goods on a new line, a kit with the rows of its components where the order shows them.
    pub(super) fn put(&self, lines: &mut Vec<Line>, good: &Good, quantity: i64, rate: i64, price: i64, shows: bool) {
        let place = lines.len();
        lines.push(Line {
            item: Some(good.id),
            memo: Some(good.name.clone()),
            quantity,
            rate: Some(rate),
            price: Some(price),
            cents: rate * quantity,
            class: good.class,
            units: good.units,
            ..Line::default()
        });
        if !shows {
            return;
        }
        for &(item, each) in self.components.get(&good.id).into_iter().flatten() {
            lines.push(Line { item: Some(item), role: Role::Component(place), quantity: each * quantity, ..Line::default() });
        }
    }

    /// Makes the discount of a tenth on the goods before it, as a rate or as an amount.
    fn line_discount(&self, lines: &[Line], nth: usize) -> Line {
        let before: i64 = lines.iter().map(|line| line.cents).sum();
        let cents = -(before / 10);
        let (percent, rate) = if nth % 12 == 2 { (Some(10), None) } else { (None, Some(cents)) };
        Line { item: Some(self.discount), role: Role::Discount, percent, rate, cents, ..Line::default() }
    }

    /// Writes invoices without an order, and for each a credit memo without a source: applied in part, or not at all.
    fn standalone(&mut self, buyers: &[Buyer], wanted: usize) -> rusqlite::Result<()> {
        for nth in 0..wanted {
            let buyer = self.sequence.pick(buyers);
            let age = self.sequence.between(10 * DAY, SPAN);
            let mut lines = Vec::new();
            let Some(good) = self.pick(buyer, false) else { continue };
            let (level, cents) = good.price_for(buyer);
            self.put(&mut lines, &good, 2, cents, level, false);
            let applied = if nth.is_multiple_of(2) { cents / 2 } else { 0 };
            let mut invoice = Document::new(Kind::Invoice, "A", buyer, age);
            invoice.memo = Some("Sold at the fair".to_owned());
            invoice.settled = applied;
            invoice.lines = lines.clone();
            let invoice = self.ledger.enter(&invoice)?;

            let age = later(age, 12);
            let mut credit = Document::new(Kind::Credit, "A", buyer, age);
            credit.memo = Some("Goodwill".to_owned());
            credit.settled = applied;
            credit.lines = goods(&lines, 1);
            let credit = self.ledger.enter(&credit)?;
            if applied > 0 {
                self.settle_with(&invoice, (credit.id, 0, Kind::Credit), applied, age)?;
            }
        }
        Ok(())
    }
}

impl Order<'_> {
    /// Gives the places of the goods of which a part is due, with the pieces.
    pub(super) fn pieces(&self, part: Part) -> Vec<(usize, i64)> {
        let goods = self.lines.iter().enumerate().filter(|(_, line)| line.role == Role::Goods);
        let pieces = goods.enumerate().map(|(nth, (place, line))| (place, part.of(nth, line.quantity)));
        pieces.filter(|(_, pieces)| *pieces > 0).collect()
    }
}

/// Writes on the lines of an order how far they got.
fn settle(lines: &mut [Line], course: &Course, nth: usize) {
    let mut place = 0;
    let mut kit = (0, 0, 0, false);
    for line in lines {
        if let Role::Component(_) = line.role {
            let share = |pieces: i64| if kit.0 == 0 { 0 } else { line.quantity * pieces / kit.0 };
            (line.shipped, line.billed, line.closed) = (share(kit.1), share(kit.2), kit.3);
            continue;
        }
        if line.role != Role::Goods {
            line.closed = course.closed == Closed::Unshipped && course.shipments.is_empty();
            continue;
        }
        let quantity = line.quantity;
        let shipments = course.shipments.iter();
        let sum = |status: &[&str]| -> i64 {
            let chosen = shipments.clone().filter(|(_, letter)| status.contains(letter));
            chosen.map(|(part, _)| part.of(place, quantity)).sum()
        };
        (line.shipped, line.picked) = (sum(&["C"]), sum(&["A", "B", "C"]));
        let bills = course.bills.iter().filter(|(_, end)| *end != End::Voided);
        line.billed = bills.map(|(part, _)| part.of(place, quantity)).sum();
        line.closed = match course.closed {
            Closed::None => false,
            Closed::Second => place == 1,
            Closed::Unshipped => line.shipped < quantity,
        };
        let open = quantity - line.shipped;
        if !line.closed && course.status != "A" {
            line.backordered = if nth.is_multiple_of(5) { open / 2 } else { 0 };
            line.committed = open - line.backordered;
        }
        kit = (quantity, line.shipped, line.billed, line.closed);
        place += 1;
    }
}

/// Makes so many pieces of the first goods into lines of a credit.
pub(super) fn goods(lines: &[Line], quantity: i64) -> Vec<Line> {
    let first = lines.iter().find(|line| line.role == Role::Goods);
    first
        .map(|line| Line {
            item: line.item,
            memo: line.memo.clone(),
            quantity,
            rate: line.rate,
            price: line.price,
            cents: line.rate.unwrap_or_default() * quantity,
            class: line.class,
            units: line.units,
            ..Line::default()
        })
        .into_iter()
        .collect()
}

fn method_for(buyer: &Buyer, nth: usize) -> i64 {
    if buyer.subsidiary == 2 { 904 } else { [901, 902, 901, 903].get(nth % 4).copied().unwrap_or(901) }
}

fn shipping(method: Option<i64>, cents: i64) -> Line {
    Line { item: method, role: Role::Shipping, cents, ..Line::default() }
}

/// Makes the tax line of what the lines come to without freight, where the place of delivery has a tax.
pub(super) fn tax(buyer: &Buyer, lines: &[Line]) -> Option<Line> {
    let (item, permille) = buyer.tax()?;
    let taxed = lines.iter().filter(|line| line.role != Role::Shipping);
    let cents: i64 = taxed.map(|line| line.cents).sum();
    Some(Line { item: Some(item), role: Role::Tax, cents: cents * permille / 1_000, ..Line::default() })
}
