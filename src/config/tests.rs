//! Whole configurations, from a folder to settings or a refusal.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::error::{Error, ErrorKind};

/// A folder with a configuration file, and the inputs that lead to it.
struct Home {
    folder: tempfile::TempDir,
    inputs: Inputs,
}

impl Home {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inputs =
            Inputs { config: Some(folder.path().to_owned()), state_home: Some(folder.path().join("state")), ..Inputs::default() };
        Self { folder, inputs }
    }

    fn with(config: &str) -> Self {
        let home = Self::empty();
        std::fs::write(home.folder.path().join("config.toml"), config).unwrap();
        home
    }

    /// A complete profile `acme` with more text below its own tables.
    fn acme(more: &str) -> Self {
        Self::with(&format!("{ACME}{more}")).profile("acme")
    }

    fn profile(mut self, name: &str) -> Self {
        self.inputs.profile = Some(name.to_owned());
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.inputs.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn load(&self) -> Settings {
        Settings::load(&self.inputs).unwrap()
    }

    /// The error, with the folder's name taken out of its message.
    fn refusal(&self) -> (Error, String) {
        let error = Settings::load(&self.inputs).unwrap_err();
        let message = error.to_string().replace(&format!("{}/", self.folder.path().display()), "");
        (error, message)
    }
}

/// Four lines, so what a test adds begins at line 5.
const ACME: &str = "[profile.acme]\nenvironment = \"sandbox\"\n[profile.acme.netsuite]\naccount = \"1234567-sb1\"\n";

/// Every key there is.
const FULL: &str = r#"
default-profile = "acme"

[profile.acme]
environment = "production"

[profile.acme.netsuite]
account = "1234567"
auth = "oauth2"
concurrency = 4
timezone = "Europe/Zurich"
subsidiaries = ["7", "1"]
rest-url = "http://127.0.0.1:8081/"
restlet-url = "http://localhost:8082"
restlet = { script = "customscript_x", deploy = "12" }
consumer-key-command = ["op", "read", "op://a/b"]
private-key-command = ["cat", "key.pem"]

[profile.acme.wizcommerce]
base-url = "https://proxy.example"
concurrency = 50
extensions = ["kits", "quotes"]
extension-paths = { quotes = "/v3/quotes" }
webhook-secret-command = ["pass", "hook"]

[profile.acme.products]
types = ["Kit"]
where = "custitem_b2b = 'T'"
saved-search = "customsearch_wc_items"
variants = false
image-columns = ["custitem_image_url"]
attributes = { "UPC" = "UpcCode" }
inactive = "linked"
category-column = "class"
price-sweep = "1d"

[profile.acme.catalogs]
"1" = "BASE"
"5" = "WHOLESALE"
"5:EUR" = "WHOLESALE-EUR"
default = "BASE"

[profile.acme.customers]
where = "category = '3'"
required = ["address"]
conflict = "latest"
attributes = { "Territory" = "custentity_territory" }
create-fields = { entityStatus = { id = "13" } }

[profile.acme.sales-reps]
"12" = "ana@acme.example"
default = "house@acme.example"

[profile.acme.orders]
linked = true
start-date = "2026-01-01"
initial-status = "B"
pull-statuses = ["B", "H"]
discount-item = "77"
adhoc-item = "9999"
charge-items = { "Handling" = "88" }
ship-methods = { "UPS Ground" = "38", default = "39" }
attributes = { "Cost centre" = "custbody_costCentre" }
create-fields = { location = { id = "2" }, memo = "web", rank = 3 }

[profile.acme.estimates]
create-fields = { location = { id = "3" } }

[profile.acme.inventory]
locations = ["1", "2"]
batch-size = 500

[profile.acme.payments]
push = false
methods = { "VISA" = "5", default = "4" }
account = "122"
create-fields = { memo = "web" }
"#;

#[test]
fn every_key_is_read() {
    let settings = Home::with(FULL).load();
    assert_eq!((settings.profile.as_str(), settings.environment), ("acme", Environment::Production));

    let netsuite = &settings.netsuite;
    assert_eq!((netsuite.account.realm(), netsuite.auth, netsuite.concurrency), ("1234567", Auth::Oauth2, 4));
    assert_eq!(netsuite.timezone.iana_name(), Some("Europe/Zurich"));
    assert_eq!(netsuite.subsidiaries, ["7", "1"]);
    assert_eq!((netsuite.rest_url.as_str(), netsuite.restlet_url.as_str()), ("http://127.0.0.1:8081", "http://localhost:8082"));
    assert_eq!(netsuite.restlet, Restlet { script: "customscript_x".into(), deploy: "12".into() });

    let wizcommerce = &settings.wizcommerce;
    assert_eq!((wizcommerce.base_url.as_str(), wizcommerce.concurrency), ("https://proxy.example", 50));
    assert_eq!(wizcommerce.extensions, [Extension::Quotes, Extension::Kits]);
    assert!(wizcommerce.has(Extension::Kits) && !wizcommerce.has(Extension::Payments));
    assert_eq!(wizcommerce.extension_paths.quotes, "/v3/quotes");
    assert_eq!(wizcommerce.extension_paths.payments, "/v1/payments");

    let products = &settings.products;
    assert_eq!(products.types, [ItemType::Kit]);
    assert_eq!(products.filter.as_deref(), Some("custitem_b2b = 'T'"));
    assert_eq!(products.saved_search.as_deref(), Some("customsearch_wc_items"));
    assert!(!products.variants);
    assert_eq!(products.image_columns, ["custitem_image_url"]);
    assert_eq!(products.attributes["UPC"], "upccode");
    assert_eq!((products.inactive, products.category_column.as_deref()), (InactiveItems::Linked, Some("class")));
    assert_eq!(products.price_sweep, Duration::from_secs(86_400));

    assert_eq!(settings.catalogs.price_list("5", None), Some("WHOLESALE"));
    assert_eq!(settings.catalogs.price_list("5", Some("EUR")), Some("WHOLESALE-EUR"));
    assert_eq!(settings.catalogs.price_list("6", None), None);
    assert_eq!(settings.catalogs.default.as_deref(), Some("BASE"));

    let customers = &settings.customers;
    assert_eq!(customers.filter.as_deref(), Some("category = '3'"));
    assert_eq!(
        (customers.required.as_slice(), customers.conflict),
        ([MandatoryField::Address].as_slice(), ConflictWinner::Latest)
    );
    assert_eq!(customers.attributes["Territory"], "custentity_territory");
    assert_eq!(customers.create_fields["entityStatus"]["id"], "13");
    assert_eq!(settings.sales_reps.emails["12"], "ana@acme.example");
    assert_eq!(settings.sales_reps.default.as_deref(), Some("house@acme.example"));

    let orders = &settings.orders;
    assert!(orders.linked);
    assert_eq!(orders.start_date, Some(jiff::civil::date(2026, 1, 1)));
    assert_eq!(orders.initial_status, InitialStatus::PendingFulfilment);
    assert_eq!(orders.pull_statuses, [OrderStatus::PendingFulfilment, OrderStatus::Closed]);
    assert_eq!((orders.discount_item.as_deref(), orders.adhoc_item.as_deref()), (Some("77"), Some("9999")));
    assert_eq!(orders.charge_items["Handling"], "88");
    assert_eq!((orders.ship_methods.get("UPS Ground"), orders.ship_methods.get("other")), (Some("38"), Some("39")));
    assert_eq!(orders.attributes["Cost centre"], "custbody_costCentre");
    assert_eq!(serde_json::to_string(&orders.create_fields).unwrap(), r#"{"location":{"id":"2"},"memo":"web","rank":3}"#);
    assert_eq!(settings.estimates.create_fields["location"]["id"], "3");

    assert_eq!((settings.inventory.locations.len(), settings.inventory.batch_size), (2, 500));
    let payments = &settings.payments;
    assert_eq!((payments.push, payments.methods.get("AMEX"), payments.account.as_deref()), (false, Some("4"), Some("122")));
    assert_eq!(payments.create_fields["memo"], "web");
}

#[test]
fn a_short_profile_gets_the_defaults() {
    let settings = Home::acme("").load();
    let netsuite = &settings.netsuite;
    assert_eq!((netsuite.account.realm(), netsuite.auth, netsuite.concurrency), ("1234567_SB1", Auth::Tba, 20));
    assert_eq!(netsuite.rest_url, "https://1234567-sb1.suitetalk.api.netsuite.com");
    assert_eq!(netsuite.restlet_url, "https://1234567-sb1.restlets.api.netsuite.com");
    assert_eq!((settings.wizcommerce.base_url.as_str(), settings.wizcommerce.concurrency), ("https://api.wizcommerce.com", 8));
    assert!(settings.wizcommerce.extensions.is_empty() && netsuite.subsidiaries.is_empty());
    assert_eq!(settings.products.types, [ItemType::InvtPart, ItemType::Assembly, ItemType::Kit]);
    assert_eq!(settings.products.price_sweep, Duration::from_secs(6 * 3_600));
    assert_eq!((settings.products.filter, settings.catalogs.default, settings.orders.start_date), (None, None, None));
    assert_eq!(settings.customers.required.len(), 3);
    assert_eq!(settings.orders.pull_statuses.len(), 5);
    assert!(settings.payments.push && settings.products.variants && !settings.orders.linked);
    assert_eq!(settings.inventory.batch_size, 1000);
    assert!(settings.state.ends_with("state/netwiz/acme.db"));
}

#[test]
fn mistakes_in_the_file_are_named_with_line_and_key() {
    for (more, expected) in [
        ("acount = 1\n", "config.toml:5: unknown key `profile.acme.netsuite.acount`"),
        (
            "concurrency = 51\n",
            "config.toml:5: `profile.acme.netsuite.concurrency` must be a whole number from 1 to 50, not `51`",
        ),
        (
            "concurrency = \"4\"\n",
            "config.toml:5: `profile.acme.netsuite.concurrency` must be a whole number from 1 to 50, not text",
        ),
        ("auth = \"oauth\"\n", "config.toml:5: `profile.acme.netsuite.auth` must be one of `tba`, `oauth2`, not `oauth`"),
        ("restlet = { skript = \"x\" }\n", "config.toml:5: unknown key `profile.acme.netsuite.restlet.skript`"),
        ("[profile.acme.nets]\n", "config.toml:5: unknown key `profile.acme.nets`"),
        (
            "[profile.acme.products]\ntypes = []\n",
            "config.toml:6: `profile.acme.products.types` must name at least one item type",
        ),
        (
            "[profile.acme.wizcommerce]\nextensions = [\n\"quote\"]\n",
            "config.toml:7: `profile.acme.wizcommerce.extensions[0]` must be one of",
        ),
        (
            "[profile.acme.catalogs]\n\"5:eur\" = \"X\"\n",
            "config.toml:6: `profile.acme.catalogs.\"5:eur\"` is not the id of a NetSuite price level",
        ),
        (
            "[profile.acme.catalogs]\nbase = \"X\"\n",
            "config.toml:6: `profile.acme.catalogs.base` is not the id of a NetSuite price level",
        ),
        ("[profile.acme.catalogs]\n1 = \"X\"\n2 = \"X\"\n", "config.toml:7: `profile.acme.catalogs.2` fills the price list `X`"),
        (
            "[profile.acme.sales-reps]\nana = \"a@b\"\n",
            "config.toml:6: `profile.acme.sales-reps.ana` is not the id of a NetSuite employee",
        ),
        (
            "[profile.acme.sales-reps]\n1 = \"ana\"\n",
            "config.toml:6: `profile.acme.sales-reps.1` must be an e-mail address, not `ana`",
        ),
        (
            "[profile.acme.orders]\nstart-date = \"2026-13-01\"\n",
            "config.toml:6: `profile.acme.orders.start-date` must be a date",
        ),
        (
            "[profile.acme.orders]\ninitial-status = \"C\"\n",
            "config.toml:6: `profile.acme.orders.initial-status` must be one of `A`, `B`, not `C`",
        ),
        (
            "[profile.acme.inventory]\nbatch-size = 1001\n",
            "config.toml:6: `profile.acme.inventory.batch-size` must be a whole number from 1 to 1000",
        ),
        ("[profile.acme.products]\nwhere = \" \"\n", "config.toml:6: `profile.acme.products.where` must be text, it is empty"),
        (
            "rest-url = \"http://netsuite.example\"\n",
            "config.toml:5: `profile.acme.netsuite.rest-url` must begin with `https://`",
        ),
        ("[stray]\n", "config.toml:5: unknown key `stray`"),
        ("x = \n", "config.toml:5: this is not TOML: "),
    ] {
        let (error, message) = Home::acme(more).refusal();
        assert_eq!(error.kind(), ErrorKind::Config, "{message}");
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn mistyped_words_and_keys_come_with_a_proposal() {
    for (more, hint) in [
        ("acount = 1\n", "did you mean `account`?"),
        ("[profile.acme.wizcommerce]\nextensions = [\"quote\"]\n", "did you mean `quotes`?"),
        ("[profile.acme.customers]\nconflict = \"net-suite\"\n", "did you mean `netsuite`?"),
        ("[profile.acme.products]\ninactive = \"linkd\"\n", "did you mean `linked`?"),
        ("[profile.acme.product]\n", "did you mean `products`?"),
        ("auth = \"oauth\"\n", "did you mean `oauth2`?"),
    ] {
        assert_eq!(Home::acme(more).refusal().0.hints()[0], hint);
    }
}

#[test]
fn environment_and_account_have_no_default() {
    let (error, message) = Home::with("[profile.acme]\n").profile("acme").refusal();
    assert_eq!(message, "config.toml:1: `profile.acme.environment` is missing");
    assert!(error.hints()[0].contains("environment = \"sandbox\"") && error.hints()[0].contains("no default"));
    let (_, message) = Home::with("[profile.acme]\nenvironment = \"sandbox\"\n").profile("acme").refusal();
    assert_eq!(message, "config.toml:1: `profile.acme.netsuite.account` is missing");
    let (error, _) = Home::with("[profile.acme]\nenvironment = \"prod\"\n").profile("acme").refusal();
    assert_eq!(error.hints(), ["did you mean `production`?"]);
}

#[test]
fn the_profile_is_named_by_flag_then_variable_then_file() {
    let two = "default-profile = \"one\"\n[profile.one]\nenvironment = \"sandbox\"\nnetsuite.account = \"1\"\n\
               [profile.two]\nenvironment = \"sandbox\"\nnetsuite.account = \"2\"\n";
    let chosen = |home: Home| {
        let settings = home.load();
        (settings.profile.clone(), settings.listing()[0].origin.replace(&home.folder.path().display().to_string(), ""))
    };
    assert_eq!(chosen(Home::with(two)), ("one".into(), "/config.toml:1".into()));
    assert_eq!(chosen(Home::with(two).variable("NETWIZ_PROFILE", "two")), ("two".into(), "environment NETWIZ_PROFILE".into()));
    let both = Home::with(two).variable("NETWIZ_PROFILE", "two").profile("one");
    assert_eq!(chosen(both), ("one".into(), "flag --profile".into()));
    assert_eq!(Settings::profiles(&Home::with(two).inputs).unwrap(), ["one", "two", "sandbox"]);
}

#[test]
fn an_unknown_profile_is_refused_with_the_known_ones() {
    let (error, message) = Home::acme("").profile("amce").refusal();
    assert_eq!(
        (error.kind(), message.as_str()),
        (ErrorKind::Config, "there is no profile `amce` in config.toml (flag --profile)")
    );
    assert_eq!(error.hints(), ["did you mean `acme`?", "known profiles: `acme`, `sandbox`"]);
    let (error, message) = Home::with(ACME).refusal();
    assert_eq!(message, "no profile was named and the file has no `default-profile`");
    assert_eq!(error.hints(), ["known profiles: `acme`, `sandbox`"]);
    let (_, message) = Home::acme("").profile("../acme").refusal();
    assert!(message.starts_with("`../acme` is not a profile name"), "{message}");
    let (_, message) = Home::with("[profile.Acme]\n").profile("sandbox").refusal();
    assert_eq!(message, "config.toml:1: `profile.Acme` has a name no profile can have");
}

#[test]
fn a_missing_file_leads_to_init_and_the_sandbox() {
    for home in [Home::empty(), Home::empty().profile("acme")] {
        let (error, message) = home.refusal();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(message.ends_with("there is no file config.toml"), "{message}");
        assert!(error.hints()[0].contains("write a profile") && error.hints()[1].contains("`--profile sandbox`"));
    }
    assert_eq!(Settings::profiles(&Home::empty().inputs).unwrap(), ["sandbox"]);
}

#[test]
fn the_sandbox_needs_no_file_and_takes_no_real_secret() {
    let mut home = Home::empty().profile("sandbox").variable("NETWIZ_NETSUITE_TOKEN_ID", "real");
    home.inputs.builtin_secrets = BTreeMap::from([(SecretName::NetSuiteTokenId, Secret::new("simulated"))]);
    let mut settings = home.load();
    assert!(settings.is_builtin_sandbox());
    assert_eq!((settings.environment, settings.netsuite.account.realm()), (Environment::Sandbox, "1234567_SB1"));
    assert_eq!(settings.netsuite.timezone.iana_name(), Some("America/Los_Angeles"));
    assert_eq!((settings.netsuite.concurrency, settings.wizcommerce.extensions.len()), (20, 5));
    assert_eq!(settings.catalogs.price_list("6", None), Some("DEALER"));
    assert_eq!((settings.catalogs.price_lists.len(), settings.catalogs.default.as_deref()), (6, Some("BASE")));
    assert_eq!(settings.catalogs.price_list("5", Some("EUR")), Some("WHOLESALE-EUR"));
    assert_eq!(settings.sales_reps.default.as_deref(), Some("house@netwiz.example"));
    assert_eq!(settings.orders.discount_item.as_deref(), Some("1004"));
    assert_eq!(settings.products.image_columns, ["custitem_image_url"]);
    assert_eq!(settings.products.attributes["Description"], "storedetaileddescription");
    assert_eq!(settings.products.category_column.as_deref(), Some("class"));
    assert_eq!(settings.secret(SecretName::NetSuiteTokenId).unwrap().expose(), "simulated");
    assert_eq!(settings.secret_source(SecretName::NetSuiteTokenId), Some(&SecretSource::BuiltIn));

    // Until the simulators are known, nothing can reach the real account of that number.
    for url in [&settings.netsuite.rest_url, &settings.netsuite.restlet_url, &settings.wizcommerce.base_url] {
        assert_eq!(url, "http://127.0.0.1");
    }
    settings.point_at("http://127.0.0.1:4001", "http://127.0.0.1:4002/").unwrap();
    assert_eq!(settings.netsuite.restlet_url, "http://127.0.0.1:4001");
    assert_eq!(settings.wizcommerce.base_url, "http://127.0.0.1:4002");
    let listed = settings.listing().into_iter().find(|setting| setting.key == "netsuite.rest-url").unwrap();
    assert_eq!((listed.value.as_str(), listed.origin.as_str()), ("http://127.0.0.1:4001", "started by this program"));
    assert!(settings.point_at("http://elsewhere.example", "http://127.0.0.1:1").is_err());
}

#[test]
fn the_name_of_the_sandbox_is_reserved() {
    for chosen in ["acme", "sandbox"] {
        let (error, message) = Home::acme("[profile.sandbox]\n").profile(chosen).refusal();
        assert_eq!(message, "config.toml:5: `profile.sandbox` is the name of the built-in profile, which needs no configuration");
        assert!(error.hints()[0].contains("another name"));
    }
}

#[test]
fn a_profile_may_point_at_simulators_with_secrets_from_the_environment() {
    let home = Home::acme(
        "rest-url = \"http://127.0.0.1:8081\"\nrestlet-url = \"http://[::1]:8081\"\n\
         [profile.acme.wizcommerce]\nbase-url = \"http://localhost:8082\"\n",
    );
    let home = SecretName::ALL.into_iter().fold(home, |home, name| home.variable(&name.variable(), name.key()));
    let settings = home.load();
    assert_eq!(settings.netsuite.restlet_url, "http://[::1]:8081");
    for name in SecretName::ALL {
        assert_eq!(settings.secret(name).unwrap().expose(), name.key());
    }
}

#[cfg(unix)]
#[test]
fn secrets_come_from_the_credentials_file_unless_a_command_or_variable_has_them() {
    use std::os::unix::fs::PermissionsExt;

    let home =
        Home::acme("token-id-command = [\"echo\", \"by-command\"]\n").variable("NETWIZ_NETSUITE_CONSUMER_KEY", "by-variable");
    let path = home.folder.path().join("credentials.toml");
    let text = "[acme]\nnetsuite-token-id = \"f\"\nnetsuite-consumer-key = \"f\"\nnetsuite-token-secret = \"by-file\"\n\
                wizcommerce-api-key-lapses = 2027-03-01\n";
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = home.load();
    for (name, expected) in [
        (SecretName::NetSuiteConsumerKey, "by-variable"),
        (SecretName::NetSuiteTokenId, "by-command"),
        (SecretName::NetSuiteTokenSecret, "by-file"),
    ] {
        assert_eq!(settings.secret(name).unwrap().expose(), expected);
    }
    assert_eq!(settings.api_key_lapses, Some(jiff::civil::date(2027, 3, 1)));
    assert_eq!(settings.secret(SecretName::WizCommerceApiKey).unwrap_err().kind(), ErrorKind::Credentials);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(home.refusal().0.hints(), [format!("run `chmod 600 {}`", path.display())]);
}

#[test]
fn a_secret_in_the_configuration_file_is_refused_unseen() {
    let (error, message) = Home::acme("token-secret = \"canary\"\n").refusal();
    assert_eq!(message, "config.toml:5: unknown key `profile.acme.netsuite.token-secret`");
    assert!(error.hints().iter().any(|hint| hint.contains("credentials.toml")));
    assert!(!format!("{error:?}").contains("canary"));
}

#[test]
fn the_listing_has_every_origin_and_no_secret() {
    let home =
        Home::acme("consumer-key-command = [\"sh\", \"-c\", \"echo canary\"]\n[profile.acme.catalogs]\n\"5:EUR\" = \"W\"\n")
            .variable("NETWIZ_NETSUITE_TOKEN_ID", "canary")
            .variable("NETWIZ_STATE", "/v/state.db");
    let settings = home.load();
    let listing = settings.listing();
    let file = home.folder.path().join("config.toml").display().to_string();
    for (key, value, origin) in [
        ("profile", "acme", "flag --profile".to_owned()),
        ("config", file.as_str(), "flag --config".to_owned()),
        ("state", "/v/state.db", "environment NETWIZ_STATE".to_owned()),
        ("environment", "sandbox", format!("{file}:2")),
        ("netsuite.account", "1234567-sb1", format!("{file}:4")),
        ("netsuite.concurrency", "20", "built-in default".to_owned()),
        ("netsuite.rest-url", "https://1234567-sb1.suitetalk.api.netsuite.com", "from the account".to_owned()),
        ("catalogs.\"5:EUR\"", "W", format!("{file}:7")),
        ("products.types", "[\"InvtPart\", \"Assembly\", \"Kit\"]", "built-in default".to_owned()),
        ("products.where", "not set", "built-in default".to_owned()),
        ("netsuite.consumer-key", "set (command)", format!("{file}:5")),
        ("netsuite.token-id", "set", "environment NETWIZ_NETSUITE_TOKEN_ID".to_owned()),
        ("wizcommerce.api-key", "not set", "-".to_owned()),
    ] {
        let setting = listing.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("{key} is not listed"));
        assert_eq!((setting.value.as_str(), setting.origin.as_str()), (value, origin.as_str()), "{key}");
    }
    assert!(!listing.iter().any(|setting| setting.key == "netsuite.private-key"));
    assert!(!format!("{settings:?} {listing:?}").contains("canary"));
    let keys: std::collections::BTreeSet<_> = listing.iter().map(|setting| &setting.key).collect();
    assert_eq!(keys.len(), listing.len());
}

#[test]
fn the_needed_secrets_follow_the_way_of_signing() {
    let tba = Home::acme("").load().needed_secrets();
    assert!(tba.contains(&SecretName::NetSuiteTokenSecret) && !tba.contains(&SecretName::NetSuitePrivateKey));
    let oauth2 = Home::acme("auth = \"oauth2\"\n").load().needed_secrets();
    assert!(oauth2.contains(&SecretName::NetSuitePrivateKey) && !oauth2.contains(&SecretName::NetSuiteTokenSecret));
}
