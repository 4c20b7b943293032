//! NetSuite, simulated: a strict reading of its contract over a small database.
//!
//! One request in, one reply out: [`NetSuite`] checks the login, finds the service and answers as the real account would, down to the
//! odd envelopes. How an account deviates from the usual (what it lacks, what it refuses) is in [`Settings`].

mod catalogue;
mod errors;
mod jobs;
mod oauth;
mod paging;
mod records;
mod restlet;
mod schema;
mod suiteql;
mod zone;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use self::catalogue::Catalogue;
use self::errors::Refusal;
pub use self::oauth::Cause;
use self::oauth::Memory;
pub use self::schema::create_schema;
use self::suiteql::functions::Surroundings;
use self::zone::Zone;
use crate::sandbox::exchange::{Remote, Reply, Request};

/// Where RESTlets live; this path belongs to a host with an envelope of its own.
const RESTLETS: &str = "/app/site/hosting/";

/// The five values a token-based login is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Account id, e.g. `1234567_SB1`.
    pub account: String,
    /// Key of the integration.
    pub consumer_key: String,
    /// Secret of the integration.
    pub consumer_secret: String,
    /// Id of the token.
    pub token_id: String,
    /// Secret of the token.
    pub token_secret: String,
}

impl Credentials {
    /// Gives the well-known login of the sandbox.
    pub fn sandbox() -> Self {
        Self {
            account: "1234567_SB1".into(),
            consumer_key: "sandbox-consumer-key".into(),
            consumer_secret: "sandbox-consumer-secret".into(),
            token_id: "sandbox-token-id".into(),
            token_secret: "sandbox-token-secret".into(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A secret of the sandbox is known to all, but these may also be someone's own.
        f.debug_struct("Credentials").field("account", &self.account).finish_non_exhaustive()
    }
}

/// What an account says of a table it lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AbsentStyle {
    /// `Record 'x' was not found.`
    #[default]
    NotFound,
    /// The same as for a table that does not exist anywhere.
    Unknown,
    /// A failure without explanation.
    ServerError,
}

/// The limits an administrator can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConcurrencyLimits {
    /// Requests in flight, for the account.
    pub account: u32,
    /// Of these, not given to any integration.
    pub unallocated: u32,
    /// Of these, given to this integration.
    pub integration: Option<u32>,
}

/// What an account's own script does after a record was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Type of the records it watches, as addresses spell it.
    pub record: String,
    /// Which rows it concerns: an SQL condition over the row, called `r`.
    pub condition: String,
    /// What it does.
    pub effect: Effect,
}

/// The effect of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Changes the row just written: SQL assignments, as after `set`.
    Set(String),
    /// Refuses the write with a text of its own.
    Refuse(String),
}

/// How the simulated account is set up and where it deviates.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may log in.
    pub credentials: Credentials,
    /// Zone of the integration user, in which SuiteQL shows and compares times.
    pub zone: String,
    /// How far the service's clock is ahead of the one given to it.
    pub clock_offset_seconds: i64,
    /// The price table has a currency column.
    pub pricing_currency: bool,
    /// What the account or role lacks: `table` or `table.column`.
    pub absent: Vec<String>,
    /// What it says of a table it lacks.
    pub absent_style: AbsentStyle,
    /// Tables whose rows the role cannot see: queries find none and report no error.
    pub denied_rows: Vec<String>,
    /// Record types, as addresses spell them, that the role may not open.
    pub denied_records: Vec<String>,
    /// What the role may not do: a record type, alone or after the method that is refused, e.g. `DELETE salesOrder`.
    pub denied_writes: Vec<String>,
    /// What forms ask for beyond the usual: a record type and its property; of lines, `item.` and the property.
    pub mandatory_fields: Vec<(String, String)>,
    /// The account's own scripts, in order.
    pub scripts: Vec<Script>,
    /// Last day of the books that are closed whatever the periods say, e.g. `2026-01-31`.
    pub locked_through: Option<String>,
    /// Numbers of customers and documents are given by the account and not taken from the caller.
    pub auto_numbers: bool,
    /// Letter of the status a new order has when none is sent.
    pub new_order_status: String,
    /// A discount rate of an order is a percentage instead of an amount.
    pub discount_is_percent: bool,
    /// Replacing the lines of a document is refused.
    pub refuse_replace: bool,
    /// An upsert says where the record is, as other writes do.
    pub upsert_location: bool,
    /// Seconds a job seems to take when a request is to be answered later.
    pub job_seconds: i64,
    /// Script id of the RESTlet that runs saved searches.
    pub search_script: String,
    /// Id of its deployment.
    pub search_deploy: String,
    /// ROWNUM works in the outermost query only.
    pub refuse_nested_rownum: bool,
    /// Window functions are refused.
    pub refuse_window: bool,
    /// `SYS_EXTRACT_UTC` of a column is refused, as a strict database would.
    pub refuse_extract_utc: bool,
    /// An offset past the end is answered 404 instead of with an empty page.
    pub past_end_not_found: bool,
    /// Five failed logins in a row lock the user for half an hour.
    pub lockout: bool,
    /// A used nonce is refused.
    pub check_nonces: bool,
    /// The limits shown to an administrator; without them the role is not one.
    pub concurrency: Option<ConcurrencyLimits>,
    /// Seed of the disorder of unordered rows.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credentials: Credentials::sandbox(),
            zone: "America/Los_Angeles".into(),
            clock_offset_seconds: 0,
            pricing_currency: false,
            absent: Vec::new(),
            absent_style: AbsentStyle::default(),
            denied_rows: Vec::new(),
            denied_records: Vec::new(),
            denied_writes: Vec::new(),
            mandatory_fields: Vec::new(),
            scripts: Vec::new(),
            locked_through: None,
            auto_numbers: true,
            new_order_status: "A".into(),
            discount_is_percent: false,
            refuse_replace: false,
            upsert_location: true,
            job_seconds: 0,
            search_script: "customscript_netwiz_search".into(),
            search_deploy: "customdeploy_netwiz_search".into(),
            refuse_nested_rownum: false,
            refuse_window: false,
            refuse_extract_utc: false,
            past_end_not_found: false,
            lockout: false,
            check_nonces: true,
            concurrency: None,
            seed: 1,
        }
    }
}

/// The simulated account.
pub struct NetSuite {
    settings: Settings,
    session: Arc<Zone>,
    now: Arc<AtomicI64>,
    world: Mutex<World>,
    logins: Mutex<Logins>,
}

/// The database and what is known about it.
struct World {
    conn: Connection,
    catalogue: Catalogue,
    /// What queries were translated to with this catalogue.
    translations: RefCell<suiteql::Translations>,
}

/// The login service.
#[derive(Default)]
struct Logins {
    memory: Memory,
    last_refusal: Option<Cause>,
}

impl NetSuite {
    /// Opens an account in memory, or in a file that is created or used again.
    ///
    /// # Errors
    ///
    /// Gives the reason in words when the zone is unknown or the database cannot be opened.
    pub fn open(path: Option<&Path>, mut settings: Settings) -> Result<Self, String> {
        if !settings.pricing_currency {
            settings.absent.push("pricing.currency".into());
        }
        let session = Arc::new(Zone::load(&settings.zone)?);
        let now = Arc::new(AtomicI64::new(0));
        let disorder = Arc::new(AtomicU64::new(settings.seed));
        let around = Surroundings { session: Arc::clone(&session), now: Arc::clone(&now), disorder };
        let opened = schema::open(path, &around).and_then(|conn| {
            let catalogue = Catalogue::read(&conn, &settings.absent)?;
            Ok(World { conn, catalogue, translations: RefCell::default() })
        });
        let world = opened.map_err(|e| format!("the sandbox database cannot be opened: {e}"))?;
        Ok(Self { settings, session, now, world: Mutex::new(world), logins: Mutex::default() })
    }

    /// Opens an account in memory that begins as this one is now; logins are not remembered.
    ///
    /// # Errors
    ///
    /// Gives the reason in words when the zone is unknown or the database cannot be copied.
    pub fn copy(&self, settings: Settings) -> Result<Self, String> {
        let copy = Self::open(None, settings)?;
        super::copy_database(&self.world().conn, &mut copy.world().conn)?;
        Ok(copy)
    }

    /// Gives access to the database, for filling it and for looking into it.
    pub fn with_database<T>(&self, f: impl FnOnce(&Connection) -> T) -> T {
        f(&self.world().conn)
    }

    /// Gives how the account is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Gives what the login audit trail would say about the last refused attempt.
    pub fn last_refusal(&self) -> Option<Cause> {
        self.logins().last_refusal
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn logins(&self) -> MutexGuard<'_, Logins> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the service's clock.
    fn clock(&self, now: Timestamp) -> i64 {
        now.as_second() + self.settings.clock_offset_seconds
    }

    /// Checks the login; gives `scheme://authority`, or the refusal.
    fn admit(&self, request: &Request, now: i64) -> Result<String, Reply> {
        let settings = &self.settings;
        let rules =
            oauth::Rules { credentials: &settings.credentials, check_nonces: settings.check_nonces, lockout: settings.lockout };
        let mut logins = self.logins();
        logins.memory.admit(request, now, rules).map_err(|cause| {
            logins.last_refusal = Some(cause);
            tracing::debug!(cause = cause.code(), "login refused");
            cause.reply(&oauth::realm(&settings.credentials.account), is_restlet(request))
        })
    }

    fn answer(&self, request: &Request, base: &str, now: Timestamp) -> Result<Reply, Refusal> {
        let path = request.path();
        if request.target.contains(' ') {
            return Err(Refusal::new(
                400,
                "USER_ERROR",
                "Error while accessing a resource. Invalid url. Spaces are not allowed in the URL.",
            ));
        }
        match (request.method.as_str(), path) {
            (_, restlet::ADDRESS) => {
                let mut world = self.world();
                self.refresh(&mut world)?;
                let host = restlet::Host {
                    conn: &world.conn,
                    catalogue: &world.catalogue,
                    settings: &self.settings,
                    now: now + jiff::SignedDuration::from_secs(self.settings.clock_offset_seconds),
                };
                Ok(restlet::handle(request, &host))
            }
            (_, path) if path.starts_with(RESTLETS) => {
                Ok(errors::restlet(400, "SSS_INVALID_SCRIPTLET_ID", "That Suitelet is invalid, disabled, or no longer exists."))
            }
            ("OPTIONS", "/services/rest/*") => Ok(Reply { status: 204, headers: Vec::new(), body: Vec::new() }),
            ("GET", "/services/rest/system/v1/serverTime") => {
                let seconds = zone::format(self.clock(now)).replace(' ', "T");
                let time = format!("{seconds}.{:03}Z", now.subsec_millisecond().max(0));
                Ok(Reply::new(
                    200,
                    "application/vnd.oracle.resource+json; type=singular",
                    json!({"serverTime": time}).to_string(),
                ))
            }
            ("GET", "/services/rest/system/v1/governanceLimits") => self.limits(),
            (method, "/services/rest/system/v1/serverTime" | "/services/rest/system/v1/governanceLimits") => {
                Err(Refusal::method(method))
            }
            (_, "/services/rest/query/v1/suiteql") => {
                let mut world = self.world();
                self.refresh(&mut world)?;
                let session = suiteql::Session {
                    conn: &world.conn,
                    catalogue: &world.catalogue,
                    settings: &self.settings,
                    zone: &self.session,
                    now: self.clock(now),
                    translations: &world.translations,
                };
                suiteql::handle(request, &format!("{base}{path}"), &session)
            }
            (_, path) if path.starts_with(records::ROOT) => {
                let mut world = self.world();
                self.refresh(&mut world)?;
                let service = records::Service {
                    conn: &world.conn,
                    catalogue: &world.catalogue,
                    settings: &self.settings,
                    zone: &self.session,
                    now: self.clock(now),
                    base,
                };
                if jobs::is_wanted(request) {
                    let run = || records::handle(request, &service).unwrap_or_else(|refusal| refusal.reply());
                    return self.jobs(&world, base, now).submit(request, run);
                }
                records::handle(request, &service)
            }
            (_, path) if path.starts_with(jobs::ROOT) => self.jobs(&self.world(), base, now).handle(request),
            _ => Err(Refusal::new(404, "NONEXISTENT_ID", "The requested resource does not exist.")),
        }
    }

    fn jobs<'a>(&self, world: &'a World, base: &'a str, now: Timestamp) -> jobs::Jobs<'a> {
        jobs::Jobs { conn: &world.conn, now: self.clock(now), seconds: self.settings.job_seconds, base }
    }

    /// Reads the catalogue again when someone changed the schema.
    fn refresh(&self, world: &mut World) -> Result<(), Refusal> {
        let renew = || -> rusqlite::Result<Option<Catalogue>> {
            Ok(if world.catalogue.is_stale(&world.conn)? {
                Some(Catalogue::read(&world.conn, &self.settings.absent)?)
            } else {
                None
            })
        };
        if let Some(catalogue) = renew().map_err(|_| Refusal::unexpected())? {
            world.catalogue = catalogue;
            world.translations = RefCell::default();
        }
        Ok(())
    }

    fn limits(&self) -> Result<Reply, Refusal> {
        let Some(limits) = self.settings.concurrency else {
            return Err(Refusal::new(
                403,
                "INSUFFICIENT_PERMISSION",
                "Permission Violation: You need a higher level of the 'Set Up Company' permission to access this page.",
            ));
        };
        let mut body = json!({
            "accountConcurrencyLimit": limits.account,
            "accountUnallocatedConcurrencyLimit": limits.unallocated,
            "integrationLimitType": if limits.integration.is_some() { "integrationSpecific" } else { "accountLimit" },
        });
        if let (Some(limit), Some(members)) = (limits.integration, body.as_object_mut()) {
            members.insert("integrationConcurrencyLimit".into(), limit.into());
        }
        Ok(Reply::new(200, "application/vnd.oracle.resource+json; type=singular", body.to_string()))
    }
}

fn is_restlet(request: &Request) -> bool {
    request.path().starts_with(RESTLETS)
}

impl Remote for NetSuite {
    fn name(&self) -> &'static str {
        "netsuite"
    }

    fn handle(&self, request: &Request, now: Timestamp) -> Reply {
        self.now.store(self.clock(now), Ordering::Relaxed);
        let reply = match self.admit(request, self.clock(now)) {
            Ok(base) => self.answer(request, &base, now).unwrap_or_else(|refusal| refusal.reply()),
            Err(refused) => refused,
        };
        // Its own clock stamps its answers, also where it refuses to log in.
        let own = Timestamp::from_second(self.clock(now)).unwrap_or(now).to_zoned(jiff::tz::TimeZone::UTC);
        reply.with_header("date", own.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    fn too_many(&self, request: &Request) -> Reply {
        if is_restlet(request) {
            errors::restlet(400, "SSS_REQUEST_LIMIT_EXCEEDED", "Request Limit Exceeded")
        } else {
            errors::too_many()
        }
    }

    /// Runs SQL on the database, all of it or nothing. Times are UTC text; `sim_now()` is the service's clock.
    fn edit(&self, script: &str, now: Timestamp) -> Result<(), String> {
        self.now.store(self.clock(now), Ordering::Relaxed);
        let mut world = self.world();
        let mut run = || -> rusqlite::Result<()> {
            let transaction = world.conn.transaction()?;
            transaction.execute_batch(script)?;
            transaction.commit()
        };
        run().map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests;
