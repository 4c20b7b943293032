//! Customers, written: names, defaults, and the sublists of their prices.

use rusqlite::types::Value as Stored;
use rusqlite::{OptionalExtension, params};

use super::address_book::{self, entries};
use super::fields::{
    CATEGORY, COUNTRY, CURRENCY, ENTITY_STATUS, Field, Form, ITEM, PRICE_LEVEL, SALES_REP, SHIP_ITEM, SUBSIDIARY, TERM, Target,
    Writing,
};
use super::manner::Members;
use super::row::{self, Columns};
use super::{check_external, is_shown, missing};
use crate::sandbox::netsuite::errors::Refusal;
use crate::sandbox::netsuite::records::customer::SHAPE;

/// What every entity says of a name or an external id that is taken.
const TAKEN: &str = "This entity already exists.";

static PARENT: Target = Target { rows: " customer ", key: "id", external: Some("externalid"), usable: "true" };

const FIELDS: &[Field] = &[
    ("externalId", "externalid", Form::Text),
    ("companyName", "companyname", Form::Text),
    ("isPerson", "isperson", Form::Flag),
    ("firstName", "firstname", Form::Text),
    ("middleName", "middlename", Form::Text),
    ("lastName", "lastname", Form::Text),
    ("salutation", "salutation", Form::Text),
    ("title", "title", Form::Text),
    ("email", "email", Form::Text),
    ("altEmail", "altemail", Form::Text),
    ("phone", "phone", Form::Text),
    ("altPhone", "altphone", Form::Text),
    ("mobilePhone", "mobilephone", Form::Text),
    ("homePhone", "homephone", Form::Text),
    ("fax", "fax", Form::Text),
    ("url", "url", Form::Text),
    ("comments", "comments", Form::Text),
    ("accountNumber", "accountnumber", Form::Text),
    ("resaleNumber", "resalenumber", Form::Text),
    ("category", "category", Form::Reference(&CATEGORY)),
    ("currency", "currency", Form::Reference(&CURRENCY)),
    ("terms", "terms", Form::Reference(&TERM)),
    ("priceLevel", "pricelevel", Form::Reference(&PRICE_LEVEL)),
    ("salesRep", "salesrep", Form::Reference(&SALES_REP)),
    ("partner", "partner", Form::Id),
    ("territory", "territory", Form::Id),
    ("parent", "parent", Form::Reference(&PARENT)),
    ("entityStatus", "entitystatus", Form::Reference(&ENTITY_STATUS)),
    ("leadSource", "leadsource", Form::Id),
    ("receivablesAccount", "receivablesaccount", Form::Id),
    ("shippingItem", "shippingitem", Form::Reference(&SHIP_ITEM)),
    ("shippingCarrier", "shippingcarrier", Form::Choice(&["ups", "nonups"])),
    ("thirdPartyAcct", "thirdpartyacct", Form::Text),
    ("thirdPartyCarrier", "thirdpartycarrier", Form::Text),
    ("thirdPartyCountry", "thirdpartycountry", Form::Reference(&COUNTRY)),
    ("thirdPartyZipcode", "thirdpartyzipcode", Form::Text),
    ("creditHoldOverride", "creditholdoverride", Form::Choice(&["AUTO", "ON", "OFF"])),
    ("emailPreference", "emailpreference", Form::Choice(&["DEFAULT", "HTML", "PDF"])),
    ("creditLimit", "creditlimit", Form::Number),
    ("shipComplete", "shipcomplete", Form::Flag),
    ("giveAccess", "giveaccess", Form::Flag),
    ("isInactive", "isinactive", Form::Flag),
    ("startDate", "startdate", Form::Day),
    ("endDate", "enddate", Form::Day),
];

/// The number of the customer, where the account does not give it.
const NUMBER: Field = ("entityId", "entityid", Form::Text);

/// Known and without effect here.
const SILENT: &[&str] = &[
    "taxable",
    "currencyList",
    "contactRoles",
    "contactList",
    "salesTeam",
    "customForm",
    "printOnCheckAs",
    "taxItem",
    "stage",
    "sourceWebSite",
    "isBudgetApproved",
    "defaultAddress",
    "billAddr1",
    "image",
    "globalSubscriptionStatus",
];

/// Creates a customer.
pub(super) fn create(members: &Members, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    let mut columns = read(members, writing)?;
    let subsidiary = subsidiary(members, writing)?;
    row::default(&mut columns, "isperson", "F".to_owned());
    check_names(&columns, subsidiary.is_none() && is_one_world(writing)?, writing)?;
    check_entity(row::text(&columns, "externalid"), None, writing)?;
    let id = row::next(conn, "entity", "select max(id) from sim_entity")?;
    columns.insert("id".into(), Stored::Integer(id));
    if writing.service.settings.auto_numbers {
        columns.insert("entityid".into(), Stored::Text(format!("CUST{id}")));
    }
    check_number(&columns, None, writing)?;
    let currency: Option<i64> = conn
        .prepare_cached(
            "select coalesce((select currency from subsidiary where id = ?1), (select id from currency where isbasecurrency = 'T'))",
        )?
        .query_row([subsidiary], |row| row.get(0))?;
    if let Some(currency) = currency {
        row::default(&mut columns, "currency", currency);
    }
    let won: Option<i64> = conn.query_row("select max(key) from entitystatus where key = 13", [], |row| row.get(0))?;
    if let Some(won) = won {
        row::default(&mut columns, "entitystatus", won);
    }
    for (column, usual) in [("isinactive", "F"), ("creditholdoverride", "AUTO"), ("emailpreference", "DEFAULT")] {
        row::default(&mut columns, column, usual.to_owned());
    }
    for column in ["balancesearch", "overduebalancesearch", "unbilledorderssearch"] {
        row::default(&mut columns, column, 0);
    }
    columns.insert("datecreated".into(), Stored::Text(writing.stamp.clone()));
    row::insert(conn, "customer", &columns)?;
    if let Some(subsidiary) = subsidiary {
        join(id, subsidiary, writing)?;
    }
    sublists(id, true, members, writing)?;
    derive(id, writing)?;
    Ok(id)
}

/// Changes a customer.
pub(super) fn update(id: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    let mut members = members.clone();
    writing.manner.complete(&mut members, |name| FIELDS.iter().any(|(property, ..)| *property == name));
    let columns = read(&members, writing)?;
    check_entity(row::text(&columns, "externalid"), Some(id), writing)?;
    check_number(&columns, Some(id), writing)?;
    row::update(conn, "customer", "id", id, &columns)?;
    if let Some(subsidiary) = subsidiary(&members, writing)? {
        conn.execute("delete from customersubsidiaryrelationship where entity = ?1 and isprimarysub = 'T'", [id])?;
        join(id, subsidiary, writing)?;
    } else if members.get("subsidiary").is_some() && is_one_world(writing)? {
        return Err(missing(&["Subsidiary"]));
    }
    sublists(id, false, &members, writing)?;
    derive(id, writing)?;
    let now = row::read(conn, "select * from customer where id = ?1", id)?.unwrap_or_default();
    check_names(&now, false, writing)
}

fn read(members: &Members, writing: &Writing<'_>) -> Result<Columns, Refusal> {
    let known = |name: &str| is_shown(&SHAPE, name) || SILENT.contains(&name);
    writing.names(members, known, &[("customer", SHAPE.custom)], "")?;
    let mut columns = writing.columns(members, FIELDS, "")?;
    if !writing.service.settings.auto_numbers {
        columns.extend(writing.columns(members, &[NUMBER], "")?);
    }
    writing.own(members, "customer", SHAPE.custom, &mut columns);
    columns.insert("lastmodifieddate".into(), Stored::Text(writing.stamp.clone()));
    Ok(columns)
}

/// Tells whether the account has subsidiaries, which entities must then name.
pub(super) fn is_one_world(writing: &Writing<'_>) -> rusqlite::Result<bool> {
    writing.service.conn.query_row("select exists (select 1 from subsidiary)", [], |row| row.get(0))
}

/// Reads the subsidiary that was sent.
pub(super) fn subsidiary(members: &Members, writing: &Writing<'_>) -> Result<Option<i64>, Refusal> {
    let sent = writing.columns(members, &[("subsidiary", "subsidiary", Form::Reference(&SUBSIDIARY))], "")?;
    Ok(row::whole(&sent, "subsidiary"))
}

/// Gives the first and last name as one.
pub(super) fn name_of(columns: &Columns) -> Option<String> {
    let parts = ["firstname", "middlename", "lastname"].into_iter().filter_map(|name| row::text(columns, name));
    let name = parts.collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// Asks for the names a customer must have, and for its subsidiary.
fn check_names(columns: &Columns, lacks_subsidiary: bool, writing: &Writing<'_>) -> Result<(), Refusal> {
    let mut lacking = Vec::new();
    if row::text(columns, "isperson") == Some("T") {
        let names = [("firstname", "First Name"), ("lastname", "Last Name")];
        lacking.extend(names.into_iter().filter(|(column, _)| row::is_empty(columns, column)).map(|(_, label)| label));
    } else if row::is_empty(columns, "companyname") {
        lacking.push("Company Name");
    }
    if !writing.service.settings.auto_numbers && row::is_empty(columns, "entityid") {
        lacking.push("Customer ID");
    }
    if lacks_subsidiary {
        lacking.push("Subsidiary");
    }
    match lacking.as_slice() {
        [] => Ok(()),
        ["Company Name"] => Err(Refusal::user("You must enter a value for Company Name.")),
        lacking => Err(missing(lacking)),
    }
}

/// Refuses an external id any other entity has.
pub(super) fn check_entity(external: Option<&str>, own: Option<i64>, writing: &Writing<'_>) -> Result<(), Refusal> {
    let Some(external) = external else { return Ok(()) };
    let mut statement = writing.service.conn.prepare_cached("select id from sim_entity where externalid = ?1")?;
    let taken: Option<i64> = statement.query_row([external], |row| row.get(0)).optional()?;
    check_external(taken, own, TAKEN)
}

/// Refuses a number another customer has.
fn check_number(columns: &Columns, own: Option<i64>, writing: &Writing<'_>) -> Result<(), Refusal> {
    let Some(number) = row::text(columns, "entityid") else { return Ok(()) };
    let mut statement = writing.service.conn.prepare_cached("select id from customer where entityid = ?1")?;
    let taken: Option<i64> = statement.query_row([number], |row| row.get(0)).optional()?;
    check_external(taken, own, TAKEN)
}

fn join(id: i64, subsidiary: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let key = row::next(conn, "customersubsidiary", "select max(id) from customersubsidiaryrelationship")?;
    conn.prepare_cached(
        "insert into customersubsidiaryrelationship (id, entity, subsidiary, isprimarysub) values (?1, ?2, ?3, 'T')
         on conflict (entity, subsidiary) do update set isprimarysub = 'T'",
    )?
    .execute(params![key, id, subsidiary])
    .map(|_| ())
}

/// Works out what follows from the rest: the name shown and the stage.
fn derive(id: i64, writing: &Writing<'_>) -> rusqlite::Result<()> {
    writing
        .service
        .conn
        .prepare_cached(
            "update customer set
                 altname = iif(isperson = 'T', trim(coalesce(firstname, '') || ' ' || coalesce(lastname, '')), companyname),
                 searchstage = (select case when upper(coalesce(s.name, '')) like 'LEAD%' or s.name like '%ualified' then 'Lead'
                                            when upper(coalesce(s.name, '')) like 'PROSPECT%' or s.name in ('Proposal',
                                                'In Discussion', 'In Negotiation', 'Purchasing', 'Closed Lost',
                                                'Identified Decision Makers') then 'Prospect'
                                            else 'Customer' end
                                from (select 1) left join entitystatus s on s.key = customer.entitystatus)
             where id = ?1",
        )?
        .execute([id])
        .map(|_| ())
}

/// Writes what was sent of the sublists.
fn sublists(id: i64, fresh: bool, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    const ITEM_PRICES: &[Field] = &[
        ("item", "item", Form::Reference(&ITEM)),
        ("level", "level", Form::Reference(&PRICE_LEVEL)),
        ("price", "price", Form::Number),
        ("currency", "currency", Form::Reference(&CURRENCY)),
    ];
    const GROUP_PRICES: &[Field] = &[("group", "group", Form::Id), ("level", "level", Form::Reference(&PRICE_LEVEL))];
    address_book::write(id, fresh, members, writing)?;
    let tables = [("itemPricing", "customeritempricing", ITEM_PRICES), ("groupPricing", "customergrouppricing", GROUP_PRICES)];
    for (name, table, fields) in tables {
        let Some(entries) = entries(members, name)? else { continue };
        // These have no keys: they are added, or all of them replaced.
        if writing.manner.replaces(name) {
            writing.service.conn.execute(&format!("delete from {table} where customer = ?1"), [id])?;
        }
        for (place, entry) in entries.into_iter().enumerate() {
            let path = format!("{name}.items[{place}].");
            writing.names(entry, |name| fields.iter().any(|(property, ..)| *property == name), &[], &path)?;
            let mut columns = writing.columns(entry, fields, &path)?;
            columns.insert("customer".into(), Stored::Integer(id));
            row::insert(writing.service.conn, table, &columns)?;
        }
    }
    Ok(())
}
