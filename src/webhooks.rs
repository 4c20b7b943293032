//! Webhooks of WizCommerce as they come in: whether one is genuine, and what it asks for.
//!
//! A webhook is a hint (`correctness.md` R12): of the record it names only the id counts, and the record itself is fetched
//! afterwards. Nothing here waits, reads a clock or stores anything.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::config::Secret;
use crate::http::{DEPTH_LIMIT, depth};
use crate::model::EntityKind;

/// The largest body that is taken (`correctness.md` 8).
pub const BODY_LIMIT: usize = 1024 * 1024;
/// The longest id that is taken.
const ID_LIMIT: usize = 200;
/// Signatures of one delivery that are looked at: one for each secret in use while it is changed.
const SIGNATURES: usize = 16;
/// The headers that the newer documents give as examples of where the secret itself may be.
const SECRET_HEADERS: [&str; 2] = ["webhook-secret", "x-webhook-key"];
/// The header of the older documents.
const SIGNATURE_HEADER: &str = "x-wizcommerce-signature";

/// Tells genuine deliveries from forged ones, by the secret shared with WizCommerce.
///
/// Both documented styles are taken: the secret in a header, and a signature of the body.
#[derive(Clone)]
pub struct Proof {
    keyed: Hmac<Sha256>,
    /// The MAC of the secret itself: what a header holds is compared by its MAC, which has one length and leaks no prefix.
    own: Vec<u8>,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Proof {
    /// Takes the shared secret; `None` for an empty one, which proves nothing.
    pub fn new(secret: &Secret) -> Option<Self> {
        let secret = secret.expose().as_bytes();
        let keyed = Hmac::<Sha256>::new_from_slice(secret).ok().filter(|_| !secret.is_empty())?;
        let own = keyed.clone().chain_update(secret).finalize().into_bytes().to_vec();
        Some(Self { keyed, own })
    }

    /// Tells whether any of the headers proves the body genuine. Names of headers are in lower case.
    pub fn holds<'h>(&self, headers: impl Iterator<Item = (&'h str, &'h [u8])>, body: &[u8]) -> bool {
        let mut is_genuine = false;
        for (name, value) in headers {
            if SECRET_HEADERS.contains(&name) {
                is_genuine |= self.keyed.clone().chain_update(value.trim_ascii()).verify_slice(&self.own).is_ok();
            } else if name == SIGNATURE_HEADER {
                is_genuine |= self.has_signature(value, body);
            }
        }
        is_genuine
    }

    fn has_signature(&self, value: &[u8], body: &[u8]) -> bool {
        let mac = self.keyed.clone().chain_update(body);
        let mut signatures = value.split(|byte| *byte == b',').take(SIGNATURES).map(<[u8]>::trim_ascii);
        // The documents say base64 and show hexadecimal.
        signatures.any(|text| {
            let read = [STANDARD.decode(text).ok(), hexadecimal(text)];
            read.into_iter().flatten().any(|bytes| mac.clone().verify_slice(&bytes).is_ok())
        })
    }
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

/// What a delivery tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The delivery's id, the same each time it is repeated.
    pub delivery: String,
    /// The event as it was named.
    pub event: String,
    /// The record's id.
    pub record: String,
    /// What the event is about.
    pub subject: Subject,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A record that goes to NetSuite.
    Record(EntityKind),
    /// A part of a customer, by the kind of its link. The part's own id does not tell whose it is.
    Part(&'static str),
    /// A record that is gone: nothing is left to fetch.
    Gone,
    /// A record that does not go to NetSuite, or an event nobody knows.
    Other,
}

impl Subject {
    fn of(event: &str) -> Self {
        let Some((subject, happened)) = event.rsplit_once('.') else { return Self::Other };
        let known = match subject {
            "order" => Self::Record(EntityKind::Orders),
            "customer" => Self::Record(EntityKind::Customers),
            "quote" => Self::Record(EntityKind::Estimates),
            "payment" => Self::Record(EntityKind::Payments),
            "customer.contact" => Self::Part("contacts"),
            "customer.address" => Self::Part("addresses"),
            _ => Self::Other,
        };
        if happened == "deleted" && known != Self::Other { Self::Gone } else { known }
    }
}

/// Reads the body of a genuine delivery.
///
/// # Errors
///
/// Says in words what it lacks. The words hold nothing of the body.
pub fn read(body: &[u8]) -> Result<Notice, &'static str> {
    match depth(body) {
        Some(depth) if depth <= DEPTH_LIMIT => {}
        Some(_) => return Err("the body is nested too deep"),
        None => return Err("the body ends early"),
    }
    let members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| "the body is no JSON object")?;
    let id = |members: &Map<String, Value>| match members.get("id") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) if number.is_u64() => Some(number.to_string()),
        _ => None,
    };
    let short = |text: &String| !text.is_empty() && text.len() <= ID_LIMIT;
    let delivery = id(&members).filter(short).ok_or("the body has no `id`")?;
    let event = members.get("event").and_then(Value::as_str).map(str::to_owned).filter(short).ok_or("the body has no `event`")?;
    let record = members.get("data").and_then(Value::as_object).and_then(id).ok_or("the body has no `data.id`")?;
    // It becomes part of an address and of an external id.
    if !short(&record) || !record.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err("`data.id` is no id of WizCommerce");
    }
    Ok(Notice { subject: Subject::of(&event), delivery, event, record })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cret-of-both";
    const BODY: &str = r#"{"id":"whk_1","event":"order.created","timestamp":"2026-02-10T17:05:00.000Z","data":{"id":"b0a6c6a2-9d3b-4f0e-8c43-1a9d0f6f2b77"}}"#;
    // printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -hex, and -binary | base64; the last one with another secret.
    const HEX: &str = "47f831a91ceff9324da345021b9e9a7120cc4a9ccfc29f060f6d2a89f23a8966";
    const BASE64: &str = "R/gxqRzv+TJNo0UCG56acSDMSpzPwp8GD20qifI6iWY=";
    const FOREIGN: &str = "+CwTVqH2qWbtVc9tr0UJuXBNRggEyIAsgtFpBwHC3U0=";

    fn proof() -> Proof {
        Proof::new(&Secret::new(SECRET)).unwrap()
    }

    fn holds(headers: &[(&str, &str)], body: &str) -> bool {
        proof().holds(headers.iter().map(|(name, value)| (*name, value.as_bytes())), body.as_bytes())
    }

    #[test]
    fn a_header_may_hold_the_secret() {
        for name in ["webhook-secret", "x-webhook-key"] {
            assert!(holds(&[(name, SECRET)], BODY) && holds(&[(name, " s3cret-of-both ")], "anything"));
            for wrong in ["", "s3cret-of-bot", "s3cret-of-both2", "S3cret-of-both", BASE64] {
                assert!(!holds(&[(name, wrong)], BODY), "{wrong}");
            }
        }
        assert!(!holds(&[("authorization", SECRET), ("x-wizcommerce-signature", SECRET)], BODY));
        assert!(!holds(&[], BODY));
        assert!(holds(&[("webhook-secret", "wrong"), ("x-wizcommerce-signature", HEX)], BODY));
    }

    #[test]
    fn a_signature_may_be_written_both_ways_and_be_one_of_several() {
        let signed = |value: &str, body: &str| holds(&[("x-wizcommerce-signature", value)], body);
        let several = format!("{FOREIGN}, {HEX} ,,");
        for good in [HEX, BASE64, &HEX.to_ascii_uppercase(), &several] {
            assert!(signed(good, BODY), "{good}");
            assert!(!signed(good, &BODY.replace("whk_1", "whk_2")), "{good} of another body");
        }
        let half = &HEX[..32];
        for bad in ["", ",", FOREIGN, half, "é", "+", "+0+0", &format!("{HEX}0"), &format!("{HEX}00"), &BASE64[..42]] {
            assert!(!signed(bad, BODY), "{bad}");
        }
        let late = format!("{}{HEX}", "a,".repeat(SIGNATURES));
        assert!(!signed(&late, BODY), "nobody signs that often");
    }

    #[test]
    fn an_empty_secret_proves_nothing_and_none_is_shown() {
        assert!(Proof::new(&Secret::new("")).is_none());
        assert_eq!(format!("{:?}", proof()), "[secret]");
    }

    #[test]
    fn a_body_names_delivery_event_and_record() {
        let notice = read(BODY.as_bytes()).unwrap();
        assert_eq!((notice.delivery.as_str(), notice.event.as_str()), ("whk_1", "order.created"));
        assert_eq!(notice.record, "b0a6c6a2-9d3b-4f0e-8c43-1a9d0f6f2b77");
        let numbers =
            read(br#" {"id": 7, "event": "customer.updated", "data": {"id": 12, "more": [1.5]}, "more": null}"#).unwrap();
        assert_eq!((numbers.delivery.as_str(), numbers.record.as_str()), ("7", "12"));
        let long = "x".repeat(ID_LIMIT + 1);
        for (body, words) in [
            ("", "no JSON object"),
            ("[]", "no JSON object"),
            (r#"{"id":"a""#, "ends early"),
            ("{'id':1}", "no JSON object"),
            (r#"{"event":"e","data":{"id":"r"}}"#, "no `id`"),
            (r#"{"id":"","event":"e","data":{"id":"r"}}"#, "no `id`"),
            (r#"{"id":-1,"event":"e","data":{"id":"r"}}"#, "no `id`"),
            (r#"{"id":"a","event":7,"data":{"id":"r"}}"#, "no `event`"),
            (r#"{"id":"a","event":"e"}"#, "no `data.id`"),
            (r#"{"id":"a","event":"e","data":["r"]}"#, "no `data.id`"),
            (r#"{"id":"a","event":"e","data":{"id":"../v1/r"}}"#, "no id of WizCommerce"),
            (r#"{"id":"a","event":"e","data":{"id":""}}"#, "no id of WizCommerce"),
            (&format!(r#"{{"id":"{long}","event":"e","data":{{"id":"r"}}}}"#), "no `id`"),
            (&format!(r#"{{"id":"a","event":"e","data":{{"id":"r"}},"x":{}{}}}"#, "[".repeat(64), "]".repeat(64)), "too deep"),
        ] {
            let refused = read(body.as_bytes()).unwrap_err();
            assert!(refused.contains(words), "{body}: {refused}");
        }
    }

    #[test]
    fn an_event_tells_what_it_is_about() {
        for (event, subject) in [
            ("order.created", Subject::Record(EntityKind::Orders)),
            ("order.confirmed", Subject::Record(EntityKind::Orders)),
            ("customer.updated", Subject::Record(EntityKind::Customers)),
            ("quote.submitted", Subject::Record(EntityKind::Estimates)),
            ("payment.created", Subject::Record(EntityKind::Payments)),
            ("customer.contact.updated", Subject::Part("contacts")),
            ("customer.address.created", Subject::Part("addresses")),
            ("order.deleted", Subject::Gone),
            ("customer.contact.deleted", Subject::Gone),
            ("product.updated", Subject::Other),
            ("product.deleted", Subject::Other),
            ("customer.note.created", Subject::Other),
            ("Order.created", Subject::Other),
            ("order", Subject::Other),
            ("", Subject::Other),
        ] {
            assert_eq!(Subject::of(event), subject, "{event}");
        }
    }
}
