//! Configuration that is missing, mistyped or unsafe: exit code 6, the file, the line, and the nearest right word.

use crate::program::{Home, NETSUITE, Simulators};

#[test]
fn without_configuration_there_are_two_ways_to_begin() {
    let home = Home::empty();
    for command in [&["sync", "all"][..], &["status"], &["verify-credentials"], &["failures", "list"], &["config", "show"]] {
        home.run(command)
            .fails(6, &["nothing is configured yet", "config.toml"])
            .hints("write a profile")
            .hints("--profile sandbox");
    }
    let bare = home.succeed(&[]);
    assert!(bare.stdout.contains("Usage: netwiz") && bare.stdout.contains("netwiz --profile sandbox sync all"), "{bare}");
}

#[test]
fn a_mistyped_profile_gets_a_suggestion() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.run(&["sync", "all", "--profile", "acmee"])
        .fails(6, &["there is no profile `acmee`", "flag --profile"])
        .hints("did you mean `acme`?")
        .hints("`acme`, `sandbox`");
    home.run(&["-p", "sandbix", "status"]).fails(6, &[]).hints("did you mean `sandbox`?");
    home.run(&["-p", "A!", "status"]).fails(6, &["`A!` is not a profile name"]).hints("lower-case");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_neighbour() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    home.reconfigure("timezone", "timezoen");
    home.run(&["sync", "all"])
        .fails(6, &["config.toml:8: unknown key `profile.acme.netsuite.timezoen`"])
        .hints("did you mean `timezone`?");
    let check = home.run(&["config", "check"]);
    assert_eq!(check.code, 6, "{check}");
    assert!(check.stdout.contains("timezoen") && check.stdout.contains("sandbox: ok"), "{check}");
    home.reconfigure("timezoen", "timezone");
    home.succeed(&["config", "check"]);
    home.succeed(&["sync", "all"]);
}

/// The price levels that the usual profile maps.
const CATALOGS: &str = "\
\"1\" = \"BASE\"
\"5\" = \"WHOLESALE\"
\"6\" = \"DEALER\"
\"1:EUR\" = \"BASE-EUR\"
\"5:EUR\" = \"WHOLESALE-EUR\"
\"6:EUR\" = \"DEALER-EUR\"
";

#[test]
fn values_that_do_not_fit_are_told() {
    let home = Home::of(&Simulators::start());
    for (old, new, texts, hint) in [
        ("environment = \"sandbox\"\n", "", &["environment"][..], "there is no default"),
        ("America/Los_Angeles", "America/Los_Angles", &["config.toml:8", "America/Los_Angles"], ""),
        (CATALOGS, "", &["no price level is mapped"], "catalogs"),
        ("timezone = ", "timezone ", &["config.toml:8: this is not TOML"], ""),
    ] {
        home.reconfigure(old, new);
        home.run(&["sync", "all"]).fails(6, texts).hints_if(hint);
        // Two spellings of the same place: the text before and after.
        let text = std::fs::read_to_string(home.config_file()).unwrap();
        let mended = if new.is_empty() { None } else { Some(text.replace(new, old)) };
        match mended {
            Some(text) => home.configure(&text),
            None => home.configure(&crate::program::profile("http://127.0.0.1:1", "http://127.0.0.1:1")),
        }
    }
}

#[test]
fn plain_http_leaves_only_for_this_machine() {
    let home = Home::at("http://netsuite.example.com", "http://127.0.0.1:1");
    home.run(&["sync", "all"]).fails(6, &["rest-url", "http://netsuite.example.com"]);
}

#[cfg(unix)]
#[test]
fn a_credentials_file_that_others_may_read_is_refused_with_the_command_to_type() {
    use std::os::unix::fs::PermissionsExt as _;

    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let key = home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY").unwrap();
    let file = home.path("config/netwiz/credentials.toml");
    std::fs::write(&file, format!("[acme]\nwizcommerce-api-key = \"{key}\"\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = home.run(&["sync", "all"]);
    outcome.fails(6, &["holds secrets and has mode 0644"]).hints(&format!("run `chmod 600 {}`", file.display()));
    assert!(!outcome.stderr.contains(&key), "{outcome}");
    assert_eq!(simulators.all_requests(NETSUITE), 0);

    // The command in the hint is all it takes.
    let command = outcome.stderr.split('`').find(|text| text.starts_with("chmod")).unwrap().to_owned();
    assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
    home.succeed(&["sync", "all"]);
    simulators.check_products();
}

#[test]
fn a_secret_can_stand_in_a_file_or_come_from_a_command() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    let key = home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY").unwrap();
    std::fs::write(home.path("key"), format!("{key}\n")).unwrap();
    let path = home.text("key");
    home.set("NETWIZ_WIZCOMMERCE_API_KEY_FILE", &path);
    home.succeed(&["sync", "products"]);
    home.set("NETWIZ_WIZCOMMERCE_API_KEY", &key);
    home.run(&["sync", "products"]).fails(6, &["are both set"]).hints("unset");
    home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY");
    home.environment.remove("NETWIZ_WIZCOMMERCE_API_KEY_FILE");
    home.reconfigure("base-url", &format!("api-key-command = [\"cat\", \"{path}\"]\nbase-url"));
    home.succeed(&["sync", "products"]);
    let shown = home.succeed(&["config", "show"]);
    assert!(shown.stdout.contains("set (command)") && !shown.stdout.contains(&key), "{shown}");
}

#[test]
fn every_value_tells_where_it_comes_from_and_no_secret_shows() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let (_, document) = home.json(&["config", "show", "--state", &home.text("other.db")]);
    let origin = |key: &str| {
        let settings = document["settings"].as_array().unwrap();
        let setting = settings.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("{key} is not listed"));
        setting["origin"].as_str().unwrap().to_owned()
    };
    assert!(origin("netsuite.account").ends_with("config.toml:7"), "{}", origin("netsuite.account"));
    assert_eq!(origin("state"), "flag --state");
    assert_eq!(origin("wizcommerce.api-key"), "environment NETWIZ_WIZCOMMERCE_API_KEY");
    assert_eq!(origin("netsuite.auth"), "built-in default");
    for (name, secret) in
        home.environment.iter().filter(|(name, _)| name.starts_with("NETWIZ_NETSUITE") || name.contains("API_KEY"))
    {
        assert!(!document.to_string().contains(secret.as_str()), "{name} shows");
    }
}

#[test]
fn every_setting_of_an_entity_is_shown_as_it_was_written() {
    let home = Home::at("http://127.0.0.1:1", "http://127.0.0.1:1");
    home.reconfigure("timezone = \"America/Los_Angeles\"", "timezone = \"Europe/Berlin\"\nsubsidiaries = [\"2\", \"1\"]");
    home.reconfigure("default = \"house@netwiz.example\"", "\"12\" = \"ana@netwiz.example\"\ndefault = \"house@netwiz.example\"");
    home.reconfigure("[profile.acme.orders]", "[profile.acme.orders]\nlinked = true\nstart-date = \"2026-01-01\"");
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    let more = r#"
[profile.acme.products]
where = "custitem_b2b = 'T'"
saved-search = "customsearch_wc_items"
variants = false
category-column = "class"
attributes = { "UPC" = "upccode" }

[profile.acme.customers]
where = "category = '3'"
saved-search = "customsearch_wc_customers"
attributes = { "Territory" = "custentity_territory" }

[profile.acme.inventory]
locations = ["1", "2"]
batch-size = 250
"#;
    home.configure(&format!("{text}{more}"));
    home.succeed(&["config", "check"]);
    let (_, document) = home.json(&["config", "show"]);
    let settings = document["settings"].as_array().unwrap();
    let written = std::fs::read_to_string(home.config_file()).unwrap();
    for (key, value) in [
        ("netsuite.subsidiaries", "[\"2\", \"1\"]"),
        ("netsuite.timezone", "Europe/Berlin"),
        ("products.where", "custitem_b2b = 'T'"),
        ("products.saved-search", "customsearch_wc_items"),
        ("products.variants", "false"),
        ("products.category-column", "class"),
        ("products.attributes", "upccode"),
        ("customers.where", "category = '3'"),
        ("customers.saved-search", "customsearch_wc_customers"),
        ("customers.attributes", "custentity_territory"),
        ("catalogs.5", "WHOLESALE"),
        ("catalogs.5:EUR", "WHOLESALE-EUR"),
        ("catalogs.default", "BASE"),
        ("sales-reps.12", "ana@netwiz.example"),
        ("sales-reps.default", "house@netwiz.example"),
        ("orders.linked", "true"),
        ("orders.start-date", "2026-01-01"),
        ("inventory.locations", "[\"1\", \"2\"]"),
        ("inventory.batch-size", "250"),
        ("payments.methods", "4"),
    ] {
        // Tables are shown member by member, as they are written.
        let shown: Vec<_> = settings
            .iter()
            .filter(|setting| {
                let shown = setting["key"].as_str().unwrap().replace('"', "");
                shown == key || shown.starts_with(&format!("{key}."))
            })
            .collect();
        assert!(!shown.is_empty(), "{key} is not shown");
        let value_shown = |setting: &&serde_json::Value| setting["value"].as_str().unwrap().contains(value);
        let setting = shown.into_iter().find(value_shown).unwrap_or_else(|| panic!("{key} is not {value}: {document:#}"));
        let origin = setting["origin"].as_str().unwrap();
        let line: usize = origin.rsplit(':').next().unwrap().parse().unwrap_or_else(|_| panic!("{key}: {origin}"));
        let there = written.lines().nth(line - 1).unwrap();
        assert!(origin.contains("config.toml:") && there.contains(value), "{key}: {origin} is `{there}`");
    }
}

#[test]
fn a_condition_that_may_not_be_sent_is_refused_with_its_place() {
    let simulators = Simulators::start();
    let home = Home::of(&simulators);
    let text = std::fs::read_to_string(home.config_file()).unwrap();
    for (table, entity) in [("products", "products"), ("customers", "customers")] {
        home.configure(&format!("{text}[profile.acme.{table}]\nwhere = \"id = 1; delete\"\n"));
        home.run(&["sync", entity])
            .fails(6, &[&format!("`{table}.where` is not a condition that may be sent: a semicolon at column 7")])
            .hints("id = 1; delete");
    }
    assert_eq!(simulators.all_requests(NETSUITE), 0);
}

#[test]
fn the_configuration_can_stand_elsewhere() {
    let simulators = Simulators::start();
    let mut home = Home::of(&simulators);
    std::fs::create_dir(home.path("elsewhere")).unwrap();
    std::fs::rename(home.config_file(), home.path("elsewhere/config.toml")).unwrap();
    home.run(&["status"]).fails(6, &["nothing is configured yet"]);
    home.succeed(&["status", "--config", &home.text("elsewhere/config.toml")]);
    home.succeed(&["status", "--config", &home.text("elsewhere")]);
    let folder = home.text("elsewhere");
    home.set("NETWIZ_CONFIG_DIR", &folder);
    let (_, paths) = home.json(&["config", "path"]);
    assert_eq!(paths["config"], home.text("elsewhere/config.toml"));
    assert_eq!(paths["state"], home.text("state/netwiz/acme.db"));
}
