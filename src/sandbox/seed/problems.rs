//! The items to learn troubleshooting on: each has exactly one thing wrong with it, and its number says what.
//!
//! They are written after the ordinary catalogue and draw nothing from its sequence, so both seeds agree on the rest.

use super::books::{Books, Item, Matrix, Units};
use super::figures::{Age, BASE, EMPLOYEE, Price, Stock, THREE_BANDS, WHOLESALE};
use super::snags;

const DAY: i64 = 86_400;

/// Writes the items that must be rejected, skipped or mended.
pub(super) fn add(books: &mut Books<'_>) -> rusqlite::Result<()> {
    unpriced(books)?;
    twins(books)?;
    sold_by_the_case(books)?;
    long_named(books)?;
    orphaned(books)?;
    band_unknown(books)?;
    marginal(books)?;
    sold_by_nobody(books)?;
    broken_kits(books)
}

/// Writes the item that an order of WizCommerce waits for, and gives its id.
pub(super) fn add_wanted(books: &mut Books<'_>) -> rusqlite::Result<i64> {
    let mut item = faultless(books, snags::WANTED, "Halo Lamp, Extra Large");
    item.age = Age { created: 0, modified: 0 };
    item.prices = vec![price(BASE, 1, snags::WANTED_PRICE), price(WHOLESALE, 1, snags::WANTED_PRICE * 6 / 10)];
    books.enter(&item)?;
    Ok(item.id)
}

/// Begins an otherwise faultless item: active, pictured, priced at two mapped levels and in stock.
fn faultless(books: &mut Books<'_>, number: &str, name: &str) -> Item {
    let age = Age { created: 90 * DAY, modified: 6 * DAY };
    let mut item = Item::new(books.next_id(), number.to_owned(), "InvtPart", age);
    item.name = Some(name.to_owned());
    item.description = Some(format!("{name}."));
    item.pictured = true;
    item.barcode = true;
    item.class = Some(60);
    item.units = Some(Units { stock: 1, sale: 1 });
    item.prices = vec![price(BASE, 1, 2_490), price(WHOLESALE, 1, 1_495)];
    item.stock = vec![Stock::plain(1, 40, 4)];
    item
}

fn price(level: i64, band: i64, cents: i64) -> Price {
    Price { level, band, cents }
}

/// Has a price only at a level no catalogue maps (`missing_mandatory_fields`).
fn unpriced(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let mut item = faultless(books, "PROBLEM-NO-PRICE", "Vase Without a Price");
    item.prices = vec![price(EMPLOYEE, 1, 1_200)];
    books.enter(&item)
}

/// Two active items end in the same SKU (`duplicate_sku`); the second hangs under an inactive one.
fn twins(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let first = faultless(books, "PROBLEM-TWIN", "Candle, the First of Its Number");
    books.enter(&first)?;
    let mut shelf = faultless(books, "PROBLEM-OLD-RANGE", "Range Given Up");
    shelf.inactive = true;
    books.enter(&shelf)?;
    let mut second = faultless(books, "PROBLEM-OLD-RANGE : PROBLEM-TWIN", "Candle, the Second of Its Number");
    second.parent = Some(shelf.id);
    books.enter(&second)
}

/// Is stocked by the piece and sold by the case (`unit_conversion`, for its stock).
fn sold_by_the_case(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let mut item = faultless(books, "PROBLEM-CASE", "Tumblers by the Case");
    item.units = Some(Units { stock: 1, sale: 3 });
    books.enter(&item)
}

/// Has a name over 255 characters, with letters of two bytes all along: it must be cut between letters, not rejected.
fn long_named(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let item = faultless(books, "PROBLEM-LONG-NAME", &"Café Sign, Déjà Vu Édition, ".repeat(12));
    books.enter(&item)
}

/// Belongs to a matrix parent that cannot be seen (`parent_not_synced`).
fn orphaned(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let hidden = books.next_id();
    let mut item = faultless(books, "PROBLEM-ORPHAN-BRS", "Lamp of a Hidden Family, Brass");
    item.family = Some("PROBLEM-ORPHAN".to_owned());
    item.parent = Some(hidden);
    item.matrix = Some(Matrix::Child { color: Some(3), size: None });
    books.enter(&item)
}

/// Has a price for a second quantity band that does not say where it begins (`invalid_record`).
fn band_unknown(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let mut item = faultless(books, "PROBLEM-BAND", "Plate with a Lost Quantity Band");
    item.bands = &[(1, Some(23))];
    item.prices.push(price(BASE, 2, 2_290));
    books.enter(&item)
}

/// Charges each quantity band at its own rate: sent as tiers, with a warning in the diagnosis.
fn marginal(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let mut item = faultless(books, "PROBLEM-MARGINAL", "Mug at Marginal Rates");
    item.marginal = true;
    item.bands = THREE_BANDS;
    item.prices = vec![price(BASE, 1, 1_450), price(BASE, 2, 1_380), price(BASE, 3, 1_275)];
    books.enter(&item)
}

/// Is sold by the eliminations subsidiary alone: out of scope wherever subsidiaries are chosen.
fn sold_by_nobody(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let mut item = faultless(books, "PROBLEM-NO-SELLER", "Clock Nobody Sells");
    item.subsidiaries = &[3];
    books.enter(&item)
}

/// A kit with an inactive component and a kit without any: both are products, and neither is ever available.
fn broken_kits(books: &mut Books<'_>) -> rusqlite::Result<()> {
    let good = faultless(books, "PROBLEM-KIT-PART", "Bowl for a Kit");
    books.enter(&good)?;
    let mut gone = faultless(books, "PROBLEM-KIT-PART-GONE", "Lid No Longer Made");
    gone.inactive = true;
    books.enter(&gone)?;
    for (number, name, members) in [
        ("PROBLEM-KIT-INACTIVE", "Bowl with Lid", vec![(good.id, 1), (gone.id, 1)]),
        ("PROBLEM-KIT-EMPTY", "Set of Nothing", Vec::new()),
    ] {
        let mut kit = faultless(books, number, name);
        kit.kind = "Kit";
        kit.stock.clear();
        books.enter(&kit)?;
        books.assemble(kit.id, &members)?;
    }
    Ok(())
}
