//! The seed of the sandbox: a believable wholesale trade in home goods, the same on every machine.
//!
//! Every value comes from fixed pseudo-random sequences, one for the goods, one for the customers and one for the trade; only
//! the stamps depend on the moment of seeding. [`netsuite`] writes NetSuite's side. What WizCommerce must hold beforehand are the
//! price lists, because a list made through its API could not be given a currency, and what was born there:
//! [`wizcommerce`] gives it as a script.

mod assortment;
mod books;
mod buyers;
mod company;
pub mod courses;
mod customers;
mod figures;
mod ledger;
pub mod news;
mod office;
mod papers;
mod people;
mod problems;
mod sequence;
pub mod shop;
pub mod snags;
#[cfg(test)]
mod tests;
mod trade;
mod troubles;
mod vocabulary;

use jiff::Timestamp;
use rusqlite::Connection;

/// Price levels of the seed, some in a second currency, and the price lists they are published as; the other levels stay unmapped.
pub const CATALOGS: &[(&str, &str)] = &[
    ("1", "BASE"),
    ("5", "WHOLESALE"),
    ("6", "DEALER"),
    ("1:EUR", "BASE-EUR"),
    ("5:EUR", "WHOLESALE-EUR"),
    ("6:EUR", "DEALER-EUR"),
];

/// Fewest and most customers and orders, and the items for which there is one of each.
const CUSTOMERS: (usize, usize, usize) = (24, 20_000, 6);
const ORDERS: (usize, usize, usize) = (60, 40_000, 3);

/// What to seed.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// About how many items for sale: variants, single items, sub-items, assemblies and kits, inactive ones included. The
    /// trade grows with them: a customer for every six, an order for every three.
    pub items: usize,
    /// How many orders, where the items are not to decide it.
    pub orders: Option<usize>,
    /// Whether to add records that must be rejected, skipped or mended.
    pub problems: bool,
    /// The moment the company's history ends.
    pub now: Timestamp,
}

impl Catalogue {
    /// Makes the catalogue of the default sandbox: small, and free of problems.
    pub fn standard(now: Timestamp) -> Self {
        Self { items: 240, orders: None, problems: false, now }
    }
}

/// A price list that WizCommerce must hold before products are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// The key that prices and customers name it by.
    pub reference_id: &'static str,
    /// Name people see.
    pub name: &'static str,
    /// ISO code of its currency.
    pub currency: &'static str,
}

/// Lists what WizCommerce must hold: one price list for every mapped level of [`CATALOGS`].
pub fn price_lists() -> Vec<PriceList> {
    let list = |reference_id, name, currency| PriceList { reference_id, name, currency };
    vec![
        list("BASE", "List Price", "USD"),
        list("WHOLESALE", "Wholesale", "USD"),
        list("DEALER", "Dealer", "USD"),
        list("BASE-EUR", "List Price, Europe", "EUR"),
        list("WHOLESALE-EUR", "Wholesale, Europe", "EUR"),
        list("DEALER-EUR", "Dealer, Europe", "EUR"),
    ]
}

/// Fills an empty NetSuite schema in one transaction; a schema that already holds a catalogue is refused and left as it is.
pub fn netsuite(conn: &Connection, catalogue: &Catalogue) -> Result<(), String> {
    fill(conn, catalogue).map_err(|cause| format!("the sandbox catalogue could not be written: {cause}"))
}

/// Gives the script of what was born in WizCommerce, to go with what [`netsuite`] wrote.
pub fn wizcommerce(conn: &Connection, catalogue: &Catalogue) -> Result<String, String> {
    shop::script(conn, catalogue.now, catalogue.problems)
        .map_err(|cause| format!("what WizCommerce holds could not be made up: {cause}"))
}

fn fill(conn: &Connection, catalogue: &Catalogue) -> rusqlite::Result<()> {
    let transaction = conn.unchecked_transaction()?;
    let calendar = figures::Calendar::until(catalogue.now);
    company::open(&transaction, calendar)?;
    office::open(&transaction, calendar)?;
    let mut books = books::Books::open(&transaction, calendar)?;
    assortment::stock_up(&mut books, catalogue.items)?;
    let mut register = customers::Register::open(&transaction, calendar)?;
    customers::take_on(&mut register, scaled(catalogue.items, CUSTOMERS))?;
    let mut ledger = ledger::Ledger::open(&transaction, calendar)?;
    let buyers = buyers::Buyer::read(&transaction, &in_business(calendar))?;
    let orders = catalogue.orders.unwrap_or_else(|| scaled(catalogue.items, ORDERS));
    let mut trade = trade::Trade::open(&transaction, &mut ledger, 0x0074_7261_6465)?;
    trade.run(&buyers, orders)?;
    if catalogue.problems {
        problems::add(&mut books)?;
        troubles::add(&transaction, &mut register, &mut trade)?;
    }
    books.close()?;
    drop((register, ledger));
    transaction.commit()
}

fn scaled(items: usize, (fewest, most, each): (usize, usize, usize)) -> usize {
    (items / each).clamp(fewest, most)
}

/// The condition for customers that bought in the months the trade goes back.
fn in_business(calendar: figures::Calendar) -> String {
    format!("c.isinactive = 'F' and c.searchstage = 'Customer' and c.datecreated < '{}'", calendar.ago(430 * 86_400))
}
