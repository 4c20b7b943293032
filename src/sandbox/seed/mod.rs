//! The seed of the sandbox: a believable wholesale catalogue of home goods, the same on every machine.
//!
//! Every value comes from a fixed pseudo-random sequence; only the stamps depend on the moment of seeding. What is written
//! here is NetSuite's side. What WizCommerce must hold beforehand are the price lists, because a list made through its API
//! could not be given a currency.

mod assortment;
mod books;
mod company;
mod figures;
mod problems;
mod sequence;
#[cfg(test)]
mod tests;
mod vocabulary;

use jiff::Timestamp;
use rusqlite::Connection;

/// Price levels of the seed and the price lists they are published as; the other levels stay unmapped.
pub const CATALOGS: &[(&str, &str)] = &[("1", "BASE"), ("5", "WHOLESALE"), ("6", "DEALER")];

/// What to seed.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// About how many items for sale: variants, single items, sub-items, assemblies and kits, inactive ones included.
    pub items: usize,
    /// Whether to add items that must be rejected, skipped or mended.
    pub problems: bool,
    /// The moment the company's history ends.
    pub now: Timestamp,
}

impl Catalogue {
    /// Makes the catalogue of the default sandbox: small, and free of problems.
    pub fn standard(now: Timestamp) -> Self {
        Self { items: 240, problems: false, now }
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
    let list = |reference_id, name| PriceList { reference_id, name, currency: "USD" };
    vec![list("BASE", "List Price"), list("WHOLESALE", "Wholesale"), list("DEALER", "Dealer")]
}

/// Fills an empty NetSuite schema in one transaction; a schema that already holds a catalogue is refused and left as it is.
pub fn netsuite(conn: &Connection, catalogue: &Catalogue) -> Result<(), String> {
    fill(conn, catalogue).map_err(|cause| format!("the sandbox catalogue could not be written: {cause}"))
}

fn fill(conn: &Connection, catalogue: &Catalogue) -> rusqlite::Result<()> {
    let transaction = conn.unchecked_transaction()?;
    let calendar = figures::Calendar::until(catalogue.now);
    company::open(&transaction, calendar)?;
    let mut books = books::Books::open(&transaction, calendar)?;
    assortment::stock_up(&mut books, catalogue.items)?;
    if catalogue.problems {
        problems::add(&mut books)?;
    }
    books.close()?;
    transaction.commit()
}
