//! Writing records: one request, and an answer that is never guessed.

use super::{NetSuite, Refusal, refusal};
use crate::error::Error;
use crate::http::{CallError, Method, Repeat, interrupted};
use crate::model::NetSuiteId;

/// A request that changes a record, as data: flows describe it, the client sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCall {
    /// POST or PATCH.
    pub method: Method,
    /// The path with its query, sent as it stands.
    pub path: String,
    /// The JSON body.
    pub body: String,
    /// Whether sending it twice has the effect of sending it once.
    pub repeat: Repeat,
}

/// Why a write has no good answer.
#[derive(Debug)]
pub enum WriteError {
    /// NetSuite understood and refused it; nothing was done.
    Refused(Refusal),
    /// It may have been done (`correctness.md` R9): look the record up before trying again. Holds NetSuite's words, and
    /// whether it called itself down.
    Unknown(String, bool),
    /// No write would work now.
    Failed(Error),
}

impl Refusal {
    /// Tells whether a record of that external id, or of that name, is there already.
    ///
    /// Both recorded wordings end alike; nothing else in the answer tells.
    pub fn is_duplicate(&self) -> bool {
        self.status == 400 && self.detail.contains("already exists")
    }

    /// Tells whether something that the record names does not exist.
    pub fn is_nonexistent(&self) -> bool {
        self.code == "NONEXISTENT_ID" || self.status == 404
    }

    /// Gives the labels of the fields that a form asks for.
    pub fn missing_fields(&self) -> Option<&str> {
        let after = |marker: &str| self.detail.split_once(marker).map(|(_, rest)| rest.trim().trim_end_matches('.'));
        after("Please enter value(s) for: ").or_else(|| after("You must enter a value for "))
    }

    /// Gives value and field of a reference that NetSuite does not take: it does not exist, is inactive, or is hidden.
    pub fn invalid_value(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.detail.split_once("Invalid Field Value ")?;
        let (value, field) = rest.split_once(" for the following field: ")?;
        Some((value.trim(), field.trim().trim_end_matches('.')))
    }
}

impl NetSuite {
    /// Sends a write; gives the id of the record where the answer names one.
    ///
    /// # Errors
    ///
    /// See [`WriteError`]: a refusal, an unknown outcome and a remote that is down are three different things.
    pub async fn write(&self, call: &RecordCall) -> Result<Option<NetSuiteId>, WriteError> {
        let url = format!("{}{}", self.rest_url, call.path);
        // A misspelt member is refused and not silently left out.
        let headers = [("content-type", "application/json"), ("x-netsuite-propertynamevalidation", "Error")];
        let what = format!("{} {}", call.method.name(), call.path);
        let body = Some(call.body.clone().into_bytes());
        let answered = self.answered(call.method, &url, &headers, body, call.repeat).await;
        let response = match answered {
            Ok(response) => response,
            Err(CallError::Unknown(words, down)) => return Err(WriteError::Unknown(words, down)),
            Err(CallError::Interrupted(signal)) => return Err(WriteError::Failed(interrupted(signal))),
            Err(error @ (CallError::Unavailable(_) | CallError::Busy(_) | CallError::Closed)) => {
                return Err(WriteError::Failed(self.remote.unavailable(&what, error)));
            }
        };
        self.check_access(&response).map_err(WriteError::Failed)?;
        if response.is_success() {
            // Only the last segment is read: addresses that a server gives are never followed (`correctness.md` R15).
            let id = response.header("location").and_then(|location| location.rsplit('/').next()?.parse().ok());
            return Ok(id.filter(|id| *id > 0).map(NetSuiteId));
        }
        let refusal = refusal(&response);
        // A refusal must be well formed to count as one: an edge server's page says nothing about the record.
        if refusal.code.is_empty() && response.json().is_err() {
            return Err(WriteError::Unknown(refusal.words(), false));
        }
        Err(WriteError::Refused(refusal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(detail: &str) -> Refusal {
        Refusal { status: 400, code: "USER_ERROR".into(), detail: format!("Error while accessing a resource. {detail}") }
    }

    #[test]
    fn recorded_wordings_are_understood() {
        assert!(refused("This entity already exists.").is_duplicate());
        assert!(refused("This record already exists.").is_duplicate());
        assert!(!refused("Our script says no.").is_duplicate());
        assert_eq!(refused("Please enter value(s) for: First Name, Last Name.").missing_fields(), Some("First Name, Last Name"));
        assert_eq!(refused("You must enter a value for Company Name.").missing_fields(), Some("Company Name"));
        let invalid = refused("You have entered an Invalid Field Value 9999 for the following field: item");
        assert_eq!(invalid.invalid_value(), Some(("9999", "item")));
    }
}
