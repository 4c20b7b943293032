//! The NetSuite account id, which is spelled one way in host names and another in signatures.

use std::fmt;

/// A NetSuite account, whichever way it was spelled.
///
/// The two spellings of a sandbox are `1234567_SB1` (realm) and `1234567-sb1` (host); a production account is the same
/// digits in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    realm: String,
}

impl Account {
    /// Reads either spelling; nothing when the text is no account id.
    ///
    /// An id is letters and digits with at most one `_` or `-` before the suffix of a sandbox or release preview. It
    /// becomes part of host names, so nothing else may pass.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, suffix) = text.split_once(['_', '-']).unwrap_or((text, "0"));
        let plain = |part: &str| !part.is_empty() && part.len() <= 24 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (plain(base) && plain(suffix)).then(|| Self { realm: text.to_ascii_uppercase().replace('-', "_") })
    }

    /// Gives the spelling of the `realm` in a signature, e.g. `1234567_SB1`.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Gives the spelling used in host names, e.g. `1234567-sb1`.
    pub fn host(&self) -> String {
        self.realm.to_ascii_lowercase().replace('_', "-")
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.realm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_the_same_account() {
        for spelling in ["1234567_SB1", "1234567-sb1", "1234567_sb1", "1234567-SB1"] {
            let account = Account::parse(spelling).unwrap();
            assert_eq!((account.realm(), account.host().as_str()), ("1234567_SB1", "1234567-sb1"), "{spelling}");
        }
        let production = Account::parse("1234567").unwrap();
        assert_eq!((production.realm(), production.host().as_str()), ("1234567", "1234567"));
        assert_eq!(Account::parse("tstdrv1234567").unwrap().realm(), "TSTDRV1234567");
    }

    #[test]
    fn what_could_change_a_host_name_is_no_account() {
        for text in
            ["", "_SB1", "1234567_", "123 4567", "1234567.app", "https://1234567", "1234567_SB1_2", "1234567/", "é1", "1@evil"]
        {
            assert_eq!(Account::parse(text), None, "{text}");
        }
    }
}
