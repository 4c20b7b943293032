//! A profile's tools, put together from its settings: the two clients, and the flows (in `flows`).

mod flows;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::{SecretName, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Gate, Learned, Network, Origin, Remote, Schedule, Stop, Transport};
use crate::model::{Clock, Entropy};
use crate::netsuite::{Keys, NetSuite};
use crate::wizcommerce::WizCommerce;

pub use flows::{FLOWS, ProfileFlows, check, inventory, products};

/// What comes in from outside: time, randomness, the wish to stop, and the pace of retries.
#[derive(Clone)]
pub struct Surroundings {
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The wish to stop.
    pub stop: Stop,
    /// Waits between attempts.
    pub schedule: Schedule,
}

/// A SuiteQL page may take minutes on a slow account; NetSuite itself gives up after fifteen.
const NETSUITE_TIMEOUT: Duration = Duration::from_secs(300);
/// Clean rounds of requests after which WizCommerce is asked for one more at once.
const PATIENCE: usize = 25;
const WIZCOMMERCE_TIMEOUT: Duration = Duration::from_secs(60);

/// Names the pair of accounts that a state file is about.
pub fn owner(settings: &Settings) -> String {
    let target = settings.wizcommerce.base_url.as_str();
    // The port of a simulator or tunnel changes from start to start and says nothing about whose data it is.
    let target = if Origin::of(target).is_loopback() { "a WizCommerce on this machine" } else { target };
    format!("NetSuite {} and {target}", settings.netsuite.account.realm())
}

/// Opens the network for the base addresses of one remote, and no other.
///
/// # Errors
///
/// When the TLS library cannot start.
pub fn network(base_urls: &[&str], timeout: Duration) -> Result<Rc<dyn Transport>> {
    Ok(Rc::new(Network::new(base_urls.iter().map(|url| Origin::of(url)).collect(), timeout)?))
}

fn secret(settings: &Settings, name: SecretName) -> Result<SecretString> {
    settings.secret(name).map(|secret| SecretString::from(secret.expose().to_owned()))
}

/// Makes the NetSuite client; the network is used when no other transport is given.
///
/// # Errors
///
/// When a secret is missing or cannot be read.
pub fn netsuite(
    settings: &Settings,
    transport: Option<Rc<dyn Transport>>,
    learned: Option<Learned>,
    surroundings: &Surroundings,
) -> Result<NetSuite> {
    let section = &settings.netsuite;
    if section.auth == crate::config::Auth::Oauth2 {
        return Err(Error::new(ErrorKind::Config, "`auth = \"oauth2\"` is not available in this version")
            .hint("set `auth = \"tba\"` and use a token of token-based authentication"));
    }
    let keys = Keys {
        realm: section.account.realm().to_owned(),
        consumer_key: secret(settings, SecretName::NetSuiteConsumerKey)?,
        consumer_secret: secret(settings, SecretName::NetSuiteConsumerSecret)?,
        token_id: secret(settings, SecretName::NetSuiteTokenId)?,
        token_secret: secret(settings, SecretName::NetSuiteTokenSecret)?,
    };
    let transport = match transport {
        Some(transport) => transport,
        None => network(&[&section.rest_url, &section.restlet_url], NETSUITE_TIMEOUT)?,
    };
    let gate = Gate::new(usize::from(section.concurrency), learned);
    let remote = remote("NetSuite", transport, gate, surroundings);
    let netsuite = NetSuite::new(remote, keys, &section.rest_url, Arc::clone(&surroundings.clock));
    Ok(netsuite.with_restlet(&section.restlet_url, &section.restlet.script, &section.restlet.deploy))
}

/// Makes the WizCommerce client; the network is used when no other transport is given.
///
/// # Errors
///
/// When the key is missing or cannot be read.
pub fn wizcommerce(
    settings: &Settings,
    transport: Option<Rc<dyn Transport>>,
    learned: Option<Learned>,
    surroundings: &Surroundings,
) -> Result<WizCommerce> {
    let section = &settings.wizcommerce;
    let key = secret(settings, SecretName::WizCommerceApiKey)?;
    let transport = match transport {
        Some(transport) => transport,
        None => network(&[&section.base_url], WIZCOMMERCE_TIMEOUT)?,
    };
    // What its refusals count is not documented, so a bad moment must not narrow the gate for good.
    let gate = Gate::new(usize::from(section.concurrency), learned).patient(PATIENCE);
    let remote = remote("WizCommerce", transport, gate, surroundings);
    Ok(WizCommerce::new(remote, &section.base_url, key))
}

fn remote(name: &'static str, transport: Rc<dyn Transport>, gate: Gate, surroundings: &Surroundings) -> Remote {
    Remote::new(name, transport, gate, surroundings.schedule, Arc::clone(&surroundings.entropy), surroundings.stop.clone())
}
