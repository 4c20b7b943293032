//! The customers as the documents see them: who buys, at which prices, and where the goods go.

use rusqlite::{Connection, Row};

use super::figures::{BASE, DEALER, WHOLESALE};

/// A postal address, as customers and documents carry it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) addressee: Option<String>,
    pub(super) attention: Option<String>,
    pub(super) street: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) country: Option<String>,
    pub(super) phone: Option<String>,
}

/// A customer who orders.
#[derive(Clone)]
pub(super) struct Buyer {
    pub(super) id: i64,
    pub(super) subsidiary: i64,
    pub(super) currency: i64,
    /// Price level; without one the base prices hold.
    pub(super) level: Option<i64>,
    pub(super) terms: Option<i64>,
    pub(super) rep: Option<i64>,
    pub(super) ship_to: Address,
    pub(super) bill_to: Address,
}

impl Buyer {
    /// Reads the customers that fulfil a condition over `customer c`, in the order of their ids.
    pub(super) fn read(conn: &Connection, condition: &str) -> rusqlite::Result<Vec<Self>> {
        let mut statement = conn.prepare(&format!(
            "select c.id, r.subsidiary, c.currency, c.pricelevel, c.terms, c.salesrep,
                s.addressee, s.attention, s.addr1, s.addr2, s.city, s.state, s.zip, s.country, s.addrphone,
                b.addressee, b.attention, b.addr1, b.addr2, b.city, b.state, b.zip, b.country, b.addrphone
             from customer c
             join customersubsidiaryrelationship r on r.entity = c.id and r.isprimarysub = 'T'
             left join customeraddressbookentityaddress s on s.nkey = c.defaultshippingaddress
             left join customeraddressbookentityaddress b on b.nkey = c.defaultbillingaddress
             where {condition} order by c.id"
        ))?;
        statement.query_map([], Self::from_row)?.collect()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let address = |first: usize| -> rusqlite::Result<Address> {
            Ok(Address {
                addressee: row.get(first)?,
                attention: row.get(first + 1)?,
                street: row.get(first + 2)?,
                unit: row.get(first + 3)?,
                city: row.get(first + 4)?,
                state: row.get(first + 5)?,
                zip: row.get(first + 6)?,
                country: row.get(first + 7)?,
                phone: row.get(first + 8)?,
            })
        };
        Ok(Self {
            id: row.get(0)?,
            subsidiary: row.get(1)?,
            currency: row.get(2)?,
            level: row.get(3)?,
            terms: row.get(4)?,
            rep: row.get(5)?,
            ship_to: address(6)?,
            bill_to: address(15)?,
        })
    }

    /// Gives the warehouse that serves the customer's subsidiary.
    pub(super) fn location(&self) -> i64 {
        if self.subsidiary == 2 { 2 } else { 1 }
    }

    /// Gives the days a payment may take.
    pub(super) fn days_of_terms(&self) -> i64 {
        match self.terms {
            Some(1 | 4) => 30,
            Some(2) => 60,
            _ => 0,
        }
    }

    /// Gives the tax of the place the goods go to: its item and its rate in tenths of a percent.
    pub(super) fn tax(&self) -> Option<(i64, i64)> {
        match (self.ship_to.country.as_deref(), self.ship_to.state.as_deref()) {
            (Some("US"), Some("WA")) => Some((super::office::SALES_TAX, 89)),
            (Some("NL"), _) => Some((super::office::VALUE_ADDED_TAX, 210)),
            _ => None,
        }
    }
}

/// Something that can be ordered.
#[derive(Clone)]
pub(super) struct Good {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) class: Option<i64>,
    pub(super) units: Option<i64>,
    pub(super) is_kit: bool,
    /// Whether the second subsidiary sells it, too.
    pub(super) abroad: bool,
    base: i64,
    wholesale: Option<i64>,
    dealer: Option<i64>,
}

impl Good {
    /// Reads the goods on sale, in the order of their ids; a sandbox of any size trades in the first few thousand.
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Vec<Self>> {
        let mut statement = conn.prepare(
            "select i.id, coalesce(i.displayname, i.itemid), i.class, i.saleunit, i.itemtype = 'Kit', i.subsidiary = '1,2',
                cast(b.unitprice as text), cast(w.unitprice as text), cast(d.unitprice as text)
             from item i
             join pricing b on b.item = i.id and b.pricelevel = 1 and b.quantity = 1
             left join pricing w on w.item = i.id and w.pricelevel = 5 and w.quantity = 1
             left join pricing d on d.item = i.id and d.pricelevel = 6 and d.quantity = 1
             where i.itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(i.matrixtype, '') <> 'PARENT'
                and i.isinactive = 'F' and i.subsidiary like '1%' and i.itemid not like '%PROBLEM-%'
             order by i.id limit 8000",
        )?;
        let rows = statement.query_map([], |row| {
            let price = |column: usize| -> rusqlite::Result<Option<i64>> {
                Ok(row.get::<_, Option<String>>(column)?.as_deref().and_then(cents))
            };
            Ok(Self {
                id: row.get(0)?,
                name: row.get(1)?,
                class: row.get(2)?,
                units: row.get(3)?,
                is_kit: row.get(4)?,
                abroad: row.get(5)?,
                base: price(6)?.unwrap_or_default(),
                wholesale: price(7)?,
                dealer: price(8)?,
            })
        })?;
        rows.collect()
    }

    /// Gives the base price in cents.
    pub(super) fn base(&self) -> i64 {
        self.base
    }

    /// Gives the price for a customer, in cents of the customer's currency, and the price level it comes from.
    pub(super) fn price_for(&self, buyer: &Buyer) -> (i64, i64) {
        let (level, cents) = match buyer.level {
            Some(WHOLESALE) => self.wholesale.map_or((BASE, self.base), |cents| (WHOLESALE, cents)),
            Some(DEALER) => self.dealer.map_or((BASE, self.base), |cents| (DEALER, cents)),
            _ => (BASE, self.base),
        };
        (level, if buyer.currency == 1 { cents } else { cents * 92 / 100 })
    }
}

/// Reads the SKU of an item: the last part of its number.
pub(super) fn sku(conn: &Connection, item: i64) -> rusqlite::Result<String> {
    let number: String = conn.query_row("select itemid from item where id = ?1", [item], |row| row.get(0))?;
    Ok(number.rsplit(" : ").next().unwrap_or(&number).to_owned())
}

/// Reads an amount written as a decimal number with at most two places.
pub(super) fn cents(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    if places.len() > 2 {
        return None;
    }
    let fraction: i64 = format!("{places:0<2}").parse().ok()?;
    Some(sign * (whole.parse::<i64>().ok()? * 100 + fraction))
}

#[cfg(test)]
mod tests {
    use super::cents;

    #[test]
    fn an_amount_is_read_to_the_cent() {
        assert_eq!(["119.9", "5", "0.05", "-2.50"].map(cents), [Some(11_990), Some(500), Some(5), Some(-250)]);
        assert_eq!([cents("1.005"), cents("x")], [None, None]);
    }
}
