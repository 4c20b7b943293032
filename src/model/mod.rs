//! Plain values shared by every part of the crate: entities, typed ids, fingerprints, and the two sources of
//! non-determinism (clock and randomness) as arguments.

#![warn(clippy::float_arithmetic)]

mod exact;
mod link;
pub mod merge;
mod reason;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use exact::Exact;
pub use link::{Flag, Link, Listed, Pushed};
pub use reason::{Reason, Rejection};

/// One of the ten kinds of record that netwiz moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntityKind {
    /// Sellable items with prices, variants and images.
    Products,
    /// Kit components.
    Kits,
    /// Stock per location and in total.
    Inventory,
    /// Customers with contacts and addresses.
    Customers,
    /// Sales orders.
    Orders,
    /// Quotes on the WizCommerce side.
    Estimates,
    /// Customer deposits.
    Payments,
    /// Item fulfilments.
    Shipments,
    /// Invoices.
    Invoices,
    /// Credit memos.
    CreditMemos,
}

impl EntityKind {
    /// All entities in dependency order: what is referred to comes before what refers to it.
    pub const ALL: [Self; 10] = [
        Self::Products,
        Self::Kits,
        Self::Inventory,
        Self::Customers,
        Self::Orders,
        Self::Estimates,
        Self::Payments,
        Self::Shipments,
        Self::Invoices,
        Self::CreditMemos,
    ];

    /// Gives the plural name used in commands, JSON and the state file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Kits => "kits",
            Self::Inventory => "inventory",
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Estimates => "estimates",
            Self::Payments => "payments",
            Self::Shipments => "shipments",
            Self::Invoices => "invoices",
            Self::CreditMemos => "credit-memos",
        }
    }

    /// Gives the singular name, also accepted in commands.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Products => "product",
            Self::Kits => "kit",
            Self::Inventory => "inventory",
            Self::Customers => "customer",
            Self::Orders => "order",
            Self::Estimates => "estimate",
            Self::Payments => "payment",
            Self::Shipments => "shipment",
            Self::Invoices => "invoice",
            Self::CreditMemos => "credit-memo",
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EntityKind {
    type Err = String;

    /// Accepts singular and plural, and `quotes` for estimates. The error names the nearest entity, if one is near.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase().replace('_', "-");
        if matches!(text.as_str(), "quote" | "quotes") {
            return Ok(Self::Estimates);
        }
        if let Some(kind) = Self::ALL.into_iter().find(|kind| kind.name() == text || kind.singular() == text) {
            return Ok(kind);
        }
        let nearest = Self::ALL
            .into_iter()
            .map(|kind| (strsim::jaro_winkler(&text, kind.name()), kind))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.75);
        Err(match nearest {
            Some((_, kind)) => format!("unknown entity `{text}`, did you mean `{kind}`?"),
            None => {
                format!("unknown entity `{text}`; there are {}", Self::ALL.map(Self::name).join(", "))
            }
        })
    }
}

/// Which way records travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// NetSuite to WizCommerce.
    Pull,
    /// WizCommerce to NetSuite.
    Push,
}

impl Direction {
    /// Gives the word used in JSON and the state file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }
}

/// A NetSuite Internal ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetSuiteId(pub i64);

impl fmt::Display for NetSuiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A WizCommerce record id, opaque to us.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WizId(pub String);

impl fmt::Display for WizId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A digest of what was last written, by which an unchanged record is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Digests the given bytes (SHA-256, the first 16 bytes in hex).
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes a fingerprint back from the state file.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Gives the hex text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The time of day, as an argument.
pub trait Clock {
    /// Gives the present moment.
    fn now(&self) -> Timestamp;
}

/// Randomness, as an argument.
pub trait Entropy {
    /// Gives 64 random bits.
    fn next(&self) -> u64;

    /// Gives `length` random letters and digits.
    fn token(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(ALPHABET[usize::try_from(self.next() % 62).unwrap_or(0)])).collect()
    }

    /// Gives a random share of the wait ("full jitter"), so that clients do not come back in step.
    fn jitter(&self, wait: Duration) -> Duration {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.next() % (millis.saturating_add(1)))
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where real time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        // Without a random source neither nonces nor run ids can be made, and no request may leave.
        #[expect(clippy::disallowed_methods, reason = "this is the one place where randomness enters")]
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        u64::from_le_bytes(bytes)
    }
}

/// A clock and a random source that repeat: what a replay from a seed runs on.
#[derive(Debug)]
pub struct Replay {
    now: std::cell::Cell<Timestamp>,
    state: std::cell::Cell<u64>,
}

impl Replay {
    /// Starts a replay at a moment, with a seed.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self { now: std::cell::Cell::new(now), state: std::cell::Cell::new(seed) }
    }

    /// Moves the clock.
    pub fn set(&self, now: Timestamp) {
        self.now.set(now);
    }
}

impl Clock for Replay {
    fn now(&self) -> Timestamp {
        self.now.get()
    }
}

impl Entropy for Replay {
    /// The splitmix64 sequence of the seed.
    fn next(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Gives a moment as the product writes it everywhere: RFC 3339, UTC, whole seconds.
pub fn rfc3339(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_found_by_singular_plural_and_synonym() {
        assert_eq!("invoice".parse(), Ok(EntityKind::Invoices));
        assert_eq!("credit_memos".parse(), Ok(EntityKind::CreditMemos));
        assert_eq!("Quotes".parse(), Ok(EntityKind::Estimates));
        assert_eq!("prodcts".parse::<EntityKind>(), Err("unknown entity `prodcts`, did you mean `products`?".into()));
        assert!("zebra".parse::<EntityKind>().is_err_and(|text| text.contains("there are products, kits")));
    }

    #[test]
    fn tokens_repeat_with_the_seed_and_are_letters_and_digits() {
        let one = Replay::new(Timestamp::UNIX_EPOCH, 7);
        let two = Replay::new(Timestamp::UNIX_EPOCH, 7);
        let token = one.token(20);
        assert_eq!(token, two.token(20));
        assert_eq!(token.len(), 20);
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(token, one.token(20));
    }
}
