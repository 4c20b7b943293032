//! The item rows of the sandbox's catalogue: prepared statements, running ids, and one call that writes an item whole.

use rusqlite::{Connection, Statement, params};

use super::company::ACCOUNT;
use super::figures::{Age, Band, Calendar, Price, Stock, money};
use super::sequence::Sequence;

const FIRST_ITEM: i64 = 1_001;
const FIRST_FILE: i64 = 20_001;

/// How many of the ids that were left out become entries of the deletion log.
const DELETIONS: usize = 3;

/// The units an item is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Units {
    /// Unit the stock is counted in.
    pub(super) stock: i64,
    /// Unit the item is sold in.
    pub(super) sale: i64,
}

/// Where an item stands in a matrix family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matrix {
    /// The family's container, not for sale itself.
    Parent,
    /// A member with its colour and its size, whichever the family varies by.
    Child {
        /// Id of the colour.
        color: Option<i64>,
        /// Id of the size.
        size: Option<i64>,
    },
}

/// One item with everything that hangs on it.
pub(super) struct Item {
    /// Internal id, from [`Books::next_id`].
    pub(super) id: i64,
    /// Item number; of a plain sub-item the whole path.
    pub(super) number: String,
    /// Item number of the matrix parent, which the full name begins with.
    pub(super) family: Option<String>,
    /// Display name.
    pub(super) name: Option<String>,
    /// Kind of item, in NetSuite's spelling.
    pub(super) kind: &'static str,
    /// Sale or resale, on the kinds that have it.
    pub(super) subtype: Option<&'static str>,
    /// Sales description.
    pub(super) description: Option<String>,
    /// Long description in HTML.
    pub(super) detail: Option<String>,
    /// Whether the picture's address is filled in.
    pub(super) pictured: bool,
    /// The display image: whether it may be fetched without a login.
    pub(super) image: Option<bool>,
    /// Whether the item has a barcode.
    pub(super) barcode: bool,
    /// Product class.
    pub(super) class: Option<i64>,
    /// Colour of an item that is not a variant.
    pub(super) color: Option<i64>,
    /// Subsidiaries that sell the item.
    pub(super) subsidiaries: &'static [i64],
    /// Id of the item above.
    pub(super) parent: Option<i64>,
    /// Place in a matrix family.
    pub(super) matrix: Option<Matrix>,
    /// Whether the item is out of use.
    pub(super) inactive: bool,
    /// Whether business customers may see it; empty where nobody said.
    pub(super) b2b: Option<bool>,
    /// Weight in tenths of a pound.
    pub(super) weight: Option<i64>,
    /// Units, where the item has them.
    pub(super) units: Option<Units>,
    /// Smallest quantity that is sold.
    pub(super) minimum: Option<i64>,
    /// Whether each quantity band is charged at its own rate.
    pub(super) marginal: bool,
    /// Quantity bands.
    pub(super) bands: &'static [Band],
    /// Prices per level and band.
    pub(super) prices: Vec<Price>,
    /// Stock per location.
    pub(super) stock: Vec<Stock>,
    /// When it was made and last edited.
    pub(super) age: Age,
}

impl Item {
    /// Begins an item that is active, sold by the first subsidiary, and has nothing else yet.
    pub(super) fn new(id: i64, number: String, kind: &'static str, age: Age) -> Self {
        Self {
            id,
            number,
            family: None,
            name: None,
            kind,
            subtype: None,
            description: None,
            detail: None,
            pictured: false,
            image: None,
            barcode: false,
            class: None,
            color: None,
            subsidiaries: &[1],
            parent: None,
            matrix: None,
            inactive: false,
            b2b: Some(true),
            weight: None,
            units: None,
            minimum: None,
            marginal: false,
            bands: &[],
            prices: Vec::new(),
            stock: Vec::new(),
            age,
        }
    }

    /// Finds the base price, zero when there is none.
    pub(super) fn base_cents(&self) -> i64 {
        self.prices.iter().find(|price| price.level == super::figures::BASE).map_or(0, |price| price.cents)
    }

    /// Takes the part of the item number that is the SKU.
    pub(super) fn sku(&self) -> &str {
        self.number.rsplit(" : ").next().unwrap_or(&self.number)
    }
}

/// The statements that fill the item tables, and the ids given out so far.
pub(super) struct Books<'c> {
    item: Statement<'c>,
    subsidiary: Statement<'c>,
    band: Statement<'c>,
    price: Statement<'c>,
    stock: Statement<'c>,
    file: Statement<'c>,
    component: Statement<'c>,
    deletion: Statement<'c>,
    calendar: Calendar,
    gaps: Sequence,
    last_item: i64,
    last_price: i64,
    last_file: i64,
    skipped: Vec<i64>,
}

impl<'c> Books<'c> {
    /// Prepares the statements; fails when the schema lacks a table or a column.
    pub(super) fn open(conn: &'c Connection, calendar: Calendar) -> rusqlite::Result<Self> {
        Ok(Self {
            item: conn.prepare(
                "insert into item (id, itemid, fullname, displayname, itemtype, subtype, description, storedetaileddescription,
                    storedisplayimage, upccode, mpn, manufacturer, countryofmanufacture, weight, weightunit, class, subsidiary,
                    includechildren, parent, matrixtype, isinactive, isonline, isfulfillable, isdropshipitem,
                    isspecialorderitem, islotitem, isserialitem, unitstype, stockunit, saleunit, purchaseunit, minimumquantity,
                    overallquantitypricingtype, usemarginalrates, dontshowprice, cost, totalquantityonhand, createddate,
                    lastmodifieddate, custitem_color, custitem_size, custitem_image_url, custitem_b2b,
                    matrixoptioncustitem_color, matrixoptioncustitem_size)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                    ?9, ?10, ?11, 'Harbor & Pine', 'US', ?12, ?13, ?14, ?15,
                    'F', ?16, ?17, ?18, ?19, ?20, 'F',
                    'F', 'F', 'F', ?21, ?22, ?23, ?22, ?24,
                    'ITEM', ?25, 'F', ?26, ?27, ?28,
                    ?29, ?30, ?31, ?32, ?33,
                    ?34, ?35)",
            )?,
            subsidiary: conn.prepare("insert into itemsubsidiarymap (item, subsidiary) values (?1, ?2)")?,
            band: conn.prepare("insert into itemquantity (item, seqnum, mincount, maxcount) values (?1, ?2, ?3, ?4)")?,
            price: conn.prepare(price_statement(conn)?)?,
            stock: conn.prepare(
                "insert into aggregateitemlocation (item, location, quantityonhand, quantityavailable, quantitycommitted,
                    quantityonorder, quantitybackordered, quantityintransit, lastquantityavailablechange, lastmodifieddate)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?8)",
            )?,
            file: conn.prepare(
                "insert into file (id, name, folder, filesize, url, isonline, isinactive, islink, bundleable, hideinbundle,
                    addtimestamptourl, lastmodifieddate)
                 values (?1, ?2, 501, ?3, ?4, ?5, 'F', 'F', 'F', 'F', 'F', ?6)",
            )?,
            component: conn
                .prepare("insert into kititemmember (parentitem, item, quantity, linenumber) values (?1, ?2, ?3, ?4)")?,
            deletion: conn.prepare(
                "insert into deletedrecord (recordid, recordtypeid, scriptid, name, type, context, deletedby, deleteddate,
                    iscustomlist, iscustomrecord, iscustomtransaction)
                 values (?1, -10, 'ITEM', ?2, 'Inventory Item', 'UIF', 11, ?3, 'F', 'F', 'F')",
            )?,
            calendar,
            gaps: Sequence::new(0x6761_7073),
            last_item: FIRST_ITEM - 1,
            last_price: 0,
            last_file: FIRST_FILE - 1,
            skipped: Vec::new(),
        })
    }

    /// Opens the books of a company that is in business: ids go on after those that are there.
    pub(super) fn resume(conn: &'c Connection, calendar: Calendar) -> rusqlite::Result<Self> {
        let last = |table: &str, column: &str| {
            conn.query_row(&format!("select coalesce(max({column}), 0) from {table}"), [], |row| row.get::<_, i64>(0))
        };
        let mut books = Self::open(conn, calendar)?;
        books.last_item = books.last_item.max(last("item", "id")?);
        books.last_price = last("pricing", "internalid")?;
        books.last_file = books.last_file.max(last("file", "id")?);
        Ok(books)
    }

    /// Gives out the next item id; about one id in twenty is left out, as deleted items leave gaps.
    pub(super) fn next_id(&mut self) -> i64 {
        if self.last_item >= FIRST_ITEM && self.gaps.chance(5) {
            self.last_item += 1;
            if self.skipped.len() < DELETIONS {
                self.skipped.push(self.last_item);
            }
        }
        self.last_item += 1;
        self.last_item
    }

    /// Writes one item with its subsidiaries, bands, prices, stock and display image.
    pub(super) fn enter(&mut self, item: &Item) -> rusqlite::Result<()> {
        let picture = item.sku().to_lowercase();
        let image = item.image.map(|public| self.file_image(&picture, public, item.age)).transpose()?;
        let (color, size) = match item.matrix {
            Some(Matrix::Child { color, size }) => (color, size),
            _ => (item.color, None),
        };
        let variant = matches!(item.matrix, Some(Matrix::Child { .. }));
        let stocked: i64 = item.stock.iter().filter_map(|row| row.on_hand).sum();
        let subsidiaries: Vec<String> = item.subsidiaries.iter().map(i64::to_string).collect();
        let base = item.base_cents();
        self.item.execute(params![
            item.id,
            item.number,
            item.family.as_ref().map_or_else(|| item.number.clone(), |family| format!("{family} : {}", item.number)),
            item.name,
            item.kind,
            item.subtype,
            item.description,
            item.detail,
            image,
            item.barcode.then(|| barcode(item.id)),
            item.barcode.then(|| format!("HP{}", item.id)),
            item.weight.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
            item.weight.map(|_| 1),
            item.class,
            subsidiaries.join(","),
            item.parent,
            item.matrix.map(|place| if place == Matrix::Parent { "PARENT" } else { "CHILD" }),
            flag(item.inactive),
            flag(item.pictured),
            flag(!matches!(item.kind, "Service" | "Discount" | "OthCharge")),
            item.units.map(|_| 1),
            item.units.map(|units| units.stock),
            item.units.map(|units| units.sale),
            item.minimum,
            flag(item.marginal),
            (base > 0).then(|| money(base * 45 / 100)),
            (!item.stock.is_empty()).then_some(stocked),
            self.calendar.ago(item.age.created),
            self.calendar.ago(item.age.modified),
            color,
            size,
            item.pictured.then(|| format!("https://cdn.netwiz.example/items/{picture}.jpg")),
            item.b2b.map(flag),
            variant.then_some(color).flatten(),
            variant.then_some(size).flatten(),
        ])?;
        for subsidiary in item.subsidiaries {
            self.subsidiary.execute([item.id, *subsidiary])?;
        }
        for (number, (lowest, highest)) in (1_i64..).zip(item.bands) {
            self.band.execute(params![item.id, number, lowest, highest])?;
        }
        for price in &item.prices {
            self.last_price += 1;
            let unit = item.units.map(|units| units.sale);
            self.price.execute(params![self.last_price, item.id, price.level, price.band, unit, money(price.cents)])?;
        }
        // Stock moves on its own: its stamp lies after the item's last edit.
        let moved = self.calendar.ago(item.age.modified / 2);
        for row in &item.stock {
            self.stock.execute(params![
                item.id,
                row.location,
                row.on_hand,
                row.available,
                row.committed,
                row.on_order,
                row.backordered,
                moved
            ])?;
        }
        Ok(())
    }

    /// Writes the components of a kit, in the order given: item and quantity.
    pub(super) fn assemble(&mut self, kit: i64, components: &[(i64, i64)]) -> rusqlite::Result<()> {
        for (line, (item, quantity)) in (1_i64..).zip(components) {
            self.component.execute([kit, *item, *quantity, line])?;
        }
        Ok(())
    }

    /// Closes the books: a few of the ids left out are entered as items deleted in the last weeks.
    pub(super) fn close(mut self) -> rusqlite::Result<()> {
        for (weeks, id) in (1_i64..).zip(&self.skipped) {
            let deleted = self.calendar.ago(weeks * 7 * 86_400);
            self.deletion.execute(params![id, format!("WITHDRAWN-{id}"), deleted])?;
        }
        Ok(())
    }

    fn file_image(&mut self, picture: &str, public: bool, age: Age) -> rusqlite::Result<i64> {
        self.last_file += 1;
        let id = self.last_file;
        let hash = Sequence::new(id.unsigned_abs()).between(0, i64::MAX);
        let url = format!("/core/media/media.nl?id={id}&c={ACCOUNT}&h={hash:016x}");
        let edited = self.calendar.ago(age.created);
        self.file.execute(params![id, format!("{picture}.jpg"), 40_000 + hash % 200_000, url, flag(public), edited])?;
        Ok(id)
    }
}

/// Chooses how a price is written: where the account keeps a currency with each, it is the base currency.
fn price_statement(conn: &Connection) -> rusqlite::Result<&'static str> {
    Ok(if conn.column_exists(None::<&str>, "pricing", "currency")? {
        "insert into pricing (internalid, item, pricelevel, quantity, saleunit, unitprice, currency)
         values (?1, ?2, ?3, ?4, ?5, ?6, 1)"
    } else {
        "insert into pricing (internalid, item, pricelevel, quantity, saleunit, unitprice)
         values (?1, ?2, ?3, ?4, ?5, ?6)"
    })
}

fn flag(yes: bool) -> &'static str {
    if yes { "T" } else { "F" }
}

/// Makes the twelve-digit UPC of an item, check digit included.
fn barcode(id: i64) -> String {
    let digits = format!("810{:08}", id % 100_000_000);
    let weighted: u32 =
        digits.bytes().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", (10 - weighted % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barcode_ends_in_its_check_digit() {
        assert_eq!(barcode(1_001), "810000010011");
        let digits: Vec<u32> = barcode(98_765).chars().filter_map(|digit| digit.to_digit(10)).collect();
        let sum: u32 = digits.iter().zip([3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        assert_eq!((digits.len(), sum % 10), (12, 0));
    }

    #[test]
    fn the_sku_is_the_last_part_of_the_number() {
        let age = Age { created: 2, modified: 1 };
        assert_eq!(Item::new(1, "VASE-ARC : VASE-ARC-LID".to_owned(), "InvtPart", age).sku(), "VASE-ARC-LID");
        assert_eq!(Item::new(1, "VASE-ARC".to_owned(), "InvtPart", age).sku(), "VASE-ARC");
    }
}
