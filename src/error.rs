//! The one error type of the crate, and the one table that says what each kind of error means.
//!
//! An [`Error`] carries a kind, a sentence in our words, what to do next as data, and the cause. What a kind means for
//! the caller (exit code) stands in [`ErrorKind::exit_code`] and nowhere else.

use std::error::Error as StdError;
use std::fmt;

/// The result type used across the crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What sort of failure it was; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The command line was wrong.
    Usage,
    /// The configuration is missing, contradictory or does not fit the account.
    Config,
    /// Credentials are missing, refused or lapsed.
    Credentials,
    /// The role or key may not do this.
    Permission,
    /// A remote stayed unavailable, over quota or unintelligible after retries.
    Unavailable,
    /// A remote understood the request and refused it; trying the same again cannot work.
    Refused,
    /// A person must decide: a fuse, a newer state file, a confirmation that could not be asked.
    Decision,
    /// Another run holds the lease of the profile.
    Locked,
    /// The state file cannot be used.
    State,
    /// The user or the system asked to stop (SIGINT: 130, SIGTERM: 143).
    Interrupted {
        /// The signal's number.
        signal: u8,
    },
    /// Reading or writing a local file or stream failed.
    Io,
    /// An invariant of ours did not hold.
    Internal,
}

impl ErrorKind {
    /// Gives the process exit code, the table of the command-line conventions.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Credentials | Self::Permission => 4,
            Self::Unavailable => 5,
            Self::Config => 6,
            Self::Decision => 7,
            Self::Locked => 11,
            Self::Interrupted { signal } => 128 + signal,
            Self::Refused | Self::State | Self::Io | Self::Internal => 1,
        }
    }

    /// Gives the word for the kind in machine-readable output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Config => "config",
            Self::Credentials => "credentials",
            Self::Permission => "permission",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Decision => "decision",
            Self::Locked => "locked",
            Self::State => "state",
            Self::Interrupted { .. } => "interrupted",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }
}

/// A failure with what to do about it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error; the message is a sentence without a full stop that names what failed.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), source: None }
    }

    /// Adds a line that says what to do next: a command in backticks, a flag or a named screen.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the cause. Its text is shown once, verbatim, since that is what people search for.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts a wider sentence in front; kind and hints stay.
    #[must_use]
    pub fn context(mut self, message: impl Into<String>) -> Self {
        let inner =
            Self { kind: self.kind, message: std::mem::take(&mut self.message), hints: Vec::new(), source: self.source.take() };
        self.message = message.into();
        self.source = Some(Box::new(inner));
        self
    }

    /// Gives the kind.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Tells whether it concerns one entity's permissions, settings or records, so that other entities can go on.
    pub const fn is_local(&self) -> bool {
        matches!(self.kind, ErrorKind::Permission | ErrorKind::Refused | ErrorKind::Decision | ErrorKind::Config)
    }

    /// Gives what to do next, most useful first.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Gives the texts of the chain of causes, outermost first, without the error's own message.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Library errors often repeat their own source; the same words are shown once.
            if causes.last() != Some(&text) {
                causes.push(text);
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_keeps_kind_hints_and_order_of_causes() {
        let error =
            Error::new(ErrorKind::Credentials, "401 INVALID_LOGIN").hint("look here").context("NetSuite refused the credentials");
        assert_eq!(error.kind().exit_code(), 4);
        assert_eq!(error.hints(), ["look here"]);
        assert_eq!(error.to_string(), "NetSuite refused the credentials");
        assert_eq!(error.causes(), ["401 INVALID_LOGIN"]);
    }

    #[test]
    fn a_signal_gives_its_shell_exit_code() {
        assert_eq!(ErrorKind::Interrupted { signal: 2 }.exit_code(), 130);
        assert_eq!(ErrorKind::Interrupted { signal: 15 }.exit_code(), 143);
    }
}
