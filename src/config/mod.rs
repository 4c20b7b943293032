//! Configuration: flags, environment, profile and defaults become [`Settings`], each value with its origin.
//!
//! A caller collects [`Inputs`], calls [`Settings::load`] and asks the settings for a [`Secret`] where one is used. Nothing
//! here depends on the rest of the program, and nothing but [`Inputs::from_process`] reads the process it runs in.
//!
//! ```text
//! flag, environment ─┐
//! profile (file.rs) ─┼─> part.rs: value by value, checked by values.rs ─> remotes.rs, entities.rs ─> Settings
//! builtin.rs ────────┘                └─> listing, with origins
//! environment, commands, credentials.rs ─> secret.rs
//! ```

mod account;
mod builtin;
mod credentials;
mod entities;
mod file;
mod inputs;
mod part;
mod profiles;
mod remotes;
mod secret;
mod secret_command;
mod suggest;
mod values;
mod word;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

pub use crate::config::account::Account;
pub use crate::config::entities::{
    CatalogKey, Catalogs, ConflictWinner, Customers, Estimates, InactiveItems, InitialStatus, Inventory, ItemType,
    MandatoryField, OrderStatus, Orders, Payments, Products, SalesReps,
};
pub use crate::config::inputs::Inputs;
pub use crate::config::remotes::{Auth, Environment, Extension, ExtensionPaths, NetSuite, Restlet, WizCommerce};
pub use crate::config::secret::{Secret, SecretName, SecretSource};
pub use crate::config::values::IdMapping;

use crate::config::file::{Document, Place};
use crate::config::part::Part;
use crate::config::profiles::Profiles;
use crate::config::secret::{Command, Secrets};
use crate::error::Result;

/// One resolved setting, as `config show` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The dotted key within the profile, e.g. `netsuite.account`.
    pub key: String,
    /// The value in use as it was written, `not set`, or for a secret only whether it is set.
    pub value: String,
    /// The flag, variable, file and line, or rule that decided.
    pub origin: String,
}

/// The settings of one profile, checked and complete.
///
/// Loading runs no command and contacts nobody.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the profile.
    pub profile: String,
    /// Whether it works on live data, `environment`. Required.
    pub environment: Environment,
    /// The configuration file; the built-in profile has none, and then it may not exist.
    pub config_file: PathBuf,
    /// The credentials file beside it; it may not exist.
    pub credentials_file: PathBuf,
    /// The state file; its folder may not exist yet.
    pub state: PathBuf,
    /// NetSuite and how to reach it.
    pub netsuite: NetSuite,
    /// WizCommerce and how to reach it.
    pub wizcommerce: WizCommerce,
    /// The date the WizCommerce API key lapses, `wizcommerce-api-key-lapses` in the credentials file. Absent: unknown.
    pub api_key_lapses: Option<Date>,
    /// Products and kits.
    pub products: Products,
    /// Price levels and price lists.
    pub catalogs: Catalogs,
    /// Customers.
    pub customers: Customers,
    /// Employees and sales reps.
    pub sales_reps: SalesReps,
    /// Orders, and the scope of the documents that hang off them.
    pub orders: Orders,
    /// Estimates.
    pub estimates: Estimates,
    /// Inventory.
    pub inventory: Inventory,
    /// Payments.
    pub payments: Payments,
    secrets: Secrets,
    listing: Vec<Setting>,
}

impl Settings {
    /// Resolves the settings of the profile the inputs name.
    ///
    /// # Errors
    ///
    /// Gives [`crate::error::ErrorKind::Config`] for everything that is missing, mistyped or contradictory, with the file,
    /// line and key it is about.
    pub fn load(inputs: &Inputs) -> Result<Self> {
        let config = inputs.config_file()?;
        let text = file::read(&config.value)?;
        let document = text.as_deref().map(|text| Document::parse(Place::File(config.value.clone()), text)).transpose()?;
        let built_in = Document::parse(Place::BuiltIn("built-in profile"), builtin::SANDBOX_PROFILE)?;
        let defaults = Document::parse(Place::BuiltIn(part::BUILT_IN), builtin::DEFAULTS)?;
        let profiles = Profiles::of(document.as_ref(), &built_in)?;
        let chosen = profiles.choose(inputs.profile(), &config.value)?;
        let credentials_file = config.value.with_file_name("credentials.toml");
        let state = inputs.state_file(&chosen.name)?;

        let mut listing = Vec::new();
        let mut list = |key: &str, value: String, origin: &str| {
            listing.push(Setting { key: key.to_owned(), value, origin: origin.to_owned() });
        };
        list("profile", chosen.name.clone(), &chosen.origin);
        list("config", config.value.display().to_string(), &config.origin);
        list("state", state.value.display().to_string(), &state.origin);

        let known = [
            "environment",
            "netsuite",
            "wizcommerce",
            "products",
            "catalogs",
            "customers",
            "sales-reps",
            "orders",
            "estimates",
            "inventory",
            "payments",
        ];
        let mut root = Part::root(chosen.section, defaults.root(), &known, &mut listing)?;
        let hint = "write `environment = \"sandbox\"` or `environment = \"production\"`; there is no default";
        let environment = root.required("environment", values::word, hint)?;
        let netsuite = NetSuite::read(&mut root)?;
        let wizcommerce = WizCommerce::read(&mut root)?;
        let products = Products::read(&mut root)?;
        let catalogs = Catalogs::read(&mut root)?;
        let customers = Customers::read(&mut root)?;
        let sales_reps = SalesReps::read(&mut root)?;
        let orders = Orders::read(&mut root)?;
        let estimates = Estimates::read(&mut root)?;
        let inventory = Inventory::read(&mut root)?;
        let payments = Payments::read(&mut root)?;
        let commands = commands(&mut root)?;

        let secrets = Secrets::new(&chosen.name, &credentials_file);
        let mut api_key_lapses = None;
        let secrets = if chosen.name == builtin::SANDBOX {
            // Real secrets in the environment are not for the simulators, which would refuse them anyway.
            secrets.with_built_in(&inputs.builtin_secrets)
        } else {
            let credentials = credentials::read(&credentials_file, &chosen.name)?;
            if let Some((date, origin)) = credentials.lapses {
                listing.push(Setting { key: "wizcommerce.api-key-lapses".to_owned(), value: date.to_string(), origin });
                api_key_lapses = Some(date);
            }
            secrets.with_environment(&inputs.environment)?.with_commands(commands).with_credentials(credentials.secrets)
        };
        Ok(Self {
            profile: chosen.name,
            environment,
            config_file: config.value,
            credentials_file,
            state: state.value,
            netsuite,
            wizcommerce,
            api_key_lapses,
            products,
            catalogs,
            customers,
            sales_reps,
            orders,
            estimates,
            inventory,
            payments,
            secrets,
            listing,
        })
    }

    /// Gives the names of the profiles in the configuration file, in order, and the built-in one last.
    ///
    /// # Errors
    ///
    /// Gives the error of a file that cannot be read or whose profiles are named wrongly; what they hold is not checked.
    pub fn profiles(inputs: &Inputs) -> Result<Vec<String>> {
        let config = inputs.config_file()?;
        let text = file::read(&config.value)?;
        let document = text.as_deref().map(|text| Document::parse(Place::File(config.value.clone()), text)).transpose()?;
        let built_in = Document::parse(Place::BuiltIn("built-in profile"), builtin::SANDBOX_PROFILE)?;
        Ok(Profiles::of(document.as_ref(), &built_in)?.names().map(str::to_owned).collect())
    }

    /// Tells whether this is the built-in profile, whose remotes the program runs itself.
    pub fn is_builtin_sandbox(&self) -> bool {
        self.profile == builtin::SANDBOX
    }

    /// Points the settings at servers of the program's own: scheme, host and port of each.
    ///
    /// # Errors
    ///
    /// Holds the addresses to the rules of the file: https, or http on loopback.
    pub fn point_at(&mut self, netsuite: &str, wizcommerce: &str) -> Result<()> {
        let netsuite = values::checked_url(netsuite)?;
        let wizcommerce = values::checked_url(wizcommerce)?;
        for setting in &mut self.listing {
            let address = match setting.key.as_str() {
                "netsuite.rest-url" | "netsuite.restlet-url" => &netsuite,
                "wizcommerce.base-url" => &wizcommerce,
                _ => continue,
            };
            setting.value.clone_from(address);
            "started by this program".clone_into(&mut setting.origin);
        }
        self.netsuite.rest_url.clone_from(&netsuite);
        self.netsuite.restlet_url = netsuite;
        self.wizcommerce.base_url = wizcommerce;
        Ok(())
    }

    /// Gives the secrets this profile cannot work without.
    pub fn needed_secrets(&self) -> Vec<SecretName> {
        let netsuite: &[SecretName] = match self.netsuite.auth {
            Auth::Tba => &[
                SecretName::NetSuiteConsumerKey,
                SecretName::NetSuiteConsumerSecret,
                SecretName::NetSuiteTokenId,
                SecretName::NetSuiteTokenSecret,
            ],
            Auth::Oauth2 => &[SecretName::NetSuiteConsumerKey, SecretName::NetSuiteCertificateId, SecretName::NetSuitePrivateKey],
        };
        netsuite.iter().copied().chain([SecretName::WizCommerceApiKey]).collect()
    }

    /// Gives the place a secret would come from, without opening or running anything.
    pub fn secret_source(&self, name: SecretName) -> Option<&SecretSource> {
        self.secrets.source(name)
    }

    /// Fetches a secret from its place; a command runs at most once in the life of these settings, and blocks.
    ///
    /// # Errors
    ///
    /// Gives [`crate::error::ErrorKind::Credentials`] when the secret is nowhere or its place does not give it.
    pub fn secret(&self, name: SecretName) -> Result<Secret> {
        self.secrets.get(name)
    }

    /// Gives every setting with its value and origin; secrets only as set or not, and no command is run.
    ///
    /// Secrets the profile does not need are listed only when they are set. The order is that of the documentation.
    pub fn listing(&self) -> Vec<Setting> {
        let needed = self.needed_secrets();
        let secrets = SecretName::ALL.into_iter().filter(|name| {
            needed.contains(name) || *name == SecretName::WizCommerceWebhookSecret || self.secrets.source(*name).is_some()
        });
        self.listing.iter().cloned().chain(secrets.map(|name| self.secrets.setting(name))).collect()
    }
}

/// Gives the commands of the profile that print secrets.
fn commands(root: &mut Part<'_, '_>) -> Result<BTreeMap<SecretName, Command>> {
    let mut commands = BTreeMap::new();
    for name in SecretName::ALL {
        let Some((table, key)) = name.command_key() else { continue };
        let command =
            root.open(table)?.unlisted(&key, |item| Ok(Command { argv: values::command(item)?, position: item.position() }))?;
        commands.extend(command.map(|command| (name, command)));
    }
    Ok(commands)
}

#[cfg(test)]
mod tests;
