//! The Internal-ID map as values: which record there is which record here, and what was last written to it.

use super::{Fingerprint, NetSuiteId, WizId};

/// A mark on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Switched off in WizCommerce by us.
    Deactivated,
    /// A temporary product made for an order line.
    AdHoc,
    /// Deleted in NetSuite.
    Tombstone,
}

impl Flag {
    /// Gives the word stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::AdHoc => "ad_hoc",
            Self::Tombstone => "tombstone",
        }
    }
}

/// One record known on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// An entity's name, or a container's such as `product-groups`.
    pub kind: String,
    /// The record in NetSuite.
    pub ns_id: NetSuiteId,
    /// The record in WizCommerce.
    pub wc_id: WizId,
    /// The head it is read with: a matrix parent for its children, else the record itself.
    pub head: NetSuiteId,
    /// What identifies it by name, the SKU of a product.
    pub natural_key: Option<String>,
    /// What netwiz wrote as its external id in NetSuite.
    pub external_id: Option<String>,
    /// What was last written; `None` means that it must be written again.
    pub fingerprint: Option<Fingerprint>,
    /// What each part of it was last written as, for records made of several; JSON.
    pub image: Option<String>,
    /// Marks, as words.
    pub flags: Vec<String>,
    /// What is known of the WizCommerce record as a source; `None` leaves what is stored as it is.
    pub pushed: Option<Pushed>,
}

/// What is known of a WizCommerce record that goes to NetSuite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// The record as it was last pushed; `None` means that it must be pushed again.
    pub fingerprint: Option<Fingerprint>,
    /// What NetSuite held right after that; JSON, the flow's own.
    pub image: Option<String>,
    /// Its `updated_at` up to which it was compared.
    pub seen: Option<String>,
    /// The number people know it by in WizCommerce.
    pub number: Option<String>,
}

impl Link {
    /// Makes a link of a record that is its own head.
    pub fn new(kind: &str, ns_id: NetSuiteId, wc_id: WizId) -> Self {
        Self {
            kind: kind.into(),
            ns_id,
            wc_id,
            head: ns_id,
            natural_key: None,
            external_id: None,
            fingerprint: None,
            image: None,
            flags: Vec::new(),
            pushed: None,
        }
    }

    /// Tells whether a mark is set.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.iter().any(|word| word == flag.word())
    }

    /// Sets or clears a mark.
    pub fn mark(&mut self, flag: Flag, on: bool) {
        self.flags.retain(|word| word != flag.word());
        if on {
            self.flags.push(flag.word().into());
        }
    }
}

/// A record of the target as a listing or a look-up gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The natural key, e.g. the SKU.
    pub natural_key: String,
    /// WizCommerce's id.
    pub wc_id: WizId,
    /// The reference id it carries.
    pub reference_id: Option<String>,
    /// Whether it is switched on.
    pub active: bool,
    /// The group it is in, for records that come in groups.
    pub group: Option<String>,
}
