//! The documents of the sandbox's trade: prepared statements, running ids, and one call that writes a document whole.
//!
//! Amounts and quantities are given as people read them; the signs NetSuite stores are put on here, in one place.

use rusqlite::{Connection, Statement, params};

use super::buyers::{Address, Buyer};
use super::figures::{Calendar, money};

const FIRST_TRANSACTION: i64 = 50_001;
const FIRST_LINE_KEY: i64 = 700_001;
const FIRST_ADDRESS: i64 = 90_001;
const FIRST_TRACKING: i64 = 8_001;
/// What document numbers begin after.
pub(super) const NUMBERS: i64 = 1_000;

const SECONDS_A_DAY: i64 = 86_400;

/// A kind of document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Order,
    Fulfilment,
    Invoice,
    Payment,
    Deposit,
    Application,
    Credit,
    Return,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Order,
        Self::Fulfilment,
        Self::Invoice,
        Self::Payment,
        Self::Deposit,
        Self::Application,
        Self::Credit,
        Self::Return,
    ];

    /// Gives NetSuite's name of the type.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Order => "SalesOrd",
            Self::Fulfilment => "ItemShip",
            Self::Invoice => "CustInvc",
            Self::Payment => "CustPymt",
            Self::Deposit => "CustDep",
            Self::Application => "DepAppl",
            Self::Credit => "CustCred",
            Self::Return => "RtnAuth",
        }
    }

    /// Gives the record type, what the document number begins with, and the words people see.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Order => ("salesorder", "SO", "Sales Order"),
            Self::Fulfilment => ("itemfulfillment", "IF", "Item Fulfillment"),
            Self::Invoice => ("invoice", "INV", "Invoice"),
            Self::Payment => ("customerpayment", "PYMT", "Payment"),
            Self::Deposit => ("customerdeposit", "DEP", "Customer Deposit"),
            Self::Application => ("depositapplication", "DA", "Deposit Application"),
            Self::Credit => ("creditmemo", "CM", "Credit Memo"),
            Self::Return => ("returnauthorization", "RMA", "Return Authorization"),
        }
    }

    /// Gives what the quantity and the amount of a detail line are multiplied by when they are stored.
    fn sign(self) -> i64 {
        if matches!(self, Self::Fulfilment | Self::Credit | Self::Return) { 1 } else { -1 }
    }

    fn posts(self) -> bool {
        !matches!(self, Self::Order | Self::Return)
    }
}

/// What a line stands for.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Goods.
    #[default]
    Goods,
    /// A component of the kit on the line at that position of the document.
    Component(usize),
    /// A component of a kit that the document itself does not show: the kit's line on the order.
    ComponentOf(i64),
    /// A discount on the line before.
    Discount,
    /// A discount on the whole document.
    HeaderDiscount,
    /// Freight.
    Shipping,
    /// Tax.
    Tax,
    /// The stock that a line of a fulfilment moves.
    Movement,
    /// What the goods cost the company; such rows come in pairs that cancel each other out.
    Cost,
    /// An amount applied to another document.
    Applied,
}

/// One line, in the signs people read: pieces and amounts above zero, discounts below.
#[derive(Clone, Default)]
pub(super) struct Line {
    pub(super) item: Option<i64>,
    pub(super) role: Role,
    pub(super) memo: Option<String>,
    /// Pieces; zero where the line counts none.
    pub(super) quantity: i64,
    /// Cents for one piece.
    pub(super) rate: Option<i64>,
    /// Percent of a discount.
    pub(super) percent: Option<i64>,
    /// Price level, -1 for a price of its own.
    pub(super) price: Option<i64>,
    /// Cents of the whole line.
    pub(super) cents: i64,
    pub(super) class: Option<i64>,
    pub(super) units: Option<i64>,
    pub(super) shipped: i64,
    pub(super) picked: i64,
    pub(super) billed: i64,
    pub(super) committed: i64,
    pub(super) backordered: i64,
    pub(super) closed: bool,
}

/// One document with its lines.
pub(super) struct Document<'a> {
    pub(super) kind: Kind,
    /// Document number; the next of its kind where none is given.
    pub(super) number: Option<String>,
    pub(super) status: &'static str,
    pub(super) buyer: &'a Buyer,
    /// Seconds since it was made and since its head was last saved.
    pub(super) made: i64,
    pub(super) saved: i64,
    /// Seconds since its lines last changed; a system may change them without the head.
    pub(super) moved: i64,
    pub(super) currency: i64,
    /// The document it was made from.
    pub(super) source: Option<i64>,
    /// Whether the main line names the source as the item lines do.
    pub(super) source_on_main: bool,
    pub(super) memo: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) ship_method: Option<i64>,
    pub(super) carrier: Option<&'static str>,
    pub(super) unapproved: bool,
    pub(super) voided: bool,
    /// Cents paid of an invoice; cents used of a payment, deposit or credit.
    pub(super) settled: i64,
    /// Cents of a document that has no lines with amounts.
    pub(super) amount: Option<i64>,
    /// Item and pieces on the main line of a fulfilment without detail lines.
    pub(super) main_item: Option<(i64, i64)>,
    /// Keys of the addresses, taken over from the source.
    pub(super) addresses: Option<(i64, i64)>,
    pub(super) lines: Vec<Line>,
}

impl<'a> Document<'a> {
    /// Begins a document that was never touched again.
    pub(super) fn new(kind: Kind, status: &'static str, buyer: &'a Buyer, made: i64) -> Self {
        Self {
            kind,
            number: None,
            status,
            buyer,
            made,
            saved: made,
            moved: made,
            currency: buyer.currency,
            source: None,
            source_on_main: true,
            memo: None,
            reference: None,
            ship_method: None,
            carrier: None,
            unapproved: false,
            voided: false,
            settled: 0,
            amount: None,
            main_item: None,
            addresses: None,
            lines: Vec::new(),
        }
    }

    /// Adds up the document in cents.
    pub(super) fn total(&self) -> i64 {
        self.amount.unwrap_or_else(|| self.lines.iter().map(|line| line.cents).sum())
    }
}

/// A document as it was written.
#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) id: i64,
    /// Ids of its lines, in their order; the main line is 0.
    pub(super) lines: Vec<i64>,
    /// Keys of its ship-to and its bill-to address.
    pub(super) addresses: (i64, i64),
}

/// A link between two lines, from source to result.
pub(super) struct Link {
    pub(super) from: (i64, i64, Kind),
    pub(super) to: (i64, i64, Kind),
    pub(super) sort: &'static str,
    pub(super) cents: Option<i64>,
    /// Seconds since it was made.
    pub(super) age: i64,
}

/// The moments on the lines of one document, written out once for all of them.
struct Stamps {
    made: String,
    moved: String,
    ships: String,
}

/// The documents being written.
pub(super) struct Ledger<'c> {
    head: Statement<'c>,
    line: Statement<'c>,
    link: Statement<'c>,
    ship_to: Statement<'c>,
    bill_to: Statement<'c>,
    tracking: Statement<'c>,
    tracked: Statement<'c>,
    package: Statement<'c>,
    pub(super) calendar: Calendar,
    last_transaction: i64,
    last_key: i64,
    last_address: i64,
    last_tracking: i64,
    /// How many documents there are of each kind.
    counts: [i64; 8],
}

impl<'c> Ledger<'c> {
    /// Opens the ledger where it was left.
    pub(super) fn open(conn: &'c Connection, calendar: Calendar) -> rusqlite::Result<Self> {
        let last = |table: &str, column: &str, first: i64| -> rusqlite::Result<i64> {
            let query = format!("select max(?1, coalesce(max({column}), 0)) from {table}");
            conn.query_row(&query, [first - 1], |row| row.get(0))
        };
        let mut counts = [0; 8];
        for (count, kind) in counts.iter_mut().zip(Kind::ALL) {
            *count = conn.query_row("select count(*) from \"transaction\" where type = ?1", [kind.code()], |row| row.get(0))?;
        }
        let address = |table: &str| {
            conn.prepare(&format!(
                "insert into {table} (nkey, addressee, attention, addr1, addr2, city, state, dropdownstate, zip, country,
                    addrphone, override, recordowner, lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, 'F', ?11, ?12)"
            ))
        };
        Ok(Self {
            head: conn.prepare(HEAD)?,
            line: conn.prepare(LINE)?,
            link: conn.prepare(
                "insert into nexttransactionlinelink (previousdoc, previousline, previoustype, nextdoc, nextline, nexttype,
                    linktype, foreignamount, lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?,
            ship_to: address("transactionshippingaddress")?,
            bill_to: address("transactionbillingaddress")?,
            tracking: conn.prepare("insert into trackingnumber (id, trackingnumber) values (?1, ?2)")?,
            tracked: conn.prepare("insert into trackingnumbermap (\"transaction\", trackingnumber) values (?1, ?2)")?,
            package: conn.prepare(
                "insert into itemfulfillmentpackage (itemfulfillment, packagetrackingnumber, packageweight)
                 values (?1, ?2, ?3)",
            )?,
            calendar,
            last_transaction: last("\"transaction\"", "id", FIRST_TRANSACTION)?,
            last_key: last("transactionline", "uniquekey", FIRST_LINE_KEY)?,
            last_address: last("transactionshippingaddress", "nkey", FIRST_ADDRESS)?,
            last_tracking: last("trackingnumber", "id", FIRST_TRACKING)?,
            counts,
        })
    }

    /// Gives the id the next document gets.
    pub(super) fn next_id(&self) -> i64 {
        self.last_transaction + 1
    }

    /// Writes one document with its lines and, where it takes none over, its addresses.
    pub(super) fn enter(&mut self, document: &Document<'_>) -> rusqlite::Result<Entry> {
        self.last_transaction += 1;
        let id = self.last_transaction;
        let addresses = match document.addresses {
            Some(addresses) => addresses,
            None if matches!(document.kind, Kind::Order | Kind::Invoice | Kind::Credit) => self.addresses(document, id)?,
            None => (0, 0),
        };
        self.head(document, id, addresses)?;
        let stamps = Stamps {
            made: self.calendar.ago(document.made),
            moved: self.calendar.ago(document.moved),
            ships: self.calendar.day(document.made - 9 * SECONDS_A_DAY),
        };
        let main = self.main_line(document);
        self.write_line(document, id, (0, 0), &main, &stamps)?;
        let mut entry = Entry { id, lines: Vec::with_capacity(document.lines.len()), addresses };
        // A line taken out again leaves a gap in the ids, so they do not equal the order of display everywhere.
        let gap = usize::from(id % 4 == 1);
        for (place, line) in document.lines.iter().enumerate() {
            let number = place + 1 + if place > 0 { gap } else { 0 };
            let number = i64::try_from(number).unwrap_or(0);
            let sequence = i64::try_from(place + 1).unwrap_or(0);
            match line.role {
                Role::Component(kit) => {
                    let kit = entry.lines.get(kit).copied().unwrap_or(0);
                    let known = Line { role: Role::ComponentOf(kit), ..line.clone() };
                    self.write_line(document, id, (number, sequence), &known, &stamps)?;
                }
                _ => self.write_line(document, id, (number, sequence), line, &stamps)?,
            }
            entry.lines.push(number);
        }
        Ok(entry)
    }

    /// Writes a link between two lines.
    pub(super) fn tie(&mut self, link: &Link) -> rusqlite::Result<()> {
        self.link.execute(params![
            link.from.0,
            link.from.1,
            link.from.2.code(),
            link.to.0,
            link.to.1,
            link.to.2.code(),
            link.sort,
            link.cents.map(money),
            self.calendar.ago(link.age)
        ])?;
        Ok(())
    }

    /// Packs a fulfilment: so many packages, each with a tracking number if the carrier gave any.
    pub(super) fn pack(&mut self, fulfilment: i64, packages: i64, tracked: bool) -> rusqlite::Result<()> {
        for package in 0..packages {
            let number = if tracked {
                self.last_tracking += 1;
                let number = format!("1Z9E4{:010}", self.last_tracking * 7_919 % 10_000_000_000);
                self.tracking.execute(params![self.last_tracking, number])?;
                self.tracked.execute([fulfilment, self.last_tracking])?;
                Some(number)
            } else {
                None
            };
            let tenths = 24 + (fulfilment * 37 + package * 11) % 300;
            self.package.execute(params![fulfilment, number, format!("{}.{}", tenths / 10, tenths % 10)])?;
        }
        Ok(())
    }

    fn addresses(&mut self, document: &Document<'_>, owner: i64) -> rusqlite::Result<(i64, i64)> {
        let made = self.calendar.ago(document.made);
        self.last_address += 2;
        let keys = (self.last_address - 1, self.last_address);
        let buyer = document.buyer;
        for (statement, key, address) in
            [(&mut self.ship_to, keys.0, &buyer.ship_to), (&mut self.bill_to, keys.1, &buyer.bill_to)]
        {
            let Address { addressee, attention, street, unit, city, state, zip, country, phone } = address;
            statement.execute(params![key, addressee, attention, street, unit, city, state, zip, country, phone, owner, made])?;
        }
        Ok(keys)
    }

    fn head(&mut self, document: &Document<'_>, id: i64, addresses: (i64, i64)) -> rusqlite::Result<()> {
        let Document { kind, buyer, .. } = document;
        let (record, prefix, words) = kind.names();
        let counted = Kind::ALL.iter().position(|other| other == kind).and_then(|place| self.counts.get_mut(place));
        let running = counted.map_or(0, |count| {
            *count += 1;
            *count
        });
        let number = document.number.clone().unwrap_or_else(|| format!("{prefix}{}", NUMBERS + running));
        let total = document.total();
        let made = self.calendar.ago(document.made);
        let day = self.calendar.day(document.made);
        let invoice = *kind == Kind::Invoice;
        let holds_money = matches!(kind, Kind::Payment | Kind::Deposit | Kind::Credit);
        let left = if document.voided { 0 } else { total - document.settled };
        self.head.execute(params![
            id,
            number,
            format!("{:08}", id),
            format!("{words} #{number}"),
            kind.code(),
            record,
            document.status,
            if document.unapproved { 1 } else { 2 },
            buyer.id,
            buyer.rep,
            &day,
            made,
            self.calendar.ago(document.saved),
            invoice.then(|| self.calendar.day(document.made - buyer.days_of_terms() * SECONDS_A_DAY)),
            (*kind == Kind::Order).then(|| self.calendar.day(document.made - 9 * SECONDS_A_DAY)),
            document.memo,
            document.reference,
            document.currency,
            if document.currency == 1 { "1" } else { "1.08" },
            (*kind != Kind::Fulfilment).then(|| money(if kind.sign() > 0 { -total } else { total })),
            invoice.then(|| money(document.settled)),
            invoice.then(|| money(left)),
            holds_money.then(|| money(document.settled)),
            holds_money.then(|| money(left)),
            matches!(kind, Kind::Order | Kind::Invoice).then_some(buyer.terms),
            (addresses.0 > 0).then_some(addresses.0),
            (addresses.1 > 0).then_some(addresses.1),
            document.carrier,
            document.ship_method,
            flag(kind.posts()),
            flag(document.voided),
            matches!(kind, Kind::Payment | Kind::Deposit).then_some(1 + id % 3),
            (*kind == Kind::Fulfilment).then_some(&day),
            (*kind == Kind::Fulfilment && document.status != "A").then_some(&day),
            (*kind == Kind::Fulfilment && document.status == "C").then_some(&day),
            buyer.subsidiary,
        ])?;
        Ok(())
    }

    /// Makes the head row among the lines: no pieces, and the whole amount on the other side of the books.
    fn main_line(&self, document: &Document<'_>) -> Line {
        let (item, pieces) = document.main_item.map_or((None, 0), |(item, pieces)| (Some(item), -pieces));
        let amount = if document.kind == Kind::Fulfilment { 0 } else { -document.total() };
        Line { item, quantity: pieces, cents: amount, ..Line::default() }
    }

    fn write_line(
        &mut self,
        document: &Document<'_>,
        id: i64,
        (number, sequence): (i64, i64),
        line: &Line,
        stamps: &Stamps,
    ) -> rusqlite::Result<()> {
        self.last_key += 1;
        let (kind, buyer) = (document.kind, document.buyer);
        let main = number == 0;
        let sign = kind.sign();
        let goods = !main && matches!(line.role, Role::Goods | Role::ComponentOf(_));
        let order = kind == Kind::Order && goods;
        let moves = kind == Kind::Fulfilment;
        // A null here counts as no, and accounts have both.
        let cost = if line.role == Role::Cost { Some("T") } else { (id % 3 != 0 || main).then_some("F") };
        self.line.execute(params![
            self.last_key,
            id,
            number,
            sequence,
            line.item,
            line.memo,
            (line.quantity != 0).then_some(if main { line.quantity } else { sign * line.quantity }),
            line.rate.map(money),
            line.percent.map(|percent| -percent),
            line.price,
            (!moves && !matches!(line.role, Role::ComponentOf(_))).then(|| money(sign * line.cents)),
            flag(main),
            flag(line.role == Role::Tax),
            cost,
            flag(line.role == Role::HeaderDiscount),
            flag(moves && (line.role == Role::Movement || document.main_item.is_some())),
            (kind.posts() && !main).then_some(match line.role {
                Role::Movement => "ASSET",
                Role::Cost => "COGS",
                Role::Goods | Role::ComponentOf(_) if moves => "COGS",
                Role::Applied => "PAYMENT",
                _ => "INCOME",
            }),
            (line.role == Role::Shipping).then_some("SHIPPING"),
            flag(matches!(line.role, Role::ComponentOf(_))),
            match line.role {
                Role::ComponentOf(kit) => Some(kit),
                _ => None,
            },
            flag(line.closed),
            order.then(|| flag(line.shipped >= line.quantity)),
            order.then_some("T"),
            order.then_some(line.shipped),
            order.then_some(line.billed),
            order.then_some(line.backordered),
            order.then_some(line.committed),
            order.then_some(line.picked),
            order.then_some(1),
            document.source.filter(|_| if main { document.source_on_main } else { goods }),
            buyer.id,
            buyer.subsidiary,
            (main || goods || line.role == Role::Movement).then_some(buyer.location()),
            line.class,
            line.units,
            order.then_some(&stamps.ships),
            line.closed.then(|| stamps.moved.get(..10)),
            stamps.made,
            stamps.moved,
        ])?;
        Ok(())
    }
}

const HEAD: &str = "insert into \"transaction\" (id, tranid, transactionnumber, trandisplayname, type, recordtype, status,
        approvalstatus, entity, employee, trandate, createddate, createdby, lastmodifieddate, lastmodifiedby, duedate, shipdate,
        memo, otherrefnum, currency, exchangerate, foreigntotal, foreignamountpaid, foreignamountunpaid,
        foreignpaymentamountused, foreignpaymentamountunused, terms, shippingaddress, billingaddress, shipcarrier, shipmethod,
        shipcomplete, posting, void, voided, paymentmethod,
        sim_pickeddate, sim_packeddate, sim_shippeddate, subsidiary)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 11, ?13, 11, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
        ?24, ?25, ?26, ?27, ?28, ?29, 'F', ?30, ?31, ?31, ?32, ?33, ?34, ?35, ?36)";

const LINE: &str = "insert into transactionline (uniquekey, \"transaction\", id, linesequencenumber, item, memo, quantity, rate,
        ratepercent, price, foreignamount, mainline, taxline, iscogs, transactiondiscount, isinventoryaffecting,
        accountinglinetype, transactionlinetype, kitcomponent, kitmemberof, isclosed, isfullyshipped, fulfillable,
        quantityshiprecv, quantitybilled, quantitybackordered, quantitycommitted, quantitypicked, commitinventory, createdfrom,
        entity, subsidiary, location, class, units, expectedshipdate, closedate, linecreateddate, linelastmodifieddate)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
        ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39)";

fn flag(yes: bool) -> &'static str {
    if yes { "T" } else { "F" }
}
