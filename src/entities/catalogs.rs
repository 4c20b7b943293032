//! Price levels and price lists: which list a level's prices fill, and which list a customer sees.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::Table;
use crate::netsuite::records::{Row, Select};

/// The mapping of price levels, together with what the account says about currencies.
#[derive(Clone, Default)]
pub struct Catalogs {
    /// Price level id, currency (`None`: the base currency) and the price list's reference id.
    mapped: Vec<(String, Option<String>, String)>,
    /// The list of customers whose level is not mapped.
    default: Option<String>,
    base_currency: Option<String>,
    currencies: HashMap<String, String>,
}

impl fmt::Debug for Catalogs {
    /// Shows the mapping alone: what was learned of the account is no setting, and settings are compared by this text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogs").field("mapped", &self.mapped).field("default", &self.default).finish_non_exhaustive()
    }
}

impl Catalogs {
    /// Takes the mapping of a profile.
    pub fn new(mapped: Vec<(String, Option<String>, String)>, default: Option<String>) -> Self {
        Self { mapped, default, base_currency: None, currencies: HashMap::new() }
    }

    /// The small table of currencies that [`Catalogs::learn`] takes in.
    pub(super) fn table() -> Table {
        let select = Select::new("currencies", "currency c", "c.id").columns("c", &["symbol", "isbasecurrency"]);
        Table { select, keep: true, optional: true }
    }

    /// Takes in the account's currencies.
    ///
    /// # Errors
    ///
    /// Names a mapped currency that the account does not have.
    pub(super) fn learn(&mut self, rows: &[Row]) -> Result<(), String> {
        for row in rows {
            let (Some(id), Some(symbol)) = (row.head(), row.text("symbol")) else { continue };
            if row.flag("isbasecurrency") {
                self.base_currency = Some(id.to_string());
            }
            self.currencies.insert(symbol.to_owned(), id.to_string());
        }
        for (level, symbol, _) in &self.mapped {
            if let Some(symbol) = symbol
                && !self.currencies.contains_key(symbol)
            {
                return Err(format!("`catalogs` maps `{level}:{symbol}`, but the account has no currency {symbol}"));
            }
        }
        Ok(())
    }

    /// Tells whether the account shows which currency is its base.
    pub(super) fn knows_base(&self) -> bool {
        self.base_currency.is_some()
    }

    /// Gives the mapped price levels, each once.
    pub(super) fn levels(&self) -> Vec<&str> {
        let levels: BTreeSet<&str> = self.mapped.iter().map(|(level, _, _)| level.as_str()).collect();
        levels.into_iter().collect()
    }

    /// Gives the lists that prices are written to, in the order of the configuration.
    pub(super) fn lists(&self) -> impl Iterator<Item = &str> {
        self.mapped.iter().map(|(_, _, list)| list.as_str())
    }

    /// Gives every list that is named at all.
    pub(super) fn all_lists(&self) -> BTreeSet<&str> {
        self.lists().chain(self.default.as_deref()).collect()
    }

    /// Gives the ISO code of a currency of the account.
    pub(super) fn symbol(&self, currency: &str) -> Option<&str> {
        self.currencies.iter().find(|(_, id)| *id == currency).map(|(symbol, _)| symbol.as_str())
    }

    /// Finds the price list that amounts of a level and currency belong to. An amount never changes its currency.
    pub(super) fn list_of(&self, level: &str, currency: Option<&str>) -> Option<&str> {
        let base = currency.is_none_or(|currency| self.base_currency.as_deref().is_none_or(|base| base == currency));
        self.mapped
            .iter()
            .find(|(mapped, symbol, _)| {
                mapped == level
                    && match symbol {
                        None => base,
                        Some(symbol) => currency.is_some() && self.currencies.get(symbol).map(String::as_str) == currency,
                    }
            })
            .map(|(_, _, list)| list.as_str())
    }

    /// Finds the price level whose amounts of a currency fill a price list; of several the first.
    pub(super) fn level_of(&self, list: &str, currency: Option<&str>) -> Option<&str> {
        let level = self.mapped.iter().find(|(level, _, mapped)| mapped == list && self.list_of(level, currency) == Some(list));
        level.map(|(level, _, _)| level.as_str())
    }

    /// Finds the price list of a customer: by level (none is level 1) and currency, else the default.
    pub(super) fn list_of_customer(&self, level: Option<&str>, currency: Option<&str>) -> Option<&str> {
        self.list_of(level.unwrap_or("1"), currency).or(self.default.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_in_another_currency_goes_to_its_own_list() {
        let mut catalogs = Catalogs::new(
            vec![
                ("1".into(), None, "BASE".into()),
                ("5".into(), None, "WHOLESALE".into()),
                ("5".into(), Some("EUR".into()), "WHOLESALE-EUR".into()),
            ],
            Some("HOUSE".into()),
        );
        assert_eq!(catalogs.list_of("5", None), Some("WHOLESALE"));
        catalogs.base_currency = Some("1".into());
        catalogs.currencies = HashMap::from([("USD".into(), "1".into()), ("EUR".into(), "4".into())]);
        assert_eq!(catalogs.list_of("5", Some("1")), Some("WHOLESALE"));
        assert_eq!(catalogs.list_of("5", Some("4")), Some("WHOLESALE-EUR"));
        assert_eq!(catalogs.list_of("1", Some("4")), None, "an amount never changes its currency");
        assert_eq!(catalogs.list_of("5", None), Some("WHOLESALE"));
        assert_eq!(catalogs.list_of_customer(None, Some("1")), Some("BASE"), "no level is the base level");
        assert_eq!(catalogs.list_of_customer(Some("9"), Some("1")), Some("HOUSE"));
        assert_eq!(catalogs.symbol("4"), Some("EUR"));
    }
}
