//! `verify-credentials`: secrets, connections, clocks and permissions of both sides, one line each.

use serde::Serialize;

use super::arguments::{Side, VerifyArguments};
use super::assembly::{Remotes, Session};
use super::inspect::lapse_warning;
use super::output::table;
use crate::config::{Extension, SecretName, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::model::EntityKind;
use crate::netsuite::Searched;
use crate::netsuite::records::Select;
use crate::sync::report::{SCHEMA_VERSION, worst};
use crate::wizcommerce::records::PriceList;

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    profile: String,
    environment: &'static str,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    side: &'static str,
    check: String,
    ok: bool,
    detail: String,
    hint: Option<String>,
    #[serde(skip)]
    exit_code: u8,
}

/// Clocks further apart than this are worth a word; from five minutes on NetSuite refuses requests.
const SKEW_SECONDS: i64 = 60;

/// What the flows of this version read, with the key of each table and who needs it.
const TABLES: [(&str, &str, &str); 22] = [
    ("item", "t.id", "products, inventory"),
    ("pricing", "t.item", "products"),
    ("itemquantity", "t.item", "products"),
    ("customfield", "t.internalid", "products (matrix options)"),
    ("file", "t.id", "products (images)"),
    ("kititemmember", "t.parentitem", "inventory (kits)"),
    ("aggregateitemlocation", "t.item", "inventory"),
    ("location", "t.id", "inventory"),
    ("itemsubsidiarymap", "t.item", "products (subsidiaries)"),
    ("currency", "t.id", "products, customers, orders"),
    ("customer", "t.id", "customers"),
    ("customersubsidiaryrelationship", "t.entity", "customers"),
    ("customeraddressbook", "t.entity", "customers (addresses)"),
    ("customeraddressbookentityaddress", "t.nkey", "customers (addresses)"),
    ("contact", "t.id", "customers (contacts)"),
    ("employee", "t.id", "customers (sales reps)"),
    ("term", "t.id", "customers (payment terms)"),
    ("subsidiary", "t.id", "customers (new ones)"),
    ("transaction", "t.id", "orders, shipments, invoices, credit-memos"),
    ("transactionline", "t.transaction", "orders, shipments, invoices, credit-memos"),
    ("nexttransactionlinelink", "t.nextdoc", "orders, shipments, invoices, credit-memos"),
    ("deletedrecord", "t.recordid", "deletions"),
];

/// Kinds of transactions, each a permission of its own: without it there are just no rows of that kind.
const KINDS: [(&str, &str, EntityKind); 6] = [
    ("SalesOrd", "Sales Order", EntityKind::Orders),
    ("Estimate", "Estimate", EntityKind::Estimates),
    ("CustDep", "Customer Deposit", EntityKind::Payments),
    ("ItemShip", "Item Fulfillment", EntityKind::Shipments),
    ("CustInvc", "Invoice", EntityKind::Invoices),
    ("CustCred", "Credit Memo", EntityKind::CreditMemos),
];

/// Tables without which a flow still does most of its work.
const OPTIONAL: [&str; 6] = ["customfield", "file", "itemquantity", "deletedrecord", "term", "subsidiary"];

impl Check {
    fn passed(side: &'static str, check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { side, check: check.into(), ok: true, detail: detail.into(), hint: None, exit_code: 0 }
    }

    fn failed(side: &'static str, check: impl Into<String>, error: &Error) -> Self {
        let causes = error.causes();
        let detail = if causes.is_empty() { error.to_string() } else { format!("{error}: {}", causes.join(": ")) };
        let hint = error.hints().first().cloned();
        Self { side, check: check.into(), ok: false, detail, hint, exit_code: error.kind().exit_code() }
    }
}

/// Runs `verify-credentials`. Writes nothing.
pub(super) async fn verify(session: Session<'_>, arguments: VerifyArguments) -> Result<u8> {
    let mut settings = session.settings()?;
    let mut checks = Vec::new();
    let wanted = |side: Side| arguments.side.is_none_or(|asked| asked == side);
    for name in settings.needed_secrets() {
        let side = if name.key().starts_with("netsuite") { Side::Netsuite } else { Side::Wizcommerce };
        if wanted(side) {
            checks.push(secret(&settings, name, side));
        }
    }
    if checks.iter().all(|check| check.ok) {
        let remotes = session.remotes(&mut settings, None)?;
        if wanted(Side::Netsuite) {
            netsuite(&settings, &remotes, &mut checks).await;
        }
        if wanted(Side::Wizcommerce) {
            wizcommerce(&session, &settings, &remotes, &mut checks).await;
        }
    }
    let codes: Vec<u8> = checks.iter().map(|check| check.exit_code).collect();
    let exit_code = worst(&codes);
    if session.output.json {
        let environment = settings.environment.word();
        session.output.document(&Document {
            schema_version: SCHEMA_VERSION,
            profile: settings.profile.clone(),
            environment,
            checks,
        })?;
        return Ok(exit_code);
    }
    if session.output.quiet && exit_code == 0 {
        return Ok(0);
    }
    session.output.text(&format!(
        "profile {} · {} · NetSuite {} · WizCommerce {}\n",
        settings.profile,
        settings.environment.word(),
        settings.netsuite.account.realm(),
        settings.wizcommerce.base_url
    ))?;
    let rows = checks.iter().map(|check| {
        vec![
            check.side.to_owned(),
            check.check.clone(),
            (if check.ok { "ok" } else { "FAILED" }).to_owned(),
            check.detail.clone(),
        ]
    });
    session.output.text(&table(&["side", "check", "", "detail"], &[], rows.collect()))?;
    for check in checks.iter().filter(|check| !check.ok) {
        if let Some(hint) = &check.hint {
            session.output.hint(&format!("{}: {hint}", check.check));
        }
    }
    Ok(exit_code)
}

fn secret(settings: &Settings, name: SecretName, side: Side) -> Check {
    let side = match side {
        Side::Netsuite => "netsuite",
        Side::Wizcommerce => "wizcommerce",
    };
    let check = format!("secret {}", name.key());
    match (settings.secret_source(name), settings.secret(name)) {
        (Some(source), Ok(_)) => Check::passed(side, check, format!("from {source}")),
        (_, Err(error)) => Check::failed(side, check, &error),
        (None, Ok(_)) => Check::passed(side, check, "set"),
    }
}

async fn netsuite(settings: &Settings, remotes: &Remotes, checks: &mut Vec<Check>) {
    const SIDE: &str = "netsuite";
    let netsuite = &remotes.netsuite;
    let started = tokio::time::Instant::now();
    if let Err(error) = netsuite.ping().await {
        // After a refusal nothing more is tried: five of them lock the user.
        checks.push(Check::failed(SIDE, "login", &error));
        return;
    }
    let latency = started.elapsed().as_millis();
    checks.push(Check::passed(SIDE, "login", format!("account {} answered in {latency} ms", netsuite.account())));
    match netsuite.server_time().await {
        Ok(now) => {
            let skew = netsuite.skew_seconds();
            let detail = format!("NetSuite's clock shows {now}, {} s from this machine's", skew.abs());
            let mut check = Check::passed(SIDE, "clock", detail);
            if skew.abs() > SKEW_SECONDS {
                check.hint = Some("set this machine's clock; netwiz signs with NetSuite's time meanwhile".into());
            }
            checks.push(check);
            match netsuite.session_clock().await {
                Ok(wall) => checks.push(zone(settings, now, wall)),
                Err(error) => checks.push(Check::failed(SIDE, "SuiteQL", &error)),
            }
        }
        Err(error) => checks.push(Check::failed(SIDE, "clock", &error)),
    }
    for (table, key, needed_for) in TABLES {
        if table == "itemsubsidiarymap" && settings.netsuite.subsidiaries.is_empty() {
            continue;
        }
        let select = Select::new(table, format!("{table} t"), key);
        match netsuite.missing_columns(&select).await {
            Ok(_) => checks.push(Check::passed(SIDE, format!("table {table}"), format!("visible; for {needed_for}"))),
            Err(error) => {
                let mut check = Check::failed(SIDE, format!("table {table}"), &error);
                check.detail = format!("not visible; for {needed_for}: {}", error.causes().join(": "));
                if OPTIONAL.contains(&table) && matches!(error.kind(), ErrorKind::Permission | ErrorKind::Refused) {
                    check.detail.push_str(" (netwiz works without it)");
                    check.exit_code = 0;
                }
                checks.push(check);
            }
        }
    }
    kinds(settings, remotes, checks).await;
    searches(settings, remotes, checks).await;
}

/// Checks which kinds of transactions the role shows, one line each.
async fn kinds(settings: &Settings, remotes: &Remotes, checks: &mut Vec<Check>) {
    let wanted = KINDS.iter().filter(|(.., entity)| match entity {
        EntityKind::CreditMemos => settings.wizcommerce.has(Extension::CreditMemos),
        EntityKind::Estimates => settings.wizcommerce.has(Extension::Quotes),
        _ => true,
    });
    for (kind, record, entity) in wanted {
        let check = format!("transactions {record}");
        let sql = format!("SELECT COUNT(*) AS n FROM transaction t WHERE t.type = '{kind}'");
        match remotes.netsuite.page(&sql, 1, 0).await {
            Ok(page) => {
                let count = page.rows.first().and_then(|row| row.id("n")).map_or(0, |count| count.0);
                let detail = match count {
                    0 => format!("none visible: there are none, or the role lacks Transactions > {record}; for {entity}"),
                    count => format!("{count} visible; for {entity}"),
                };
                checks.push(Check::passed("netsuite", check, detail));
            }
            Err(error) => checks.push(Check::failed("netsuite", check, &error.into_error("the count of transactions"))),
        }
    }
}

/// Checks the RESTlet and each configured saved search.
async fn searches(settings: &Settings, remotes: &Remotes, checks: &mut Vec<Check>) {
    let configured = [
        (&settings.products.saved_search, Searched::Items, "products, kits"),
        (&settings.customers.saved_search, Searched::Customers, "customers"),
    ];
    for (search, of, needed_for) in configured {
        let Some(search) = search else { continue };
        let check = format!("saved search {search}");
        // What was modified last is enough to see that it runs and what it is over.
        let result = match remotes.netsuite.server_time().await {
            Ok(now) => remotes.netsuite.members(search, of, Some(now)).await,
            Err(error) => Err(error),
        };
        checks.push(match result {
            Ok(_) => Check::passed("netsuite", check, format!("the RESTlet runs it; for {needed_for}")),
            Err(error) => Check::failed("netsuite", check, &error),
        });
    }
}

fn zone(settings: &Settings, now: jiff::Timestamp, wall: jiff::civil::DateTime) -> Check {
    let named = settings.netsuite.timezone.to_datetime(now);
    let apart = wall.duration_since(named).as_secs().abs();
    let name = settings.netsuite.timezone.iana_name().unwrap_or("the profile's zone");
    if apart < 450 {
        return Check::passed("netsuite", "time zone", format!("the session shows {wall}, as {name} does"));
    }
    Check {
        side: "netsuite",
        check: "time zone".into(),
        ok: false,
        detail: format!("the session shows {wall}, but in {name} it is {named}"),
        hint: Some(
            "set `timezone` in the profile to the integration user's zone; netwiz follows the account's clock meanwhile".into(),
        ),
        exit_code: 6,
    }
}

async fn wizcommerce(session: &Session<'_>, settings: &Settings, remotes: &Remotes, checks: &mut Vec<Check>) {
    const SIDE: &str = "wizcommerce";
    let started = tokio::time::Instant::now();
    let lists: Vec<PriceList> = match remotes.wizcommerce.list("/v1/price-lists", &[("status", "active")]).await {
        Ok(lists) => lists,
        Err(error) => {
            checks.push(Check::failed(SIDE, "login", &error));
            return;
        }
    };
    let latency = started.elapsed().as_millis();
    checks.push(Check::passed(SIDE, "login", format!("{} answered in {latency} ms", settings.wizcommerce.base_url)));
    for list in settings.catalogs.price_lists.values() {
        let check = format!("price list {list}");
        match lists.iter().find(|known| known.reference_id.as_deref() == Some(list)) {
            Some(known) => {
                let currency = known.currency.as_deref().unwrap_or("unknown currency");
                checks.push(Check::passed(SIDE, check, format!("{}, {currency}", known.name.as_deref().unwrap_or("unnamed"))));
            }
            None => {
                let error = Error::new(ErrorKind::Config, "no active price list has this reference id")
                    .hint("make the list in WizCommerce in the right currency, or correct `[profile.<name>.catalogs]`");
                checks.push(Check::failed(SIDE, check, &error));
            }
        }
    }
    let lapses = match settings.api_key_lapses {
        None => Check::passed(SIDE, "key lapses", "unknown; a key lives one year"),
        Some(date) => match lapse_warning(settings, session.now()) {
            None => Check::passed(SIDE, "key lapses", format!("on {date}")),
            Some(warning) => {
                let mut check = Check::passed(SIDE, "key lapses", warning);
                check.hint = Some("make a new key with WizCommerce's token endpoint".into());
                check
            }
        },
    };
    checks.push(lapses);
}
