//! What SuiteQL says when it cannot run a query.

use crate::sandbox::netsuite::errors::{Locator, Refusal};

/// A reason not to run a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The text is not a query, or not in this dialect.
    Syntax(String),
    /// There is no such table.
    UnknownTable(String),
    /// Anything found while planning or running.
    Search(String),
    /// The service failed instead of explaining.
    Server,
}

impl Complaint {
    /// Makes the complaint that explains nothing.
    pub(super) fn unsupported() -> Self {
        Self::search("Invalid or unsupported search.")
    }

    /// Makes a complaint found while planning or running.
    pub(super) fn search(words: impl Into<String>) -> Self {
        Self::Search(words.into())
    }

    /// Renders the refusal.
    pub(super) fn refusal(&self) -> Refusal {
        let tail = match self {
            Self::Syntax(words) => format!("Invalid search query. {words}"),
            Self::UnknownTable(name) => format!("Invalid search type: {name}."),
            Self::Search(words) => format!("Search error occurred: {words}"),
            Self::Server => return Refusal::unexpected(),
        };
        Refusal::new(400, "INVALID_PARAMETER", format!("Invalid search query. Detailed unprocessed description follows. {tail}"))
            .at(Locator::Query("q"))
    }
}
