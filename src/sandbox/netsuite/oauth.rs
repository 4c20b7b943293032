//! The signature check of token-based authentication: OAuth 1.0a with HMAC-SHA256, refusing everything the real service refuses.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::Credentials;
use super::errors;
use crate::sandbox::exchange::{Reply, Request};

/// A request may be this many seconds older or younger than the service's clock.
const WINDOW_SECONDS: i64 = 300;
/// Failed attempts in a row that lock the token's user.
const ATTEMPTS_BEFORE_LOCK: u32 = 5;
/// How long the user stays locked.
const LOCK_SECONDS: i64 = 30 * 60;
/// More remembered nonces than this within the window cannot come from an honest client; the oldest are forgotten first.
const NONCES_REMEMBERED: usize = 1_000_000;

/// What the login audit trail would say about a refused attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A parameter is missing, or there is no login at all.
    MissingTokenPassportRequiredFields,
    /// A parameter is doubled, malformed or empty.
    ParameterRejected,
    /// The integration is unknown.
    ConsumerKeyUnknown,
    /// The token is unknown.
    TokenRejected,
    /// The signature method is not HMAC-SHA256.
    UnknownAlgorithm,
    /// The version is not 1.0.
    VersionRejected,
    /// The timestamp is no number, or further than five minutes from the service's clock.
    InvalidTimestamp,
    /// The nonce is too short, too long or not made of letters and digits.
    NonceRejected,
    /// The nonce was used before with this timestamp.
    NonceUsed,
    /// The signature does not fit the request.
    InvalidSignature,
    /// Too many failures locked the user.
    TemporaryLocked,
    /// A cookie turns the call into a browser session, which has no login.
    SessionCookie,
    /// The realm is not the account.
    AccountUnknown,
}

impl Cause {
    /// Gives the code of the audit trail.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingTokenPassportRequiredFields => "MissingTokenPassportRequiredFields",
            Self::ParameterRejected => "parameter_rejected",
            Self::ConsumerKeyUnknown => "consumer_key_unknown",
            Self::TokenRejected => "token_rejected",
            Self::UnknownAlgorithm => "UnknownAlgorithm",
            Self::VersionRejected => "VersionRejected",
            Self::InvalidTimestamp => "InvalidTimestamp",
            Self::NonceRejected => "nonce_rejected",
            Self::NonceUsed => "nonce_used",
            Self::InvalidSignature => "InvalidSignature",
            Self::TemporaryLocked => "temporary_locked",
            Self::SessionCookie => "session_cookie",
            Self::AccountUnknown => "account_unknown",
        }
    }

    /// Tells whether a RESTlet answers 400 because the request itself, not the login, is wrong.
    fn is_malformed(self) -> bool {
        matches!(
            self,
            Self::MissingTokenPassportRequiredFields
                | Self::ParameterRejected
                | Self::UnknownAlgorithm
                | Self::VersionRejected
                | Self::InvalidTimestamp
        )
    }

    /// Renders the refusal for the host the path belongs to.
    pub(super) fn reply(self, account: &str, restlet: bool) -> Reply {
        let challenge =
            format!(r#"OAuth realm="{account}", error="{}", error_description="Invalid login attempt.""#, self.code());
        if restlet && self.is_malformed() {
            return errors::restlet(
                400,
                "INVALID_REQUEST",
                "The request could not be understood by the server due to malformed syntax.",
            );
        }
        if restlet {
            return errors::restlet(401, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.")
                .with_header("www-authenticate", challenge);
        }
        let body = json!({
            "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2",
            "title": "Unauthorized",
            "status": 401,
            "o:errorDetails": [{
                "detail": "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at \
                           Setup > Users/Roles > User Management > View Login Audit Trail.",
                "o:errorCode": "INVALID_LOGIN",
            }],
        });
        Reply::new(401, "application/vnd.oracle.resource+json; type=error", body.to_string())
            .with_header("www-authenticate", challenge)
    }
}

/// What the service remembers between logins: nonces inside the window and failures in a row.
#[derive(Debug, Default)]
pub(super) struct Memory {
    nonces: BTreeSet<(i64, String)>,
    failures: u32,
    locked_until: i64,
}

/// The rules a login is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    /// Who may log in.
    pub(super) credentials: &'a Credentials,
    /// Whether a used nonce is refused.
    pub(super) check_nonces: bool,
    /// Whether five failures lock the user.
    pub(super) lockout: bool,
}

impl Memory {
    /// Judges one request at a Unix second; gives the `scheme://authority` that was signed.
    pub(super) fn admit(&mut self, request: &Request, now: i64, rules: Rules<'_>) -> Result<String, Cause> {
        if rules.lockout && now < self.locked_until {
            return Err(Cause::TemporaryLocked);
        }
        let judged = self.judge(request, now, rules);
        match judged {
            Ok(_) => self.failures = 0,
            Err(_) => {
                self.failures += 1;
                if self.failures >= ATTEMPTS_BEFORE_LOCK {
                    (self.failures, self.locked_until) = (0, now + LOCK_SECONDS);
                }
            }
        }
        judged
    }

    fn judge(&mut self, request: &Request, now: i64, rules: Rules<'_>) -> Result<String, Cause> {
        if request.header("cookie").is_some() {
            return Err(Cause::SessionCookie);
        }
        let login = Login::read(request)?;
        let who = rules.credentials;
        if login.get("realm")? != realm(&who.account) {
            return Err(Cause::AccountUnknown);
        }
        if login.get("oauth_signature_method")? != "HMAC-SHA256" {
            return Err(Cause::UnknownAlgorithm);
        }
        if login.get("oauth_version")? != "1.0" {
            return Err(Cause::VersionRejected);
        }
        if login.get("oauth_consumer_key")? != who.consumer_key {
            return Err(Cause::ConsumerKeyUnknown);
        }
        if login.get("oauth_token")? != who.token_id {
            return Err(Cause::TokenRejected);
        }
        let timestamp: i64 = login.get("oauth_timestamp")?.parse().map_err(|_| Cause::InvalidTimestamp)?;
        if (timestamp - now).abs() > WINDOW_SECONDS {
            return Err(Cause::InvalidTimestamp);
        }
        let nonce = login.get("oauth_nonce")?;
        if !(6..=64).contains(&nonce.len()) || !nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Cause::NonceRejected);
        }
        let base = login.verify(request, who)?;
        if rules.check_nonces {
            // A nonce older than the window cannot be replayed: its timestamp is refused first.
            self.nonces = self.nonces.split_off(&(now - WINDOW_SECONDS, String::new()));
            if !self.nonces.insert((timestamp, nonce.to_owned())) {
                return Err(Cause::NonceUsed);
            }
            while self.nonces.len() > NONCES_REMEMBERED {
                self.nonces.pop_first();
            }
        }
        Ok(base)
    }
}

/// Gives the account id as the realm is spelt.
pub(super) fn realm(account: &str) -> String {
    account.to_ascii_uppercase().replace('-', "_")
}

/// The parameters of an `Authorization: OAuth` header.
struct Login {
    parameters: Vec<(String, String)>,
}

impl Login {
    fn read(request: &Request) -> Result<Self, Cause> {
        let header = request.header("authorization").ok_or(Cause::MissingTokenPassportRequiredFields)?;
        let rest = match header.split_once(' ') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("oauth") => rest,
            _ => return Err(Cause::MissingTokenPassportRequiredFields),
        };
        let mut parameters: Vec<(String, String)> = Vec::new();
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or(Cause::ParameterRejected)?;
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).ok_or(Cause::ParameterRejected)?;
            let (name, value) = (decode(name, false), decode(value, false));
            if value.is_empty() || parameters.iter().any(|(seen, _)| *seen == name) {
                return Err(Cause::ParameterRejected);
            }
            parameters.push((name, value));
        }
        Ok(Self { parameters })
    }

    fn get(&self, name: &str) -> Result<&str, Cause> {
        let found = self.parameters.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str()).ok_or(Cause::MissingTokenPassportRequiredFields)
    }

    /// Checks the signature and gives the `scheme://authority` it was made for.
    fn verify(&self, request: &Request, who: &Credentials) -> Result<String, Cause> {
        let signature = STANDARD.decode(self.get("oauth_signature")?).map_err(|_| Cause::InvalidSignature)?;
        let host = request.header("host").unwrap_or_default().to_ascii_lowercase();
        let key = format!("{}&{}", encode(&who.consumer_secret), encode(&who.token_secret));
        // The simulator cannot see whether a proxy in front of it spoke TLS, so either scheme will do for the same authority.
        for (scheme, default_port) in [("http", ":80"), ("https", ":443")] {
            let base = format!("{scheme}://{}", host.strip_suffix(default_port).unwrap_or(&host));
            let text = self.base_string(request, &base);
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { continue };
            mac.update(text.as_bytes());
            if mac.verify_slice(&signature).is_ok() {
                return Ok(base);
            }
        }
        Err(Cause::InvalidSignature)
    }

    fn base_string(&self, request: &Request, base: &str) -> String {
        let mut pairs: Vec<(String, String)> = self
            .parameters
            .iter()
            .filter(|(name, _)| name != "realm" && name != "oauth_signature")
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        for part in request.query().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((encode(&decode(name, true)), encode(&decode(value, true))));
        }
        pairs.sort();
        let joined = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        format!("{}&{}&{}", request.method, encode(&format!("{base}{}", request.path())), encode(&joined))
    }
}

/// Percent-encodes everything outside the unreserved set.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Undoes percent-encoding once; in a query a plus sign is a space.
pub(super) fn decode(text: &str, form: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = tail.get(2..).unwrap_or_default();
                continue;
            }
            (b'+', _) if form => bytes.push(b' '),
            _ => bytes.push(byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600;

    fn who() -> Credentials {
        Credentials {
            account: "1234567_SB1".into(),
            consumer_key: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809".into(),
            consumer_secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0".into(),
            token_id: "aa11bb22cc33dd44ee55ff660011223344556677889900aabbccddeeff001122".into(),
            token_secret: "99887766554433221100ffeeddccbbaa99887766554433221100ffeeddccbbaa".into(),
        }
    }

    fn request(method: &str, host: &str, target: &str, signature: &str, change: impl Fn(String) -> String) -> Request {
        let w = who();
        let header = format!(
            r#"OAuth oauth_nonce="Wz7kQ2mXc9LrT4vB8nJd",oauth_token="{}", realm="1234567_SB1", oauth_consumer_key="{}", oauth_signature_method="HMAC-SHA256", oauth_timestamp="{NOW}", oauth_version="1.0", oauth_signature="{}""#,
            w.token_id,
            w.consumer_key,
            encode(signature)
        );
        Request {
            method: method.into(),
            target: target.into(),
            headers: vec![("host".into(), host.into()), ("authorization".into(), change(header))],
            body: Vec::new(),
        }
    }

    fn judge(request: &Request, memory: &mut Memory, now: i64) -> Result<String, Cause> {
        memory.admit(request, now, Rules { credentials: &who(), check_nonces: true, lockout: true })
    }

    const H: &str = "1234567-sb1.suitetalk.api.netsuite.com";
    const R: &str = "1234567-sb1.restlets.api.netsuite.com";
    const PAGE: &str = "/services/rest/query/v1/suiteql?limit=1000&offset=2000";
    const PAGE_SIGNATURE: &str = "GnyV8IjVlBgcja/noiuRgGrRbaOpbr55V5IoCJzVscU=";

    #[test]
    fn published_vectors_are_admitted() {
        let vectors = [
            ("POST", H, PAGE, PAGE_SIGNATURE),
            (
                "GET",
                H,
                "/services/rest/record/v1/customer?q=companyName%20CONTAIN%20%22O%27Neil%20%26%20S%C3%B6hne%22&limit=100&offset=0",
                "KKdUBU9AJtdp7aFafHM+FSzwW5NRiL6ZSulMlp5xROQ=",
            ),
            (
                "PUT",
                H,
                "/services/rest/record/v1/salesOrder/eid:WIZ-1001?replace=item",
                "4Q6wcjQM+89y5Zd/Pzy0fk3DfqlVXsyVmqDK5DFuxQc=",
            ),
            (
                "POST",
                H,
                "/services/rest/record/v1/salesOrder/123/!transform/invoice",
                "MEc8b/caZDcUdWBADaXkXBtRaXCNVeK03mgEYbDMMZg=",
            ),
            (
                "GET",
                R,
                "/app/site/hosting/restlet.nl?script=customscript_wc_feed&deploy=customdeploy_wc_feed&page=2&since=2026-01-01T00%3A00%3A00Z&empty=",
                "nS366UXBQPDbteid4xPuxeK38Aty4VjVqnO4VuUE3iQ=",
            ),
        ];
        for (method, host, target, signature) in vectors {
            let judged = judge(&request(method, host, target, signature, |h| h), &mut Memory::default(), NOW);
            assert_eq!(judged, Ok(format!("https://{host}")), "{method} {target}");
        }
    }

    #[test]
    fn each_flaw_has_its_cause() {
        type Change = fn(String) -> String;
        let flaws: [(Change, Cause); 11] = [
            (|h| h.replace("1234567_SB1", "1234567-sb1"), Cause::AccountUnknown),
            (|h| h.replace("HMAC-SHA256", "HMAC-SHA1"), Cause::UnknownAlgorithm),
            (|h| h.replace("\"1.0\"", "\"2.0\""), Cause::VersionRejected),
            (|h| h.replace("1a2b3c", "000000"), Cause::ConsumerKeyUnknown),
            (|h| h.replace("aa11bb", "000000"), Cause::TokenRejected),
            (|h| h.replace("Wz7kQ2mXc9LrT4vB8nJd", "short"), Cause::NonceRejected),
            (|h| h.replace("Wz7kQ2mXc9LrT4vB8nJd", "Wz7kQ2mXc9LrT4vB8nJe"), Cause::InvalidSignature),
            (|h| format!("{h}, oauth_version=\"1.0\""), Cause::ParameterRejected),
            (|h| h.replace("\"1.0\"", "\"\""), Cause::ParameterRejected),
            (|h| h.replace(", oauth_version=\"1.0\"", ""), Cause::MissingTokenPassportRequiredFields),
            (|h| h.replace("OAuth ", "Bearer "), Cause::MissingTokenPassportRequiredFields),
        ];
        for (change, cause) in flaws {
            let judged = judge(&request("POST", H, PAGE, PAGE_SIGNATURE, change), &mut Memory::default(), NOW);
            assert_eq!(judged, Err(cause));
        }
        let mut cookie = request("POST", H, PAGE, PAGE_SIGNATURE, |h| h);
        cookie.headers.push(("cookie".into(), "JSESSIONID=1".into()));
        assert_eq!(judge(&cookie, &mut Memory::default(), NOW), Err(Cause::SessionCookie));
    }

    #[test]
    fn a_header_works_once_and_only_within_five_minutes() {
        let good = request("POST", H, PAGE, PAGE_SIGNATURE, |h| h);
        let mut memory = Memory::default();
        assert!(judge(&good, &mut memory, NOW + 300).is_ok());
        assert_eq!(judge(&good, &mut memory, NOW + 300), Err(Cause::NonceUsed));
        assert_eq!(judge(&good, &mut Memory::default(), NOW + 301), Err(Cause::InvalidTimestamp));
        assert_eq!(judge(&good, &mut Memory::default(), NOW - 301), Err(Cause::InvalidTimestamp));
    }

    #[test]
    fn five_failures_lock_for_half_an_hour() {
        let bad = request("POST", H, PAGE, "AAAA", |h| h);
        let good = request("POST", H, PAGE, PAGE_SIGNATURE, |h| h);
        let mut memory = Memory::default();
        for _ in 0..5 {
            assert_eq!(judge(&bad, &mut memory, NOW), Err(Cause::InvalidSignature));
        }
        assert_eq!(judge(&good, &mut memory, NOW), Err(Cause::TemporaryLocked));
        memory.locked_until = NOW;
        assert!(judge(&good, &mut memory, NOW).is_ok());
    }

    #[test]
    fn a_parameter_outside_the_signature_is_noticed() {
        let extra = request("POST", H, &format!("{PAGE}&x=1"), PAGE_SIGNATURE, |h| h);
        assert_eq!(judge(&extra, &mut Memory::default(), NOW), Err(Cause::InvalidSignature));
    }

    #[test]
    fn each_host_has_its_own_refusal() {
        let rest = Cause::TokenRejected.reply("1234567_SB1", false);
        assert_eq!(rest.status, 401);
        assert!(rest.header("www-authenticate").unwrap().contains(r#"realm="1234567_SB1", error="token_rejected""#));
        let restlet = Cause::TokenRejected.reply("1234567_SB1", true);
        assert!(String::from_utf8(restlet.body).unwrap().contains("INVALID_LOGIN_ATTEMPT"));
        assert_eq!(Cause::InvalidTimestamp.reply("1234567_SB1", true).status, 400);
    }
}
