//! Webhooks: what happened to a record, told to one subscriber, again and again until it is taken or a quarter of an hour is over.
//!
//! The outbox is a table of the store. [`told`] writes to it in the transaction that changes the records, so that there is
//! no change without its event and no event without its change. Nothing here waits or sends: a caller takes what is due
//! ([`WizCommerce::due_webhooks`]), carries it, and reports what came back ([`WizCommerce::webhook_answered`]), each time
//! saying what the time is.
//!
//! The documents say nothing of the order of deliveries; here it is the order of the events, unless the subscription asks for
//! disorder. They say nothing of a customer whose `updated_at` moves because an address or a contact changed; only the event of
//! the address or the contact is told.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{HeaderName, HeaderValue};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};
use sha2::Sha256;

use super::json::Json;
use super::store::{Resource, Store, derived_id};
use super::{HistoryRow, Settings, WizCommerce};

/// The header of the older style of authentication.
const SIGNATURE: &str = "x-wizcommerce-signature";
/// How long the documents let a receiver take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The waits before each retry, as documented.
const RETRIES: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
    Duration::from_secs(240),
    Duration::from_secs(480),
];
/// The answers that mean the receiver has it; any other, a redirect too, is a failure.
const TAKEN: [u16; 4] = [200, 201, 202, 204];

/// Where webhooks go and how, which a tenant agrees with the vendor outside the API.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The receiver.
    pub url: String,
    /// How the receiver knows that a webhook is genuine.
    pub authentication: Authentication,
    /// How long the receiver may take; an answer after it counts for nothing. Documented are 30 s.
    pub patience: Duration,
    /// The waits before each retry, from the moment the failure is known; after the last one the event is lost.
    ///
    /// Documented are 30 s, 1, 2, 4 and 8 min.
    pub retries: Vec<Duration>,
    /// Whether each event is delivered twice, both times with the same id.
    pub duplicates: bool,
    /// Holds back every second event, beginning with the first, so long that those after it overtake it.
    pub disorder: Option<Duration>,
}

/// How a receiver knows that a webhook is genuine.
#[derive(Clone)]
pub enum Authentication {
    /// A header that holds the shared secret, as the newer page has it.
    Header {
        /// Name of the header.
        name: String,
        /// The shared secret.
        secret: String,
    },
    /// `X-Wizcommerce-Signature` with the HMAC-SHA256 of the body, as the older page has it.
    Signature {
        /// The shared secrets; each gives one signature, in this order and separated by commas.
        secrets: Vec<String>,
        /// How a signature is written.
        encoding: Encoding,
    },
}

/// How a signature is written; the older page says the first in words and the second in its sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Base64 with padding.
    Base64,
    /// Lower-case hexadecimal.
    Hex,
}

/// One attempt to deliver an event, to be sent by POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Number of the delivery in the outbox. Attempts share it, duplicates do not.
    pub number: i64,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The `id` of the body, which attempts and duplicates share.
    pub event_id: String,
    /// The event, e.g. `customer.contact.updated`.
    pub event: String,
    /// The receiver.
    pub url: String,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// JSON, the same in every attempt.
    pub body: Vec<u8>,
}

/// One delivery as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Number of the delivery, from 1.
    pub number: i64,
    /// The `id` of the body.
    pub event_id: String,
    /// The event.
    pub event: String,
    /// The record that changed.
    pub record_id: String,
    /// Attempts begun.
    pub attempts: u32,
    /// `waiting`, `under way`, `delivered` or `lost`.
    pub state: String,
    /// The last status that came back in time.
    pub status: Option<u16>,
}

impl Subscription {
    /// Makes a subscription with the documented patience and retries, in order and without duplicates.
    pub fn new(url: impl Into<String>, authentication: Authentication) -> Self {
        Self { url: url.into(), authentication, patience: PATIENCE, retries: RETRIES.to_vec(), duplicates: false, disorder: None }
    }

    /// Checks that the authentication can be sent.
    ///
    /// # Errors
    ///
    /// Says in words what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        match &self.authentication {
            Authentication::Header { name, secret } => {
                if HeaderName::from_bytes(name.as_bytes()).is_err() {
                    return Err(format!("{name:?} is no name of a header"));
                }
                if secret.is_empty() || HeaderValue::from_str(secret).is_err() {
                    return Err("the webhook secret is empty or no header can hold it".to_owned());
                }
            }
            Authentication::Signature { secrets, .. } => {
                if secrets.is_empty() || secrets.iter().any(String::is_empty) {
                    return Err("a webhook secret is missing or empty".to_owned());
                }
            }
        }
        Ok(())
    }
}

impl Authentication {
    /// Gives the header that proves a body genuine.
    pub(super) fn header(&self, body: &[u8]) -> (String, String) {
        match self {
            Self::Header { name, secret } => (name.to_ascii_lowercase(), secret.clone()),
            Self::Signature { secrets, encoding } => {
                // No key is too long or too short, so there is one for each secret.
                let signatures: Vec<String> = secrets.iter().filter_map(|secret| signature(secret, body, *encoding)).collect();
                (SIGNATURE.to_owned(), signatures.join(","))
            }
        }
    }
}

impl fmt::Debug for Authentication {
    /// Shows the style and leaves the secrets out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, .. } => formatter.debug_struct("Header").field("name", name).finish_non_exhaustive(),
            Self::Signature { encoding, .. } => {
                formatter.debug_struct("Signature").field("encoding", encoding).finish_non_exhaustive()
            }
        }
    }
}

fn signature(secret: &str, body: &[u8], encoding: Encoding) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    Some(match encoding {
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// Carries out work that is kept whole or not at all, and puts an event into the outbox for every change it makes.
pub(super) fn told<T, E: From<rusqlite::Error>>(
    store: &Store,
    settings: &Settings,
    now: Timestamp,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    store.transact(|| {
        // Without a subscriber there is nobody to tell, now or later.
        let Some(subscription) = &settings.webhooks else { return work() };
        let before = store.last_change()?;
        let value = work()?;
        for change in store.changes_after(before)? {
            if let Some(event) = event(&change, settings) {
                enqueue(store, subscription, &event, &change, now)?;
            }
        }
        Ok(value)
    })
}

/// Gives the name of the event a change is, if anybody hears of it.
fn event(change: &HistoryRow, settings: &Settings) -> Option<String> {
    let proposed = |extension: &str| settings.extensions.iter().any(|on| on == extension);
    let subject = match Resource::named(&change.resource)? {
        Resource::Customers => "customer",
        Resource::CustomerContacts => "customer.contact",
        Resource::CustomerAddresses => "customer.address",
        Resource::Orders => "order",
        Resource::Quotes if proposed("quotes") => "quote",
        Resource::Payments if proposed("payments") => "payment",
        _ => return None,
    };
    let happened = match change.verb.as_str() {
        "create" | "insert" => "created",
        "delete" | "remove" => "deleted",
        _ => "updated",
    };
    Some(format!("{subject}.{happened}"))
}

/// Puts an event into the outbox.
fn enqueue(store: &Store, subscription: &Subscription, event: &str, change: &HistoryRow, now: Timestamp) -> rusqlite::Result<()> {
    let sequence: i64 = store
        .database()
        .prepare_cached("select coalesce(max(sequence), 0) + 1 from webhook_delivery")?
        .query_row([], |row| row.get(0))?;
    // The moment is part of the id: a receiver remembers ids for longer than a tenant in memory lives.
    let id = derived_id(&format!("webhook {sequence} {} {now}", change.id)).replace('-', "");
    let id = format!("whk_{id}");
    // The documents show "the record's id" for a customer. Of a contact or an address it is taken to be its own id, since
    // that is the record the event is about; its customer is not told.
    let body = Json::object([
        ("id", Json::of_text(id.as_str())),
        ("event", Json::of_text(event)),
        ("timestamp", Json::of_text(now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())),
        ("data", Json::object([("id", Json::of_text(change.id.as_str()))])),
    ]);
    let hold = subscription.disorder.filter(|_| sequence % 2 == 1).unwrap_or_default();
    let mut statement = store.database().prepare_cached(
        "insert into webhook_delivery (sequence, event_id, event, record_id, body, state, due_at)
         values (?1, ?2, ?3, ?4, ?5, 'waiting', ?6)",
    )?;
    let copies = if subscription.duplicates { 2 } else { 1 };
    for _ in 0..copies {
        statement.execute(params![sequence, id, event, change.id, body.to_string(), after(now.as_millisecond(), hold)])?;
    }
    Ok(())
}

impl WizCommerce {
    /// Takes out of the outbox what is to be sent at this moment, oldest first; from now on it is under way.
    ///
    /// What has been under way for longer than the subscription's patience has failed, whether anybody reports it or not.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be written.
    pub fn due_webhooks(&self, now: Timestamp, at_most: usize) -> Result<Vec<Delivery>, String> {
        let Some(subscription) = &self.settings.webhooks else { return Ok(Vec::new()) };
        let store = self.store();
        // Asking is frequent and must not lock a file that others use.
        if next_due(&store).map_err(words)?.is_none_or(|due| due > now.as_millisecond()) {
            return Ok(Vec::new());
        }
        store.transact(|| take(&store, subscription, now.as_millisecond(), at_most)).map_err(words)
    }

    /// Takes note of the answer to a delivery; `None` when there was none.
    ///
    /// One that comes after the subscription's patience changes nothing.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be written.
    pub fn webhook_answered(&self, delivery: &Delivery, status: Option<u16>, now: Timestamp) -> Result<(), String> {
        let Some(subscription) = &self.settings.webhooks else { return Ok(()) };
        let store = self.store();
        store.transact(|| answered(&store, subscription, delivery, status, now.as_millisecond())).map_err(words)
    }

    /// Gives the moment of the next thing to happen in the outbox, which may have gone by; `None` when all is delivered or lost.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be read.
    pub fn next_webhook(&self) -> Result<Option<Timestamp>, String> {
        let due = next_due(&self.store()).map_err(words)?;
        due.map(|due| Timestamp::from_millisecond(due).map_err(|error| error.to_string())).transpose()
    }

    /// Gives every delivery there ever was, oldest first.
    ///
    /// # Errors
    ///
    /// Says in words why the store cannot be read.
    pub fn webhooks(&self) -> Result<Vec<DeliveryRow>, String> {
        let store = self.store();
        let rows = || {
            let sql = "select number, event_id, event, record_id, attempts, state, status from webhook_delivery order by number";
            let mut statement = store.database().prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(DeliveryRow {
                    number: row.get(0)?,
                    event_id: row.get(1)?,
                    event: row.get(2)?,
                    record_id: row.get(3)?,
                    attempts: row.get(4)?,
                    state: row.get(5)?,
                    status: row.get(6)?,
                })
            })?;
            rows.collect::<Result<_, _>>()
        };
        rows().map_err(words)
    }

    /// Gives where webhooks go, if anywhere.
    pub(in crate::sandbox) fn subscription(&self) -> Option<&Subscription> {
        self.settings.webhooks.as_ref()
    }
}

/// Fails what has been under way for too long and takes what is due. Moments are milliseconds since 1970.
fn take(store: &Store, subscription: &Subscription, now: i64, at_most: usize) -> rusqlite::Result<Vec<Delivery>> {
    let database = store.database();
    let overdue: Vec<(i64, u32, i64)> = database
        .prepare_cached("select number, attempts, due_at from webhook_delivery where state = 'under way' and due_at <= ?1")?
        .query_map([now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (number, attempt, at) in overdue {
        failed(store, subscription, number, attempt, None, at)?;
    }
    let mut statement = database.prepare_cached(
        "select number, attempts + 1, event_id, event, body from webhook_delivery
         where state = 'waiting' and due_at <= ?1 order by due_at, number limit ?2",
    )?;
    let due: Vec<Delivery> = statement
        .query_map(params![now, i64::try_from(at_most).unwrap_or(i64::MAX)], |row| {
            let body = row.get::<_, String>(4)?.into_bytes();
            let content = ("content-type".to_owned(), "application/json".to_owned());
            Ok(Delivery {
                number: row.get(0)?,
                attempt: row.get(1)?,
                event_id: row.get(2)?,
                event: row.get(3)?,
                url: subscription.url.clone(),
                headers: vec![content, subscription.authentication.header(&body)],
                body,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut begin = database
        .prepare_cached("update webhook_delivery set state = 'under way', attempts = ?2, due_at = ?3 where number = ?1")?;
    for delivery in &due {
        begin.execute(params![delivery.number, delivery.attempt, after(now, subscription.patience)])?;
    }
    Ok(due)
}

fn answered(
    store: &Store,
    subscription: &Subscription,
    delivery: &Delivery,
    status: Option<u16>,
    now: i64,
) -> rusqlite::Result<()> {
    let database = store.database();
    let patience: Option<i64> = database
        .prepare_cached("select due_at from webhook_delivery where number = ?1 and attempts = ?2 and state = 'under way'")?
        .query_row(params![delivery.number, delivery.attempt], |row| row.get(0))
        .optional()?;
    // An attempt that was given up meanwhile is over.
    let Some(patience) = patience else { return Ok(()) };
    if now >= patience {
        return failed(store, subscription, delivery.number, delivery.attempt, None, patience);
    }
    let Some(status) = status.filter(|status| TAKEN.contains(status)) else {
        return failed(store, subscription, delivery.number, delivery.attempt, status, now);
    };
    database
        .prepare_cached("update webhook_delivery set state = 'delivered', status = ?2 where number = ?1")?
        .execute(params![delivery.number, status])
        .map(drop)
}

/// Ends an attempt without success: the next one waits its time, or there is none.
fn failed(
    store: &Store,
    subscription: &Subscription,
    number: i64,
    attempt: u32,
    status: Option<u16>,
    at: i64,
) -> rusqlite::Result<()> {
    let retry = usize::try_from(attempt).ok().and_then(|attempt| subscription.retries.get(attempt.checked_sub(1)?));
    let state = if retry.is_some() { "waiting" } else { "lost" };
    store
        .database()
        .prepare_cached("update webhook_delivery set state = ?2, due_at = ?3, status = coalesce(?4, status) where number = ?1")?
        .execute(params![number, state, after(at, retry.copied().unwrap_or_default()), status])
        .map(drop)
}

fn next_due(store: &Store) -> rusqlite::Result<Option<i64>> {
    store
        .database()
        .prepare_cached(
            "select min(due_at) from (select min(due_at) as due_at from webhook_delivery where state = 'waiting'
             union all select min(due_at) from webhook_delivery where state = 'under way')",
        )?
        .query_row([], |row| row.get(0))
}

/// Adds a wait to a moment in milliseconds.
fn after(moment: i64, wait: Duration) -> i64 {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX).as_millis();
    moment.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX))
}

fn words(error: rusqlite::Error) -> String {
    format!("the outbox of the WizCommerce simulator failed: {error}")
}
