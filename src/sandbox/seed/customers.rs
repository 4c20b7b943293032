//! The customers: companies and people, their address books and contacts.
//!
//! What a customer is follows from its place in the sequence, so that two dozen of them hold every kind; names, streets and
//! times are drawn. Every one has an address, terms and somebody to write to, the inactive ones and the prospects included.

use rusqlite::{Connection, Statement, params};

use super::buyers::Address;
use super::figures::{Age, Calendar, money};
use super::people::{CITIES_ABROAD, CITIES_AT_HOME, FIRST_NAMES, LAST_NAMES, PLACES, STREETS, TITLES, TRADES, slug};
use super::sequence::Sequence;

const DAY: i64 = 86_400;
const FIRST_ENTITY: i64 = 501;
const FIRST_ADDRESS: i64 = 7_001;
const FIRST_ENTRY: i64 = 3_001;
const FIRST_RELATION: i64 = 2_001;

/// The oldest documents are younger than every customer that buys.
const OLD: (i64, i64) = (440 * DAY, 720 * DAY);

/// One customer with everything that hangs on it.
pub(super) struct Customer {
    pub(super) name: String,
    /// First and last name of a person.
    pub(super) person: Option<(String, String)>,
    pub(super) number: String,
    pub(super) parent: Option<i64>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) web: Option<String>,
    pub(super) category: Option<i64>,
    pub(super) subsidiary: i64,
    pub(super) currency: i64,
    pub(super) terms: Option<i64>,
    pub(super) level: Option<i64>,
    pub(super) rep: Option<i64>,
    pub(super) ship_method: Option<i64>,
    /// Lead, Prospect or Customer.
    pub(super) stage: &'static str,
    pub(super) inactive: bool,
    pub(super) credit_limit: Option<i64>,
    pub(super) addresses: Vec<Entry>,
    pub(super) contacts: Vec<Contact>,
    pub(super) age: Age,
}

/// One entry of an address book.
pub(super) struct Entry {
    pub(super) label: &'static str,
    pub(super) ships: bool,
    pub(super) bills: bool,
    pub(super) residential: bool,
    pub(super) address: Address,
}

/// Somebody at a customer's.
pub(super) struct Contact {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) title: Option<&'static str>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) inactive: bool,
}

/// The rows of customers: prepared statements and running ids.
pub(super) struct Register<'c> {
    customer: Statement<'c>,
    relation: Statement<'c>,
    entry: Statement<'c>,
    address: Statement<'c>,
    contact: Statement<'c>,
    calendar: Calendar,
    last_entity: i64,
    last_address: i64,
    last_entry: i64,
    last_relation: i64,
}

impl<'c> Register<'c> {
    /// Opens the register where it was left.
    pub(super) fn open(conn: &'c Connection, calendar: Calendar) -> rusqlite::Result<Self> {
        let last = |query: &str, first: i64| -> rusqlite::Result<i64> {
            Ok(conn.query_row(query, [], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0).max(first - 1))
        };
        Ok(Self {
            customer: conn.prepare(
                "insert into customer (id, entityid, altname, companyname, isperson, firstname, lastname, email, phone, url,
                    category, currency, terms, pricelevel, salesrep, parent, creditlimit, defaultbillingaddress,
                    defaultshippingaddress, entitystatus, searchstage, isinactive, shippingitem, datecreated, lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                    ?23, ?24, ?25)",
            )?,
            relation: conn.prepare(
                "insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values (?1, ?2, ?3, 'T')",
            )?,
            entry: conn.prepare(
                "insert into customeraddressbook (internalid, entity, addressbookaddress, label, defaultbilling, defaultshipping,
                    sim_isresidential)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            address: conn.prepare(
                "insert into customeraddressbookentityaddress (nkey, addressee, attention, addr1, addr2, city, state,
                    dropdownstate, zip, country, addrphone, override, recordowner, lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, 'F', ?11, ?12)",
            )?,
            contact: conn.prepare(
                "insert into contact (id, entityid, firstname, lastname, title, company, email, phone, isinactive, datecreated,
                    lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?,
            calendar,
            last_entity: last("select max(id) from (select id from customer union all select id from contact)", FIRST_ENTITY)?,
            last_address: last("select max(nkey) from customeraddressbookentityaddress", FIRST_ADDRESS)?,
            last_entry: last("select max(internalid) from customeraddressbook", FIRST_ENTRY)?,
            last_relation: last("select max(id) from customersubsidiaryrelationship", FIRST_RELATION)?,
        })
    }

    /// Writes one customer whole and returns its id.
    pub(super) fn enter(&mut self, customer: &Customer) -> rusqlite::Result<i64> {
        self.last_entity += 1;
        let id = self.last_entity;
        let saved = self.calendar.ago(customer.age.modified);
        let (mut ships, mut bills) = (None, None);
        for entry in &customer.addresses {
            self.last_address += 1;
            self.last_entry += 1;
            let Address { addressee, attention, street, unit, city, state, zip, country, phone } = &entry.address;
            self.address.execute(params![
                self.last_address,
                addressee,
                attention,
                street,
                unit,
                city,
                state,
                zip,
                country,
                phone,
                id,
                saved
            ])?;
            self.entry.execute(params![
                self.last_entry,
                id,
                self.last_address,
                entry.label,
                flag(entry.bills),
                flag(entry.ships),
                flag(entry.residential)
            ])?;
            ships = ships.or(entry.ships.then_some(self.last_address));
            bills = bills.or(entry.bills.then_some(self.last_address));
        }
        self.customer.execute(params![
            id,
            customer.number,
            customer.name,
            customer.person.is_none().then_some(&customer.name),
            flag(customer.person.is_some()),
            customer.person.as_ref().map(|(first, _)| first),
            customer.person.as_ref().map(|(_, last)| last),
            customer.email,
            customer.phone,
            customer.web,
            customer.category,
            customer.currency,
            customer.terms,
            customer.level,
            customer.rep,
            customer.parent,
            customer.credit_limit.map(money),
            bills,
            ships,
            match customer.stage {
                "Lead" => 7,
                "Prospect" => 8,
                _ => 13,
            },
            customer.stage,
            flag(customer.inactive),
            customer.ship_method,
            self.calendar.ago(customer.age.created),
            saved,
        ])?;
        self.last_relation += 1;
        self.relation.execute([self.last_relation, id, customer.subsidiary])?;
        for contact in &customer.contacts {
            self.last_entity += 1;
            self.contact.execute(params![
                self.last_entity,
                format!("{} {}", contact.first, contact.last),
                contact.first,
                contact.last,
                contact.title,
                id,
                contact.email,
                contact.phone,
                flag(contact.inactive),
                self.calendar.ago(customer.age.created),
                saved,
            ])?;
        }
        Ok(id)
    }
}

/// Writes so many customers.
pub(super) fn take_on(register: &mut Register<'_>, wanted: usize) -> rusqlite::Result<()> {
    let mut sequence = Sequence::new(0x6275_7965_7273);
    // Id, number and whether it is served from abroad, of the company before: what a branch hangs on.
    let mut before: Option<(i64, String, bool)> = None;
    for nth in 0..wanted {
        let parent = if nth % 8 == 6 { before.take() } else { None };
        let abroad = parent.as_ref().map_or(nth % 5 == 3, |(_, _, abroad)| *abroad);
        let mut customer = draw(&mut sequence, nth, abroad);
        let own = customer.number.clone();
        if let Some((id, above, _)) = parent {
            customer.parent = Some(id);
            customer.number = format!("{above} : {own}");
        }
        let id = register.enter(&customer)?;
        before = customer.person.is_none().then_some((id, own, abroad));
    }
    Ok(())
}

/// Draws the customer of one place in the sequence.
fn draw(sequence: &mut Sequence, nth: usize, abroad: bool) -> Customer {
    let is_person = nth % 6 == 4;
    let (first, last) = somebody(sequence);
    let name = if is_person { format!("{first} {last}") } else { company(nth) };
    let domain = if is_person { "mail.example".to_owned() } else { format!("{}.example", slug(&name)) };
    let email = if is_person { format!("{}.{}.{nth}@{domain}", slug(&first), slug(&last)) } else { format!("orders@{domain}") };
    let phone = telephone(sequence, abroad);
    let recent = nth % 10 == 9;
    let (youngest, eldest) = if recent { (DAY, 60 * DAY) } else { OLD };
    let created = sequence.between(youngest, eldest);
    let age = Age { created, modified: sequence.between(60, created) };
    let rep = if abroad { Some(13) } else { [Some(12), Some(14), None, Some(12)].get(nth % 4).copied().flatten() };
    Customer {
        addresses: book(sequence, nth, abroad, &name, is_person),
        contacts: if is_person { Vec::new() } else { staff(sequence, nth, abroad, &domain) },
        person: is_person.then_some((first, last)),
        number: format!("C{}", 10_001 + nth),
        parent: None,
        email: Some(email),
        phone: Some(phone),
        web: (!is_person && nth.is_multiple_of(2)).then(|| format!("https://www.{domain}")),
        category: [Some(1), Some(2), Some(3), None, Some(4)].get(nth % 5).copied().flatten(),
        subsidiary: if abroad { 2 } else { 1 },
        currency: if abroad { 2 } else { 1 },
        terms: [Some(1), Some(2), Some(1), Some(4), Some(3)].get(nth % 5).copied().flatten(),
        level: [Some(5), Some(5), Some(6), Some(1), None, Some(5), Some(6)].get(nth % 7).copied().flatten(),
        rep,
        ship_method: nth.is_multiple_of(3).then_some(if abroad { 904 } else { 901 }),
        stage: match nth % 24 {
            17 => "Prospect",
            23 => "Lead",
            _ => "Customer",
        },
        inactive: nth % 24 == 22,
        credit_limit: nth.is_multiple_of(4).then(|| sequence.between(20, 400) * 10_000),
        name,
        age,
    }
}

/// Names the company of one place in the sequence; no two have the same name.
fn company(nth: usize) -> String {
    let place = PLACES.get(nth % PLACES.len()).copied().unwrap_or_default();
    let round = nth / PLACES.len();
    let trade = TRADES.get((round + nth) % TRADES.len()).copied().unwrap_or_default();
    match round / TRADES.len() {
        0 => format!("{place} {trade}"),
        series => format!("{place} {trade} {}", series + 1),
    }
}

fn somebody(sequence: &mut Sequence) -> (String, String) {
    ((*sequence.pick(FIRST_NAMES)).to_owned(), (*sequence.pick(LAST_NAMES)).to_owned())
}

/// Draws a telephone number, in one of the ways people write them.
fn telephone(sequence: &mut Sequence, abroad: bool) -> String {
    let last = sequence.between(100, 199);
    if abroad {
        return format!("+31 20 555 0{last}");
    }
    let area = *sequence.pick(&[206, 360, 415, 503, 541]);
    match sequence.between(1, 3) {
        1 => format!("({area}) 555-0{last}"),
        2 => format!("+1 {area} 555 0{last}"),
        _ => format!("{area}-555-0{last}"),
    }
}

/// Draws an address book: one entry for everything, or one each for goods and bills, some with another place beside.
fn book(sequence: &mut Sequence, nth: usize, abroad: bool, name: &str, is_person: bool) -> Vec<Entry> {
    let mut entry = |label, ships, bills, residential| {
        let cities = if abroad { CITIES_ABROAD } else { CITIES_AT_HOME };
        let (city, state, zip, country) = *sequence.pick(cities);
        let street = format!("{} {}", sequence.between(1, 980), sequence.pick(STREETS));
        let address = Address {
            addressee: Some(name.to_owned()),
            attention: (!is_person && sequence.chance(60))
                .then(|| if ships { "Receiving" } else { "Accounts Payable" }.to_owned()),
            street: Some(street),
            unit: sequence.chance(30).then(|| format!("Unit {}", sequence.between(1, 40))),
            city: Some(city.to_owned()),
            state: (!state.is_empty()).then(|| state.to_owned()),
            zip: Some(zip.to_owned()),
            country: Some(country.to_owned()),
            phone: sequence.chance(50).then(|| telephone(sequence, abroad)),
        };
        Entry { label, ships, bills, residential, address }
    };
    match nth % 3 {
        0 => vec![entry("Main", true, true, is_person)],
        1 => vec![entry("Warehouse", true, false, is_person), entry("Office", false, true, is_person)],
        _ => {
            vec![entry("Store", true, true, false), entry("Second Store", false, false, false), entry("Home", false, false, true)]
        }
    }
}

/// Draws the contacts of a company: the first can be written to, some of the others cannot.
fn staff(sequence: &mut Sequence, nth: usize, abroad: bool, domain: &str) -> Vec<Contact> {
    (0..1 + nth % 3)
        .map(|place| {
            let (first, last) = somebody(sequence);
            let reachable = place == 0 || nth % 4 != 1;
            Contact {
                title: (place < 2).then(|| *sequence.pick(TITLES)),
                email: reachable.then(|| format!("{}.{}{}@{domain}", slug(&first), slug(&last), place + 1)),
                phone: sequence.chance(60).then(|| telephone(sequence, abroad)),
                inactive: place == 2 && nth % 9 == 5,
                first,
                last,
            }
        })
        .collect()
}

fn flag(yes: bool) -> &'static str {
    if yes { "T" } else { "F" }
}
