//! The settings of the two remote systems.

use jiff::tz::TimeZone;

use crate::config::account::Account;
use crate::config::part::Part;
use crate::config::values::{account, api_path, count, id, list_of, script_id, timezone, url, word};
use crate::config::word::words;
use crate::error::Result;

words! {
    /// Whether a profile works on live data. It is always written, there is no default.
    Environment {
        /// A test account: mistakes are cheap.
        Sandbox = "sandbox",
        /// The live systems of a business.
        Production = "production",
    }
}

words! {
    /// How requests to NetSuite are authenticated.
    Auth {
        /// Token-based authentication: consumer key and secret, token id and secret.
        Tba = "tba",
        /// OAuth 2.0 client credentials with a certificate: consumer key, certificate id, private key.
        Oauth2 = "oauth2",
    }
}

words! {
    /// A part of the WizCommerce API that is not in its public documentation and is off unless listed.
    Extension {
        /// Quotes, the WizCommerce side of estimates.
        Quotes = "quotes",
        /// Payments as records of their own.
        Payments = "payments",
        /// Credit memos.
        CreditMemos = "credit-memos",
        /// Warehouses and the stock of a SKU in each of them.
        WarehouseInventories = "warehouse-inventories",
        /// Components of a kit as part of its product.
        Kits = "kits",
    }
}

/// The settings under `[profile.<name>.netsuite]`.
#[derive(Debug, Clone)]
pub struct NetSuite {
    /// The account, `account`. Required.
    pub account: Account,
    /// The way of signing requests, `auth`. Default `tba`.
    pub auth: Auth,
    /// The ceiling of requests in flight, `concurrency`, 1 to 50. Default 20.
    pub concurrency: u16,
    /// The zone of the integration user, `timezone`, in which NetSuite answers with local times. Default
    /// `America/Los_Angeles`.
    pub timezone: TimeZone,
    /// Internal IDs of the subsidiaries in scope, `subsidiaries`, in the order written: a customer created in NetSuite goes
    /// to the first. Empty (the default): all.
    pub subsidiaries: Vec<String>,
    /// Scheme, host and port for records and queries, `rest-url`, without a closing slash. Default: from the account.
    pub rest_url: String,
    /// Scheme, host and port for RESTlets, `restlet-url`, without a closing slash. Default: from the account.
    pub restlet_url: String,
    /// The RESTlet that serves saved searches, `restlet`.
    pub restlet: Restlet,
}

/// The RESTlet that serves saved searches, by the ids of its script and deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restlet {
    /// The script, `script`: script id or number. Default `customscript_netwiz_search`.
    pub script: String,
    /// The deployment, `deploy`: script id or number. Default `customdeploy_netwiz_search`.
    pub deploy: String,
}

impl NetSuite {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let mut part = root.table(
            "netsuite",
            &[
                "account",
                "auth",
                "concurrency",
                "timezone",
                "subsidiaries",
                "rest-url",
                "restlet-url",
                "restlet",
                "consumer-key-command",
                "consumer-secret-command",
                "token-id-command",
                "token-secret-command",
                "private-key-command",
            ],
        )?;
        let account = part.required("account", account, "write the account id, as `account = \"1234567_SB1\"`")?;
        let host = |service: &str| format!("https://{}.{service}.api.netsuite.com", account.host());
        let (rest, restlets) = (host("suitetalk"), host("restlets"));
        let auth = part.value("auth", word)?;
        let concurrency = part.value("concurrency", count(1..=50))?;
        let timezone = part.value("timezone", timezone)?;
        let subsidiaries = part.value("subsidiaries", list_of(id))?;
        let rest_url = part.derived("rest-url", url, rest, "from the account")?;
        let restlet_url = part.derived("restlet-url", url, restlets, "from the account")?;
        let mut part = part.table("restlet", &["script", "deploy"])?;
        let restlet = Restlet { script: part.value("script", script_id)?, deploy: part.value("deploy", script_id)? };
        Ok(Self { account, auth, concurrency, timezone, subsidiaries, rest_url, restlet_url, restlet })
    }
}

/// The settings under `[profile.<name>.wizcommerce]`.
#[derive(Debug, Clone)]
pub struct WizCommerce {
    /// Scheme, host and port of the API, `base-url`, without a closing slash. Default `https://api.wizcommerce.com`.
    pub base_url: String,
    /// The ceiling of requests in flight, `concurrency`, 1 to 50. Default 8.
    pub concurrency: u16,
    /// The extensions that are on, `extensions`, in their fixed order. Default: none.
    pub extensions: Vec<Extension>,
    /// Where the extensions are found, `extension-paths`.
    pub extension_paths: ExtensionPaths,
}

/// The paths of the extensions below the base address, each beginning with a slash and ending without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionPaths {
    /// Quotes. Default `/v1/quotes`.
    pub quotes: String,
    /// Payments. Default `/v1/payments`.
    pub payments: String,
    /// Credit memos. Default `/v1/credit-memos`.
    pub credit_memos: String,
    /// Warehouses, part of the extension `warehouse-inventories`. Default `/v1/warehouses`.
    pub warehouses: String,
    /// Stock per warehouse. Default `/v1/warehouse-inventories`.
    pub warehouse_inventories: String,
}

impl WizCommerce {
    pub(super) fn read(root: &mut Part<'_, '_>) -> Result<Self> {
        let known = ["base-url", "concurrency", "extensions", "extension-paths", "api-key-command", "webhook-secret-command"];
        let mut part = root.table("wizcommerce", &known)?;
        let base_url = part.value("base-url", url)?;
        let concurrency = part.value("concurrency", count(1..=50))?;
        let mut extensions: Vec<Extension> = part.value("extensions", list_of(word))?;
        extensions.sort_unstable();
        let known = ["quotes", "payments", "credit-memos", "warehouses", "warehouse-inventories"];
        let mut part = part.table("extension-paths", &known)?;
        let extension_paths = ExtensionPaths {
            quotes: part.value("quotes", api_path)?,
            payments: part.value("payments", api_path)?,
            credit_memos: part.value("credit-memos", api_path)?,
            warehouses: part.value("warehouses", api_path)?,
            warehouse_inventories: part.value("warehouse-inventories", api_path)?,
        };
        Ok(Self { base_url, concurrency, extensions, extension_paths })
    }

    /// Tells whether an extension is on.
    pub fn has(&self, extension: Extension) -> bool {
        self.extensions.contains(&extension)
    }
}
