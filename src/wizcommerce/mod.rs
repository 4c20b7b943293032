//! The WizCommerce client: lists that never rely on a hidden default, and writes whose outcome is never guessed.

pub mod records;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::http::{CallError, Class, Method, Remote, Repeat, Request, Response, decode, interrupted, percent_encode};
use records::Call;

/// Records on a page, the most WizCommerce gives.
const PAGE: usize = 100;
/// Parameters that put a list into the order of creation.
pub const OLDEST_FIRST: [(&str, &str); 2] = [("sort", "asc"), ("sort_by", "created_at")];
/// Pages of one list; bounds a list that never ends.
const PAGES: usize = 100_000;

/// The WizCommerce tenant behind one API key.
pub struct WizCommerce {
    remote: Remote,
    base_url: String,
    api_key: SecretString,
}

/// Why a write has no good answer.
#[derive(Debug)]
pub enum WriteError {
    /// WizCommerce understood and refused it; nothing was done.
    Refused(Refusal),
    /// It may have been done (`correctness.md` R9): look the record up before trying again. Holds the remote's words, and
    /// whether it called itself down.
    Unknown(String, bool),
    /// No write would work now.
    Failed(Error),
}

/// A refusal in WizCommerce's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Code, message and the fields it names, on one line.
    pub words: String,
    /// The fields named in the details.
    pub fields: Vec<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    details: Option<Vec<ErrorDetail>>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    field: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct One<T> {
    data: T,
}

#[derive(Deserialize)]
struct Listed<T> {
    data: Vec<T>,
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(default)]
    total_pages: usize,
}

fn refusal(response: &Response) -> Refusal {
    let Ok(body) = serde_json::from_slice::<ErrorBody>(&response.body) else {
        return Refusal {
            status: response.status,
            words: format!("{} {}", response.status, response.excerpt()),
            fields: Vec::new(),
        };
    };
    let details = body.details.unwrap_or_default();
    let named: String = details.iter().map(|detail| format!("; {}: {}", detail.field, detail.reason)).collect();
    Refusal {
        status: response.status,
        words: format!("{} {}: {}{named}", response.status, body.code, body.message),
        fields: details.into_iter().map(|detail| detail.field).collect(),
    }
}

fn classify(response: &Response) -> Class {
    match response.status {
        204 => Class::Final,
        200..=299 => {
            response.json().map_or_else(|words| Class::Failed(format!("{} with {words}", response.status)), |_| Class::Final)
        }
        429 => Class::Busy(refusal(response).words),
        500.. => Class::Failed(refusal(response).words),
        // A refusal must be well formed to count as one: an edge server's page says nothing about the record.
        400..=499 if response.json().is_err() && response.status != 404 => {
            Class::Failed(format!("{} {}", response.status, response.excerpt()))
        }
        _ => Class::Final,
    }
}

impl WizCommerce {
    /// Makes a client. `base_url` is scheme and host, without a path.
    pub fn new(remote: Remote, base_url: &str, api_key: SecretString) -> Self {
        Self { remote, base_url: base_url.trim_end_matches('/').to_owned(), api_key }
    }

    /// Gives the same tenant for requests that go before all others.
    #[must_use]
    pub fn urgent(&self) -> Self {
        Self { remote: self.remote.urgent(), base_url: self.base_url.clone(), api_key: self.api_key.clone() }
    }

    /// Gives the connection, for its counters and its gate.
    pub const fn remote(&self) -> &Remote {
        &self.remote
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
        repeat: Repeat,
    ) -> std::result::Result<Response, CallError> {
        let prepare = || {
            let mut headers =
                vec![("x-api-key", self.api_key.expose_secret().to_owned()), ("accept", "application/json".to_owned())];
            if body.is_some() {
                headers.push(("content-type", "application/json".to_owned()));
            }
            Request { method, url: format!("{}{path}", self.base_url), headers, body: body.map(|body| body.as_bytes().to_vec()) }
        };
        self.remote.call(&prepare, &classify, repeat).await
    }

    /// Turns an answer that concerns the key, not the record, into an error.
    fn check_access(&self, response: &Response, what: &str) -> Result<()> {
        match response.status {
            401 => {
                self.remote.close();
                Err(Error::new(ErrorKind::Credentials, "WizCommerce refused the API key")
                    .caused_by(refusal(response).words)
                    .hint(
                        "keys lapse after one year: make a new one and store it as NETWIZ_WIZCOMMERCE_API_KEY or in credentials.toml",
                    )
                    .hint("check which key is in use with `netwiz verify-credentials wizcommerce`"))
            }
            403 => Err(Error::new(ErrorKind::Permission, format!("the WizCommerce key may not do this: {what}"))
                .caused_by(refusal(response).words)
                .hint("use the key of a user who may work with this part of WizCommerce; test it with `netwiz verify-credentials wizcommerce`")),
            300..=399 => Err(Error::new(ErrorKind::Config, "WizCommerce answered with a redirect, which is never followed")
                .caused_by(format!("{} to {}", response.status, response.header("location").unwrap_or("nowhere")))
                .hint("check `base-url` in the profile")),
            _ => Ok(()),
        }
    }

    /// Reads one page of a list; gives the records and whether more pages follow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`] when the parameters are refused, otherwise about access and availability.
    pub async fn list_page<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        page: usize,
    ) -> Result<(Vec<T>, bool)> {
        self.dated_page(path, parameters, page).await.map(|(records, more, _)| (records, more))
    }

    /// As [`WizCommerce::list_page`], with WizCommerce's own clock at the answer, where it tells.
    ///
    /// # Errors
    ///
    /// As [`WizCommerce::list_page`].
    pub async fn dated_page<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        page: usize,
    ) -> Result<(Vec<T>, bool, Option<Timestamp>)> {
        let mut query = format!("page={page}&page_size={PAGE}");
        for (name, value) in parameters {
            query.push_str(&format!("&{name}={}", percent_encode(value.as_bytes())));
        }
        let what = format!("the list {path}");
        let response = self
            .send(Method::Get, &format!("{path}?{query}"), None, Repeat::Safe)
            .await
            .map_err(|error| self.remote.unavailable(&what, error))?;
        self.check_access(&response, &what)?;
        if !response.is_success() {
            return Err(Error::new(ErrorKind::Refused, format!("WizCommerce refused {what}")).caused_by(refusal(&response).words));
        }
        let listed: Listed<T> = decode(&what, &response.body)?;
        // What `next_page` holds on the last page is not documented, so the count of pages decides.
        let expected = listed.pagination.as_ref().map_or(0, |pagination| pagination.total_pages);
        if listed.data.is_empty() && page < expected {
            return Err(Error::new(ErrorKind::Unavailable, format!("WizCommerce's answer to {what} is incomplete"))
                .caused_by(format!("page {page} of {expected} is empty"))
                .hint("nothing was taken from this list; the next run reads it again"));
        }
        let more = !listed.data.is_empty() && listed.pagination.is_none_or(|pagination| page < pagination.total_pages);
        let date = response.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
        Ok((listed.data, more, date))
    }

    /// Reads a whole list. Sort it by creation where the list can be sorted, so that records made meanwhile appear at its
    /// end.
    ///
    /// # Errors
    ///
    /// As [`WizCommerce::list_page`].
    pub async fn list<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let (mut records, more) = self.list_page(path, parameters, page).await?;
            all.append(&mut records);
            if !more {
                break;
            }
        }
        Ok(all)
    }

    /// Reads one record, without its envelope; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// As [`WizCommerce::list_page`].
    pub async fn read(&self, path: &str) -> Result<Option<Box<RawValue>>> {
        let what = format!("the record {path}");
        let response =
            self.send(Method::Get, path, None, Repeat::Safe).await.map_err(|error| self.remote.unavailable(&what, error))?;
        self.check_access(&response, &what)?;
        match response.status {
            404 => Ok(None),
            200..=299 => decode::<One<Box<RawValue>>>(&what, &response.body).map(|one| Some(one.data)),
            _ => {
                let words = refusal(&response).words;
                Err(Error::new(ErrorKind::Refused, format!("WizCommerce refused {what}")).caused_by(words))
            }
        }
    }

    /// Sends a write and gives the `data` of the answer.
    ///
    /// # Errors
    ///
    /// See [`WriteError`]: a refusal, an unknown outcome and a remote that is down are three different things.
    pub async fn write(&self, call: &Call) -> std::result::Result<Box<RawValue>, WriteError> {
        let what = format!("{} {}", call.method.name(), call.path);
        let response = match self.send(call.method, &call.path, Some(&call.body), call.repeat).await {
            Ok(response) => response,
            Err(CallError::Unknown(words, down)) => return Err(WriteError::Unknown(words, down)),
            Err(CallError::Interrupted(signal)) => return Err(WriteError::Failed(interrupted(signal))),
            Err(error @ (CallError::Unavailable(_) | CallError::Busy(_) | CallError::Closed)) => {
                return Err(WriteError::Failed(self.remote.unavailable(&what, error)));
            }
        };
        self.check_access(&response, &what).map_err(WriteError::Failed)?;
        if !response.is_success() {
            return Err(WriteError::Refused(refusal(&response)));
        }
        if response.status == 204 {
            return Ok(RawValue::NULL.to_owned());
        }
        let one: std::result::Result<One<Box<RawValue>>, _> = serde_json::from_slice(&response.body);
        one.map(|one| one.data).map_err(|error| WriteError::Unknown(format!("{} with {error}", response.status), false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Response {
        Response { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    #[test]
    fn a_refusal_names_the_fields() {
        let body =
            r#"{"code":"BAD_REQUEST","message":"validation failed","details":[{"field":"variants[0].sku_id","reason":"taken"}]}"#;
        let response = answer(400, "application/json", body);
        assert_eq!(classify(&response), Class::Final);
        let refusal = refusal(&response);
        assert_eq!(refusal.words, "400 BAD_REQUEST: validation failed; variants[0].sku_id: taken");
        assert_eq!(refusal.fields, ["variants[0].sku_id"]);
    }

    #[test]
    fn only_a_well_formed_refusal_is_one() {
        assert!(matches!(classify(&answer(400, "text/html", "<html>bad gateway</html>")), Class::Failed(_)));
        assert!(matches!(classify(&answer(200, "text/html", "<html>")), Class::Failed(_)));
        assert!(matches!(classify(&answer(503, "application/json", "{}")), Class::Failed(_)));
        assert_eq!(classify(&answer(429, "text/plain", "slow down")), Class::Busy("429 slow down".into()));
    }
}
