//! The numbers of one item: prices per level and quantity band, stock per location, times in the past.
//!
//! Money is counted in whole cents and written as decimal text; no binary fraction takes part.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::sequence::Sequence;

/// The base price level.
pub(super) const BASE: i64 = 1;
/// The level for the company's own staff; no catalogue maps it.
pub(super) const EMPLOYEE: i64 = 2;
/// The level of the wholesale customers.
pub(super) const WHOLESALE: i64 = 5;
/// The level of the dealers.
pub(super) const DEALER: i64 = 6;
/// A level that is out of use and still has rows.
pub(super) const ONLINE: i64 = 7;

/// Lowest and highest quantity of one quantity band; the last one is open.
pub(super) type Band = (i64, Option<i64>);

const NO_BANDS: &[Band] = &[];
const TWO_BANDS: &[Band] = &[(1, Some(11)), (12, None)];
/// The bands that most quantity-priced items share.
pub(super) const THREE_BANDS: &[Band] = &[(1, Some(23)), (24, Some(143)), (144, None)];

const SECONDS_A_DAY: i64 = 86_400;
const TWO_YEARS: i64 = 730 * SECONDS_A_DAY;

/// The price of one level in one quantity band.
pub(super) struct Price {
    /// Price level id.
    pub(super) level: i64,
    /// Number of the band, from 1.
    pub(super) band: i64,
    /// Amount in cents.
    pub(super) cents: i64,
}

/// Which levels and bands an item is priced in; the members of a family share one.
pub(super) struct Scheme {
    /// The quantity bands; empty for an item with one price whatever the quantity.
    pub(super) bands: &'static [Band],
    levels: Vec<i64>,
}

impl Scheme {
    /// Draws a scheme; about three price rows an item on average.
    pub(super) fn draw(sequence: &mut Sequence) -> Self {
        let bands = match sequence.between(1, 100) {
            1..=14 => THREE_BANDS,
            15..=21 => TWO_BANDS,
            _ => NO_BANDS,
        };
        let mut levels = vec![BASE];
        for (level, percent) in [(EMPLOYEE, 6), (WHOLESALE, 80), (DEALER, 48), (ONLINE, 4)] {
            if sequence.chance(percent) {
                levels.push(level);
            }
        }
        Self { bands, levels }
    }

    /// Prices every level and band from the base price.
    pub(super) fn prices(&self, base: i64) -> Vec<Price> {
        let mut prices = Vec::new();
        for &level in &self.levels {
            let share = match level {
                EMPLOYEE => 70,
                WHOLESALE => 60,
                DEALER => 52,
                ONLINE => 95,
                _ => 100,
            };
            // Only these two levels are kept up for every band; the others have the first one alone.
            let banded = matches!(level, BASE | WHOLESALE) && !self.bands.is_empty();
            let bands = if banded { self.bands.len() } else { 1 };
            for (band, reduced) in (1..).zip([100, 95, 88]).take(bands) {
                let cents = if share * reduced == 10_000 { base } else { to_five_cents(base * share * reduced / 10_000) };
                prices.push(Price { level, band, cents });
            }
        }
        prices
    }
}

/// Draws a list price between two whole-dollar amounts, with one of the usual endings.
pub(super) fn list_price(sequence: &mut Sequence, dollars: (i64, i64)) -> i64 {
    sequence.between(dollars.0, dollars.1) * 100 + *sequence.pick(&[0, 0, 50, 90, 90, 95, 99])
}

/// Rounds an amount up to a multiple of five cents.
pub(super) fn to_five_cents(cents: i64) -> i64 {
    (cents + 4) / 5 * 5
}

/// Writes an amount in cents as a decimal number with two places.
pub(super) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let whole = cents.unsigned_abs();
    format!("{sign}{}.{:02}", whole / 100, whole % 100)
}

/// The stock of one item at one location; an empty number is one that NetSuite leaves out.
pub(super) struct Stock {
    /// Location id.
    pub(super) location: i64,
    /// Pieces in the house.
    pub(super) on_hand: Option<i64>,
    /// Pieces promised to orders.
    pub(super) committed: Option<i64>,
    /// Pieces that can be promised; below zero when too many were.
    pub(super) available: Option<i64>,
    /// Pieces on open purchase and work orders.
    pub(super) on_order: Option<i64>,
    /// Pieces customers wait for.
    pub(super) backordered: Option<i64>,
}

impl Stock {
    /// Records plain stock: so many pieces in the house, so many of them promised.
    pub(super) fn plain(location: i64, on_hand: i64, committed: i64) -> Self {
        let available = on_hand - committed;
        Self {
            location,
            on_hand: Some(on_hand),
            committed: Some(committed),
            available: Some(available),
            on_order: Some(0),
            backordered: Some((-available).max(0)),
        }
    }

    /// Draws an item's stock: one or two rows as a rule, some unknown, some oversold, some expected.
    pub(super) fn draw(sequence: &mut Sequence) -> Vec<Self> {
        let mut rows = Vec::new();
        for (location, percent) in [(1, 92), (2, 55), (3, 8), (4, 4)] {
            if !sequence.chance(percent) {
                continue;
            }
            let on_hand = if sequence.chance(12) { 0 } else { sequence.between(1, 400) };
            let mut row = Self::plain(location, on_hand, sequence.between(0, on_hand / 4));
            match sequence.between(1, 100) {
                1..=3 => row = Self { on_hand: None, committed: None, available: None, backordered: None, ..row },
                4..=6 => row = Self::plain(location, on_hand % 6, on_hand % 6 + sequence.between(1, 12)),
                _ => {}
            }
            row.on_order = match sequence.between(1, 100) {
                1..=24 => Some(24 * sequence.between(1, 10)),
                25..=40 => None,
                _ => Some(0),
            };
            rows.push(row);
        }
        rows
    }
}

/// How long before now a record was made and last edited, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Age {
    /// Since it was made.
    pub(super) created: i64,
    /// Since it was last edited; never more than `created`.
    pub(super) modified: i64,
}

impl Age {
    /// Draws an age of at most two years.
    pub(super) fn draw(sequence: &mut Sequence) -> Self {
        Self::within(sequence, TWO_YEARS)
    }

    /// Draws the age of a record that another one, made so many seconds ago, had to exist for.
    pub(super) fn within(sequence: &mut Sequence, eldest: i64) -> Self {
        let created = sequence.between(SECONDS_A_DAY, eldest);
        Self { created, modified: sequence.between(60, created) }
    }
}

/// Turns ages into moments, counted back from the now it was given.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    now: i64,
}

impl Calendar {
    /// Makes the calendar that ends at `now`.
    pub(super) fn until(now: Timestamp) -> Self {
        Self { now: now.as_second() }
    }

    /// Writes the moment `age` seconds ago in UTC, to the second.
    pub(super) fn ago(self, age: i64) -> String {
        // Only a now at the very edge of the supported years has no moment before it.
        let moment = Timestamp::from_second(self.now.saturating_sub(age)).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Writes the day of the moment `age` seconds ago.
    pub(super) fn day(self, age: i64) -> String {
        self.ago(age).chars().take(10).collect()
    }

    /// Lists so many months in order, the first of them `before` months before the present one.
    pub(super) fn months(self, before: i32, count: i32) -> Vec<Month> {
        let today = Timestamp::from_second(self.now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
        let month = |offset: i32| {
            let first = today.first_of_month().checked_add(Span::new().months(offset)).ok()?;
            Some(Month {
                name: first.strftime("%b %Y").to_string(),
                first: first.to_string(),
                last: first.last_of_month().to_string(),
            })
        };
        (-before..count - before).filter_map(month).collect()
    }
}

/// One month of the books.
pub(super) struct Month {
    /// The name people see.
    pub(super) name: String,
    /// Its first day.
    pub(super) first: String,
    /// Its last day.
    pub(super) last: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_places_and_keeps_every_cent() {
        assert_eq!([money(11_990), money(5), money(100), money(-250)], ["119.90", "0.05", "1.00", "-2.50"]);
        assert_eq!([to_five_cents(7_194), to_five_cents(7_195), to_five_cents(1)], [7_195, 7_195, 5]);
    }

    #[test]
    fn bands_grow_cheaper_and_only_kept_up_levels_have_them() {
        let scheme = Scheme { bands: THREE_BANDS, levels: vec![BASE, WHOLESALE, DEALER] };
        let rows: Vec<_> = scheme.prices(11_990).iter().map(|price| (price.level, price.band, price.cents)).collect();
        assert_eq!(
            rows,
            [(1, 1, 11_990), (1, 2, 11_390), (1, 3, 10_555), (5, 1, 7_195), (5, 2, 6_835), (5, 3, 6_330), (6, 1, 6_235)]
        );
    }

    #[test]
    fn ages_count_back_from_now_in_whole_seconds() {
        let now: Timestamp = "2026-03-01T00:00:00.75Z".parse().unwrap();
        assert_eq!(Calendar::until(now).ago(1), "2026-02-28 23:59:59");
        let mut sequence = Sequence::new(9);
        for _ in 0..500 {
            let age = Age::draw(&mut sequence);
            assert!(age.modified <= age.created && age.created <= TWO_YEARS && age.modified > 0);
        }
    }

    #[test]
    fn oversold_stock_is_negative_and_backordered() {
        let row = Stock::plain(1, 3, 10);
        assert_eq!((row.available, row.backordered), (Some(-7), Some(7)));
        let row = Stock::plain(1, 10, 3);
        assert_eq!((row.available, row.backordered), (Some(7), Some(0)));
    }
}
