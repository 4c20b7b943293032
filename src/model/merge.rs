//! The three images of a field of a two-way record: what NetSuite has, what WizCommerce has, what both last agreed on.
//!
//! One side changed: it wins. Both changed to the same: they agree. Both changed differently: the configured winner
//! (`correctness.md` 6). Without an image, on a first meeting, an empty side never erases a filled one.

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Side {
    /// The ERP.
    #[default]
    NetSuite,
    /// The commerce platform.
    WizCommerce,
}

/// What both sides last agreed on, each in its own words; the words differ where a value is written differently over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed<'a> {
    /// What NetSuite had; `None` is empty.
    pub netsuite: Option<&'a str>,
    /// What WizCommerce had; `None` is empty.
    pub wizcommerce: Option<&'a str>,
}

/// What becomes of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// Nothing is to be written: both sides are as they were, or say the same.
    Agree,
    /// Only this side changed, or on a first meeting only this one has anything: it is written over the other.
    Takes(Side),
    /// Both changed, differently: the configured winner is written over the other, whose value is lost.
    Overrules(Side),
}

impl Merged {
    /// Gives the side whose value is to be written over the other's.
    pub const fn winner(self) -> Option<Side> {
        match self {
            Self::Agree => None,
            Self::Takes(side) | Self::Overrules(side) => Some(side),
        }
    }
}

/// Decides about one field.
pub fn merge(agreed: Option<Agreed<'_>>, netsuite: Option<&str>, wizcommerce: Option<&str>, winner: Side) -> Merged {
    if netsuite == wizcommerce {
        return Merged::Agree;
    }
    let Some(agreed) = agreed else {
        return match (netsuite, wizcommerce) {
            (Some(_), None) => Merged::Takes(Side::NetSuite),
            (None, Some(_)) => Merged::Takes(Side::WizCommerce),
            _ => Merged::Overrules(winner),
        };
    };
    match (netsuite == agreed.netsuite, wizcommerce == agreed.wizcommerce) {
        (true, true) => Merged::Agree,
        (false, true) => Merged::Takes(Side::NetSuite),
        (true, false) => Merged::Takes(Side::WizCommerce),
        (false, false) => Merged::Overrules(winner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_three_images_has_one_answer() {
        let (a, b, c) = (Some("a"), Some("b"), Some("c"));
        let both = |text| Some(Agreed { netsuite: text, wizcommerce: text });
        use Merged::{Agree, Overrules, Takes};
        use Side::{NetSuite, WizCommerce};
        let cases = [
            (both(a), a, a, Agree),
            (both(a), b, a, Takes(NetSuite)),
            (both(a), a, b, Takes(WizCommerce)),
            (both(a), b, b, Agree),
            (both(a), b, c, Overrules(NetSuite)),
            (both(a), None, a, Takes(NetSuite)),
            (both(a), a, None, Takes(WizCommerce)),
            (both(a), None, b, Overrules(NetSuite)),
            (both(None), None, b, Takes(WizCommerce)),
            (None, a, None, Takes(NetSuite)),
            (None, None, a, Takes(WizCommerce)),
            (None, a, b, Overrules(NetSuite)),
            (None, a, a, Agree),
            (None, None, None, Agree),
        ];
        for (agreed, netsuite, wizcommerce, expected) in cases {
            let found = merge(agreed, netsuite, wizcommerce, Side::NetSuite);
            assert_eq!(found, expected, "{agreed:?} {netsuite:?} {wizcommerce:?}");
        }
    }

    #[test]
    fn the_configured_winner_decides_only_where_both_changed() {
        let agreed = Some(Agreed { netsuite: Some("a"), wizcommerce: Some("a") });
        let wins = |netsuite, wizcommerce| merge(agreed, netsuite, wizcommerce, Side::WizCommerce).winner();
        assert_eq!(wins(Some("b"), Some("c")), Some(Side::WizCommerce));
        assert_eq!(wins(Some("b"), Some("a")), Some(Side::NetSuite));
    }

    #[test]
    fn a_value_that_a_side_writes_in_its_own_words_is_no_change() {
        let agreed = Some(Agreed { netsuite: Some("ACME"), wizcommerce: Some("Acme") });
        assert_eq!(merge(agreed, Some("ACME"), Some("Acme"), Side::NetSuite), Merged::Agree);
        assert_eq!(merge(agreed, Some("ACME"), Some("Acme Ltd"), Side::NetSuite), Merged::Takes(Side::WizCommerce));
    }
}
