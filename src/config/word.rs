//! Closed lists of words a setting may take, each an enum that knows its spelling in the file.

/// An enum whose values are spelled as fixed words in the configuration file.
pub(super) trait Word: Copy + PartialEq + 'static {
    /// Every value with its spelling, in the order they are offered in messages.
    const WORDS: &'static [(&'static str, Self)];
}

/// Declares an enum of words; the spelling stands beside each value and nowhere else.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$meaning])* $value,)+
        }

        impl $name {
            /// Gives the spelling used in the configuration file.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl crate::config::word::Word for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$value),)+];
        }
    };
}

pub(super) use words;
