//! A sale as WizCommerce has it, an order or a quote: read once, with exact amounts, before anything is decided about it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Exact, Fingerprint, Reason};
use crate::wizcommerce::records::{Attribute, Members};

/// Decimals of a rate, the most NetSuite keeps.
const RATE_DECIMALS: u32 = 8;
/// Decimals of an amount that has to be computed.
const MONEY_DECIMALS: u32 = 2;
/// The members that charges come in where they are not shown as charges.
const AMOUNTS: [(&str, Sort); 3] =
    [("discount_value", Sort::Discount), ("tax_value", Sort::Tax), ("shipping_charge", Sort::Shipping)];

/// An order or a quote.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    /// The number people know it by.
    pub(super) number: String,
    pub(super) status: String,
    pub(super) customer: String,
    pub(super) date: Option<String>,
    pub(super) ship_date: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) po: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) term: Option<String>,
    pub(super) ship_method: Option<String>,
    pub(super) address: Option<Address>,
    pub(super) lines: Vec<Line>,
    pub(super) charges: Charges,
    pub(super) price_list: Option<String>,
    /// By name; `None` where the record does not show any.
    pub(super) attributes: Option<BTreeMap<String, String>>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sku: String,
    pub(super) quantity: Exact,
    /// The price of one after the line's discount.
    pub(super) rate: Exact,
    /// The whole line after its discount, not rounded.
    pub(super) amount: Exact,
    pub(super) note: Option<String>,
}

/// What comes on top of the lines, tax left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Charges {
    /// What is taken off, as a positive amount.
    pub(super) discount: Exact,
    /// The price of shipping, and what it is called.
    pub(super) shipping: Exact,
    pub(super) shipping_name: Option<String>,
    /// All others, by name.
    pub(super) others: Vec<(String, Exact)>,
}

/// Where it goes: a copy, which may say which saved address it was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) id: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) addressee: Option<String>,
    pub(super) attention: Option<String>,
    pub(super) addr1: Option<String>,
    pub(super) addr2: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) zip: Option<String>,
    pub(super) country: Option<String>,
    pub(super) phone: Option<String>,
}

/// What a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::entities) enum Sort {
    Discount,
    Tax,
    Shipping,
}

/// Says what a charge is; `None` for one of the tenant's own. The type decides: a name may be anything, "Shipping insurance"
/// for one. How charges are typed is documented for none of them, so it is decided here and nowhere else.
pub(in crate::entities) fn sort_of_charge(charge: &Members) -> Option<Sort> {
    let kind = charge.text("type").map(|kind| kind.to_lowercase());
    let name = charge.text("name").unwrap_or_default().to_lowercase();
    let is_called = |word: &str| match &kind {
        Some(kind) => kind.split(['_', '-', ' ']).any(|part| part == word),
        None => name == word,
    };
    [("discount", Sort::Discount), ("tax", Sort::Tax), ("shipping", Sort::Shipping)]
        .into_iter()
        .find(|(word, _)| is_called(word))
        .map(|(_, sort)| sort)
}

/// Why a sale cannot be pushed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) reason: Reason,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRecord, message)
    }
}

fn out_of_range() -> Problem {
    Problem::invalid("an amount of it is out of range")
}

/// Gives the date of a moment in a zone. What is exactly midnight UTC was a date without a time before it was written down, so it
/// stays that date where `is_pure` says that such dates are kept in the member.
pub(super) fn date_of(text: &str, zone: &TimeZone, is_pure: bool) -> Option<String> {
    let Ok(moment) = text.parse::<Timestamp>() else {
        return text.parse::<jiff::civil::Date>().ok().map(|date| date.to_string());
    };
    let of_day = SignedDuration::from_secs(moment.as_second().rem_euclid(24 * 3600));
    let zone = if is_pure && of_day.is_zero() && moment.subsec_nanosecond() == 0 { &TimeZone::UTC } else { zone };
    Some(moment.to_zoned(zone.clone()).date().to_string())
}

fn filled(record: &Members, name: &str) -> Option<String> {
    record.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Sale {
    /// Reads an order or a quote.
    pub(super) fn read(record: &Members, zone: &TimeZone) -> Result<Self, Problem> {
        let lines: Vec<Line> = record.list("line_items").iter().map(Line::read).collect::<Result<_, _>>()?;
        let charges = Charges::read(record, sum(lines.iter().map(|line| line.amount))?)?;
        let date = |name: &str, is_pure: bool| filled(record, name).and_then(|text| date_of(&text, zone, is_pure));
        let attributes = record.get::<Vec<Members>>("attributes").map(|all| {
            let named = all.iter().filter_map(|one| Some(Attribute { name: one.text("name")?, value: value_of(one)? }));
            named.map(|Attribute { name, value }| (name, value)).collect()
        });
        Ok(Self {
            number: filled(record, "display_id").or_else(|| record.text("id")).unwrap_or_default(),
            status: record.text("status").unwrap_or_default(),
            customer: record.text("customer_id").unwrap_or_default(),
            date: date("created_at", false),
            ship_date: date("shipment_date", true),
            expires: date("expiry_date", true),
            po: filled(record, "po_number"),
            notes: ["customer_note", "internal_note"].iter().filter_map(|name| filled(record, name)).collect(),
            term: filled(record, "payment_term"),
            ship_method: filled(record, "shipping_method"),
            address: record.get::<Members>("shipping_address").map(|address| Address::read(&address)),
            lines,
            charges,
            price_list: filled(record, "price_list_id"),
            attributes,
        })
    }

    /// Writes lines and charges as one text, so that a change shows.
    pub(super) fn lines_text(&self) -> String {
        let lines = self.lines.iter().map(|line| format!("{} x {} at {}", line.sku, line.quantity, line.rate));
        let charges = self.charges.others.iter().map(|(name, amount)| format!("{name} {amount}"));
        let discount = format!("discount {}", self.charges.discount);
        lines.chain(charges).chain([discount]).collect::<Vec<_>>().join("\n")
    }

    /// Writes the notes of the lines as one text.
    pub(super) fn line_notes(&self) -> String {
        let notes = self.lines.iter().enumerate().filter_map(|(at, line)| Some(format!("{at} {}", line.note.as_ref()?)));
        notes.collect::<Vec<_>>().join("\n")
    }

    /// Adds up everything but tax.
    pub(super) fn total(&self) -> Option<Exact> {
        let charges = &self.charges;
        let added = self.lines.iter().map(|line| line.amount).chain(charges.others.iter().map(|(_, amount)| *amount));
        let total = added.chain([charges.shipping]).try_fold(Exact::ZERO, Exact::checked_add)?;
        total.checked_sub(charges.discount).map(Exact::normalized)
    }

    /// Digests all that was read: what netwiz writes to an order itself, and what it never looks at, is not in it.
    pub(super) fn digest(&self) -> Fingerprint {
        Fingerprint::of(format!("{self:?}").as_bytes())
    }
}

fn value_of(attribute: &Members) -> Option<String> {
    attribute.text("value").or_else(|| attribute.get::<Exact>("value").map(|number| number.to_string()))
}

pub(super) fn sum(amounts: impl Iterator<Item = Exact>) -> Result<Exact, Problem> {
    amounts.into_iter().try_fold(Exact::ZERO, Exact::checked_add).ok_or_else(out_of_range)
}

impl Line {
    fn read(record: &Members) -> Result<Self, Problem> {
        let sku = filled(record, "sku").ok_or_else(|| Problem::invalid("one of its lines has no SKU"))?;
        let number = |name: &str| record.get::<Exact>(name).map(Exact::normalized);
        let missing = |name: &str| Problem::invalid(format!("its line of {sku} has no {name}"));
        let quantity = number("quantity").ok_or_else(|| missing("quantity"))?;
        let price = number("unit_price").ok_or_else(|| missing("unit price"))?;
        let discount = number("discount").unwrap_or(Exact::ZERO);
        let (rate, amount) = discounted(price, quantity, discount, record.text("discount_type").as_deref())
            .ok_or_else(|| Problem::invalid(format!("the discount of its line of {sku} cannot be applied")))?;
        Ok(Self { quantity, rate, amount, note: filled(record, "note"), sku })
    }
}

/// Gives the price of one and the whole line after a discount; `None` when nobody can tell what the discount means. A discount
/// by value is off the whole line, which is documented nowhere, so it is decided here and nowhere else.
fn discounted(price: Exact, quantity: Exact, discount: Exact, kind: Option<&str>) -> Option<(Exact, Exact)> {
    let gross = price.checked_mul(quantity)?;
    let (rate, amount) = match kind {
        _ if discount == Exact::ZERO => (price, gross),
        Some("percentage") => {
            let part = Exact::from(100).checked_sub(discount)?;
            let of = |whole: Exact| whole.checked_mul(part)?.checked_div(Exact::from(100));
            (of(price)?, of(gross)?)
        }
        Some("value") => (price.checked_sub(discount.checked_div(quantity)?)?, gross.checked_sub(discount)?),
        _ => return None,
    };
    Some((rate.rounded(RATE_DECIMALS).normalized(), amount.normalized()))
}

impl Charges {
    /// Reads what comes on top of lines of this sum. Answers show charges; a quote may show the amounts it was sent with.
    fn read(record: &Members, base: Exact) -> Result<Self, Problem> {
        let mut charges = Self::default();
        let shown: Option<Vec<Members>> = record.get("charges");
        let is_shown = shown.is_some();
        for charge in shown.unwrap_or_else(|| record.list("additional_charges")) {
            let name = filled(&charge, "name").unwrap_or_else(|| "charge".to_owned());
            let amount = charge.get::<Exact>("amount").unwrap_or(Exact::ZERO);
            let amount = if charge.text("value_type").as_deref() == Some("percentage") { part_of(base, amount)? } else { amount };
            charges.add(sort_of_charge(&charge), name, amount)?;
        }
        if !is_shown {
            for (member, sort) in AMOUNTS {
                charges.add(Some(sort), member.to_owned(), record.get(member).unwrap_or(Exact::ZERO))?;
            }
        }
        charges.others.sort();
        Ok(charges)
    }

    fn add(&mut self, sort: Option<Sort>, name: String, amount: Exact) -> Result<(), Problem> {
        let amount = amount.normalized();
        let add = |sum: &mut Exact| sum.checked_add(amount).map(|all| *sum = all.normalized()).ok_or_else(out_of_range);
        match sort {
            Some(Sort::Tax) => {}
            Some(Sort::Discount) => add(&mut self.discount)?,
            Some(Sort::Shipping) => {
                add(&mut self.shipping)?;
                self.shipping_name.get_or_insert(name);
            }
            None if amount == Exact::ZERO => {}
            None => self.others.push((name, amount)),
        }
        Ok(())
    }
}

/// Works out a charge given in percent: of the lines after their own discounts. Of what is documented nowhere, so it is decided
/// here and nowhere else.
fn part_of(base: Exact, percent: Exact) -> Result<Exact, Problem> {
    let part = base.checked_mul(percent).and_then(|product| product.checked_div(Exact::from(100)));
    part.map(|part| part.rounded(MONEY_DECIMALS)).ok_or_else(out_of_range)
}

impl Address {
    fn read(record: &Members) -> Self {
        let text = |name: &str| filled(record, name);
        Self {
            id: text("id"),
            reference: text("reference_id"),
            addressee: text("first_name"),
            attention: text("last_name"),
            addr1: text("address_line_1"),
            addr2: text("address_line_2"),
            city: text("city"),
            state: text("state"),
            zip: text("zip_code"),
            country: text("country").map(|country| if country.len() == 2 { country.to_ascii_uppercase() } else { country }),
            phone: text("phone"),
        }
    }

    /// Tells whether it names a place at all.
    pub(super) fn has_place(&self) -> bool {
        self.addr1.is_some() || self.city.is_some() || self.zip.is_some()
    }

    /// Tells whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Writes it as one text, so that a change shows.
    pub(super) fn text(&self) -> String {
        address_text(
            [&self.addressee, &self.attention, &self.addr1, &self.addr2, &self.city, &self.state, &self.zip, &self.country]
                .map(Option::as_deref),
        )
    }
}

/// Writes the parts of an address as one text: addressee, attention, two lines, city, state, postal code, country.
pub(super) fn address_text(parts: [Option<&str>; 8]) -> String {
    parts.map(|part| part.unwrap_or_default().trim().to_lowercase()).join("\n")
}
