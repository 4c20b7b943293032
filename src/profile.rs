//! A profile's tools, put together from its settings: the two clients and the flows.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::config::{Extension, InactiveItems, ItemType, SecretName, Settings};
use crate::entities::inventory::{self, Inventory};
use crate::entities::products::{self, Products};
use crate::entities::{Flow as _, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Gate, Learned, Network, Origin, Remote, Schedule, Stop, Transport};
use crate::model::{Clock, Direction, EntityKind, Entropy};
use crate::netsuite::{Keys, NetSuite, suiteql};
use crate::sync::report::FlowReport;
use crate::sync::{Engine, Task};
use crate::wizcommerce::WizCommerce;

/// Entities that have a flow in this version, in dependency order.
pub const FLOWS: [(EntityKind, Direction); 2] =
    [(EntityKind::Products, Direction::Pull), (EntityKind::Inventory, Direction::Pull)];

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

/// Makes the products flow.
///
/// # Errors
///
/// When the configured condition is not one that may be sent, or no price level is mapped.
pub fn products(settings: &Settings) -> Result<Products> {
    let section = &settings.products;
    if settings.catalogs.price_lists.is_empty() {
        return Err(Error::new(ErrorKind::Config, "no price level is mapped to a price list")
            .hint("map at least the base price under `[profile.<name>.catalogs]`, e.g. `\"1\" = \"BASE\"`"));
    }
    if section.saved_search.is_some() {
        return Err(Error::new(ErrorKind::Config, "`products.saved-search` is not available in this version")
            .hint("choose the items with `products.where`"));
    }
    let filter = section.filter.as_deref().map(|text| suiteql::predicate("products.where", text, "i")).transpose()?;
    Ok(Products::new(products::Settings {
        types: section.types.iter().map(|kind| kind.word().to_owned()).collect(),
        filter,
        subsidiaries: settings.netsuite.subsidiaries.clone(),
        variants: section.variants,
        image_columns: section.image_columns.clone(),
        attributes: section.attributes.clone(),
        inactive_only_linked: section.inactive == InactiveItems::Linked,
        category_column: section.category_column.clone(),
        catalogs: settings
            .catalogs
            .price_lists
            .iter()
            .map(|(key, list)| (key.price_level.clone(), key.currency.clone(), list.clone()))
            .collect(),
        app_url: format!("https://{}.app.netsuite.com", settings.netsuite.account.host()),
    }))
}

/// Makes the inventory flow.
pub fn inventory(settings: &Settings) -> Inventory {
    let paths = &settings.wizcommerce.extension_paths;
    Inventory::new(inventory::Settings {
        locations: settings.inventory.locations.clone(),
        batch_size: usize::from(settings.inventory.batch_size),
        warehouses: settings
            .wizcommerce
            .has(Extension::WarehouseInventories)
            .then(|| (paths.warehouses.clone(), paths.warehouse_inventories.clone())),
        kits: settings.products.types.contains(&ItemType::Kit),
    })
}

/// Runs one entity's flows. The report comes also with an error: what was complete is committed.
///
/// # Errors
///
/// When the flow's settings do not fit, so that there is nothing to report.
pub async fn run(
    engine: &mut Engine<'_>,
    settings: &Settings,
    entity: EntityKind,
    task: &Task,
) -> Result<(FlowReport, Option<Error>)> {
    match entity {
        EntityKind::Products => {
            let mut flow = products(settings)?;
            Ok(Box::pin(engine.run(&mut flow, task)).await)
        }
        EntityKind::Inventory => {
            let mut flow = inventory(settings);
            Ok(Box::pin(engine.run(&mut flow, task)).await)
        }
        other => Err(Error::new(ErrorKind::Usage, format!("{other} cannot be synced in this version"))
            .hint(format!("what can be synced: {}", FLOWS.map(|(entity, _)| entity.name()).join(", ")))),
    }
}

/// Names the records an entity's named ones depend on and that are not linked yet: they are brought first.
///
/// # Errors
///
/// When the state file cannot be read.
pub fn missing_parents(
    engine: &Engine<'_>,
    settings: &Settings,
    entity: EntityKind,
    task: &Task,
) -> Result<Option<(EntityKind, Task)>> {
    let (EntityKind::Inventory, Task::Named(wanted)) = (entity, task) else { return Ok(None) };
    let Some(parent) = inventory(settings).parent() else { return Ok(None) };
    let mut missing = Vec::new();
    for wanted in wanted {
        match wanted {
            Wanted::Ids(ids) => {
                let mut unlinked = BTreeSet::new();
                for id in ids {
                    if engine.state.link(parent.name(), crate::model::NetSuiteId(*id))?.is_none() {
                        unlinked.insert(*id);
                    }
                }
                if !unlinked.is_empty() {
                    missing.push(Wanted::Ids(unlinked.into_iter().collect()));
                }
            }
            Wanted::Key(key) => {
                if engine.state.link_by_key(parent.name(), key)?.is_none() {
                    missing.push(wanted.clone());
                }
            }
        }
    }
    Ok((!missing.is_empty()).then_some((parent, Task::Named(missing))))
}
