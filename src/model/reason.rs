//! The closed list of reasons why a record did not arrive, each with what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $hint:literal;)*) => {
        /// Why a record was not written. The words are part of the contract: scripts branch on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All reasons, in the order they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Gives the word used in JSON and the state file.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Gives what usually mends it.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

reasons! {
    /// A field that the other side needs is empty.
    MissingMandatoryFields = "missing_mandatory_fields", "fill the fields named in the message in NetSuite; the next sync takes the record up again";
    /// An order line names a SKU that NetSuite does not know.
    SkuNotInNetsuite = "sku_not_in_netsuite", "create the item in NetSuite, or correct the SKU in WizCommerce; the record is tried again by itself";
    /// A document line names an item that WizCommerce does not know.
    SkuNotInWizcommerce = "sku_not_in_wizcommerce", "run `netwiz pull products` for that item first";
    /// The record this one belongs to did not arrive.
    ParentNotSynced = "parent_not_synced", "look at the parent with `netwiz failures list`; this record follows it";
    /// The customer is not linked.
    CustomerNotLinked = "customer_not_linked", "sync the customer first with `netwiz sync customers`";
    /// The order is not linked.
    OrderNotLinked = "order_not_linked", "sync the order first with `netwiz sync orders`";
    /// No price list is mapped for the price level.
    PriceLevelUnmapped = "price_level_unmapped", "map the price level under `[profile.<name>.catalogs]`, or set `default`";
    /// No sales rep is mapped for the employee.
    SalesRepUnmapped = "sales_rep_unmapped", "map the employee under `[profile.<name>.sales-reps]`, or set `default`";
    /// No NetSuite payment option is mapped for the method.
    PaymentMethodUnmapped = "payment_method_unmapped", "map the method under `[profile.<name>.payments.methods]`, or set `default`";
    /// A charge has no NetSuite item.
    ChargeUnmapped = "charge_unmapped", "map the charge under `[profile.<name>.orders.charge-items]`";
    /// Two currencies would have to be mixed.
    CurrencyMismatch = "currency_mismatch", "give the customer a price list in the document's currency";
    /// The item is sold in another unit than it is stocked in.
    UnitConversion = "unit_conversion", "use one unit for stock and sale of the item in NetSuite, or leave its stock out";
    /// Two active items share a SKU.
    DuplicateSku = "duplicate_sku", "give one of the two NetSuite items another item name, or make it inactive";
    /// Several records match and none may be guessed.
    AmbiguousMatch = "ambiguous_match", "link the right one by hand with `netwiz map set`";
    /// The external id belongs to a record that netwiz did not create.
    ExternalIdTaken = "external_id_taken", "free the external id in NetSuite, or link the record with `netwiz map set`";
    /// Both sides changed and a person must decide.
    Conflict = "conflict", "compare both records, correct one, then run `netwiz failures retry`";
    /// The record does not exist.
    NonexistentId = "nonexistent_id", "check the id; a deleted record needs nothing more";
    /// The role or key may not do this.
    PermissionDenied = "permission_denied", "check the role's permissions with `netwiz verify-credentials`";
    /// NetSuite refused the record.
    RefusedByNetsuite = "refused_by_netsuite", "correct what NetSuite names in the message, then run `netwiz failures retry`";
    /// WizCommerce refused the record.
    RefusedByWizcommerce = "refused_by_wizcommerce", "correct what WizCommerce names in the message, then run `netwiz failures retry`";
    /// WizCommerce's API has no way to say this.
    UnsupportedByWizcommerce = "unsupported_by_wizcommerce", "make the change by hand in WizCommerce";
    /// A value could not be read.
    InvalidRecord = "invalid_record", "correct the field named in the message where the record comes from";
    /// The remote stayed unavailable.
    RemoteUnavailable = "remote_unavailable", "nothing to do: the next run tries again";
}

impl Reason {
    /// Finds the reason of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.word() == word)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One record that was not written, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The record's id at its source.
    pub key: String,
    /// The id of the head it was read with (a matrix parent for its children); the key itself otherwise.
    pub head: String,
    /// What a person calls it: a SKU or a document number.
    pub label: String,
    /// Why.
    pub reason: Reason,
    /// What exactly, in a sentence.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl Rejection {
    /// Makes a rejection with the reason's usual hint.
    pub fn new(key: impl fmt::Display, label: impl Into<String>, reason: Reason, message: impl Into<String>) -> Self {
        let key = key.to_string();
        Self { head: key.clone(), key, label: label.into(), reason, message: message.into(), hint: reason.hint().into() }
    }

    /// Names the head it was read with.
    #[must_use]
    pub fn of_head(mut self, head: impl fmt::Display) -> Self {
        self.head = head.to_string();
        self
    }

    /// Replaces the usual hint by a more precise one.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_snake_case_unique_and_agree_with_serde() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.word()), Some(*reason));
            assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{}\"", reason.word()));
            assert!(!reason.hint().is_empty());
        }
        assert_eq!(Reason::ALL.len(), 23);
    }
}
