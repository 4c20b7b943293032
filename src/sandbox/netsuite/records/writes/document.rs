//! Documents of a sale, written: heads with their defaults, addresses, and what follows from the lines.

use rusqlite::types::Value as Stored;
use rusqlite::{OptionalExtension, params};
use rust_decimal::Decimal;
use serde_json::Value;

use super::address;
use super::fields::{
    CLASS, CURRENCY, CUSTOMER, DEPARTMENT, ENTITY_STATUS, Field, Form, LOCATION, SALES_REP, SHIP_ITEM, SUBSIDIARY, TERM, Writing,
    no_such_value, pointed, unusable_value,
};
use super::manner::Members;
use super::money::{self, is_sent};
use super::row::{self, Columns};
use super::{check_external, is_shown, lines, missing, progress};
use crate::sandbox::netsuite::errors::{Locator, Refusal};
use crate::sandbox::netsuite::records::shape::Shape;
use crate::sandbox::netsuite::records::{credit_memo, customer_deposit, estimate, invoice, item_fulfillment, sales_order};

/// A kind of document.
#[derive(Debug)]
pub(super) struct DocumentType {
    /// Its type among transactions.
    pub(super) code: &'static str,
    /// What its number begins with, and what people call it.
    prefix: &'static str,
    words: &'static str,
    /// The sign its lines are stored with.
    pub(super) sign: Decimal,
    /// It changes the books, so its period must be open.
    posts: bool,
    /// What can be written of its head beyond what all have.
    fields: &'static [Field],
    /// What it shows.
    shape: &'static Shape,
}

const OUT: Decimal = Decimal::NEGATIVE_ONE;

pub(super) static ORDER: DocumentType = DocumentType {
    code: "SalesOrd",
    prefix: "SO",
    words: "Sales Order",
    sign: OUT,
    posts: false,
    fields: &[
        ("shipComplete", "shipcomplete", Form::Flag),
        ("orderStatus", "status", Form::Choice(&["A", "B"])),
        ("terms", "terms", Form::Reference(&TERM)),
        ("shipMethod", "shipmethod", Form::Reference(&SHIP_ITEM)),
        ("shipDate", "shipdate", Form::Day),
    ],
    shape: &sales_order::SHAPE,
};
pub(super) static ESTIMATE: DocumentType = DocumentType {
    code: "Estimate",
    prefix: "EST",
    words: "Estimate",
    sign: OUT,
    posts: false,
    fields: &[
        ("title", "title", Form::Text),
        ("dueDate", "duedate", Form::Day),
        ("expectedCloseDate", "expectedclosedate", Form::Day),
        ("probability", "probability", Form::Number),
        ("entityStatus", "entitystatus", Form::Reference(&ENTITY_STATUS)),
        ("visibleToCustomer", "visibletocustomer", Form::Flag),
        ("terms", "terms", Form::Reference(&TERM)),
        ("shipMethod", "shipmethod", Form::Reference(&SHIP_ITEM)),
    ],
    shape: &estimate::SHAPE,
};
pub(super) static INVOICE: DocumentType = DocumentType {
    code: "CustInvc",
    prefix: "INV",
    words: "Invoice",
    sign: OUT,
    posts: true,
    fields: &[
        ("dueDate", "duedate", Form::Day),
        ("terms", "terms", Form::Reference(&TERM)),
        ("shipMethod", "shipmethod", Form::Reference(&SHIP_ITEM)),
        ("shipDate", "shipdate", Form::Day),
    ],
    shape: &invoice::SHAPE,
};
pub(super) static CREDIT: DocumentType = DocumentType {
    code: "CustCred",
    prefix: "CM",
    words: "Credit Memo",
    sign: Decimal::ONE,
    posts: true,
    fields: &[],
    shape: &credit_memo::SHAPE,
};
pub(super) static FULFILMENT: DocumentType = DocumentType {
    code: "ItemShip",
    prefix: "IF",
    words: "Item Fulfillment",
    sign: Decimal::ONE,
    posts: true,
    fields: &[
        ("shipStatus", "status", Form::Choice(&["A", "B", "C"])),
        ("pickedDate", "sim_pickeddate", Form::Day),
        ("packedDate", "sim_packeddate", Form::Day),
        ("shippedDate", "sim_shippeddate", Form::Day),
        ("shipMethod", "shipmethod", Form::Reference(&SHIP_ITEM)),
    ],
    shape: &item_fulfillment::SHAPE,
};
pub(super) static DEPOSIT: DocumentType = DocumentType {
    code: "CustDep",
    prefix: "DEP",
    words: "Customer Deposit",
    sign: Decimal::ONE,
    posts: true,
    fields: &[],
    shape: &customer_deposit::SHAPE,
};

/// What can be written of every head.
const HEAD: &[Field] = &[
    ("externalId", "externalid", Form::Text),
    ("tranDate", "trandate", Form::Day),
    ("memo", "memo", Form::Text),
    ("currency", "currency", Form::Reference(&CURRENCY)),
    ("exchangeRate", "exchangerate", Form::Number),
    ("otherRefNum", "otherrefnum", Form::Text),
    ("message", "message", Form::Text),
    ("email", "email", Form::Text),
    ("salesRep", "employee", Form::Reference(&SALES_REP)),
];

const NUMBER: Field = ("tranId", "tranid", Form::Text);

/// What is kept on the main line.
const SEGMENTS: &[Field] = &[
    ("location", "location", Form::Reference(&LOCATION)),
    ("class", "class", Form::Reference(&CLASS)),
    ("department", "department", Form::Reference(&DEPARTMENT)),
];

/// Known and without effect here, or read elsewhere.
const SILENT: &[&str] = &[
    "orderStatus",
    "shippingCost",
    "discountItem",
    "discountRate",
    "shipAddressList",
    "billAddressList",
    "customForm",
    "toBeEmailed",
    "toBePrinted",
    "toBeFaxed",
    "promoCode",
    "source",
    "includeInForecast",
    "salesTeam",
    "partner",
    "partners",
    "leadSource",
    "opportunity",
    "shipIsResidential",
    "handlingCost",
    "salesGroup",
    "startDate",
    "endDate",
    "fob",
    "nexus",
    "apply",
    "package",
    "shipMethod",
    "shipDate",
];

/// A head as its lines need to know it.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Its id.
    pub(super) id: i64,
    /// Its kind.
    pub(super) kind: &'static DocumentType,
    /// The buyer.
    pub(super) entity: i64,
    /// The currency of its amounts.
    pub(super) currency: Option<i64>,
    /// Whose sale it is.
    pub(super) subsidiary: Option<i64>,
    /// Where it is sold from.
    pub(super) location: Option<i64>,
    /// The document it is made from.
    pub(super) source: Option<i64>,
}

/// A document that another one is made from.
pub(super) struct Origin {
    /// Its id.
    pub(super) id: i64,
    /// Its head, from which what was not sent is taken.
    pub(super) head: Columns,
}

/// Creates a document with the lines in its body.
pub(super) fn create(
    kind: &'static DocumentType,
    members: &Members,
    origin: Option<&Origin>,
    writing: &Writing<'_>,
) -> Result<i64, Refusal> {
    let head = enter_sale(kind, members, origin, writing)?;
    if origin.is_none() {
        lines::write(&head, true, members, writing)?;
        finish(&head, members, writing)?;
    }
    Ok(head.id)
}

/// Writes the head, the addresses and the main line of a new document.
pub(super) fn enter_sale(
    kind: &'static DocumentType,
    members: &Members,
    origin: Option<&Origin>,
    writing: &Writing<'_>,
) -> Result<Head, Refusal> {
    let (mut columns, mut segments) = read(kind, members, writing)?;
    if let Some(origin) = origin {
        let names = ["entity", "employee", "currency", "exchangerate", "terms", "shipmethod", "otherrefnum", "email", "memo"];
        row::inherit(&mut columns, &origin.head, &names.map(|name| (name, name)));
        row::inherit(&mut columns, &origin.head, &[("shippingaddress", "shippingaddress"), ("billingaddress", "billingaddress")]);
        let own = origin.head.iter().filter(|(name, _)| name.starts_with("custbody"));
        own.for_each(|(name, value)| row::default(&mut columns, name, value.clone()));
        row::inherit(&mut segments, &origin.head, &["subsidiary", "location", "class", "department"].map(|name| (name, name)));
    }
    let entity = row::whole(&columns, "entity").ok_or_else(|| missing(&["Customer"]))?;
    let buyer = buyer(entity, writing)?;
    let subsidiary = check_subsidiary(entity, row::whole(&segments, "subsidiary"), writing)?;
    let currency = check_currency(&buyer, row::whole(&columns, "currency"), writing)?;
    row::inherit(&mut columns, &buyer, &[("employee", "salesrep"), ("email", "email")]);
    if matches!(kind.code, "SalesOrd" | "CustInvc") {
        row::inherit(&mut columns, &buyer, &[("terms", "terms"), ("shipmethod", "shippingitem")]);
    }
    if row::is_empty(&columns, "status") {
        columns.remove("status");
    }
    if kind.code == "SalesOrd" {
        row::default(&mut columns, "status", writing.service.settings.new_order_status.clone());
        row::default(&mut columns, "shipcomplete", "F".to_owned());
    }
    row::default(&mut columns, "status", "A".to_owned());
    if kind.code == "CustInvc" {
        columns.insert("foreignamountpaid".into(), Stored::Integer(0));
    }
    if let Some(currency) = currency {
        columns.insert("currency".into(), Stored::Integer(currency));
    }
    let id = enter(kind, &mut columns, writing)?;
    let location = row::whole(&segments, "location");
    let head = Head { id, kind, entity, currency, subsidiary, location, source: origin.map(|origin| origin.id) };
    main_line(&head, segments, writing)?;
    addresses(&head, members, origin.is_none().then_some(&buyer), writing)?;
    Ok(head)
}

/// Writes what follows from the lines: freight, discount, totals, status.
pub(super) fn finish(head: &Head, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    if lines::goods(head.id, writing)?.is_empty() {
        return Err(Refusal::user("You must enter at least one line item for this transaction."));
    }
    money::discount(head, members, writing)?;
    money::freight(head, members, writing)?;
    money::settle(head, writing)?;
    // A status once reached is looked at again only when something it depends on was sent.
    if head.kind.code == "SalesOrd" && (members.contains_key(lines::NAME) || members.contains_key("orderStatus")) {
        progress::settle(head.id, writing)?;
    }
    Ok(())
}

/// Changes a document.
pub(super) fn update(kind: &'static DocumentType, id: i64, members: &Members, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    let mut members = members.clone();
    writing.manner.complete(&mut members, |name| name != lines::NAME && is_shown(kind.shape, name));
    let (mut columns, segments) = read(kind, &members, writing)?;
    let held = row::read(conn, "select * from \"transaction\" where id = ?1", id)?.unwrap_or_default();
    for (column, property) in [("entity", "entity"), ("currency", "currency")] {
        if columns.remove(column).is_some_and(|sent| held.get(column) != Some(&sent)) {
            return Err(changed(&members, property));
        }
    }
    if kind.code == "SalesOrd" {
        restate(&mut columns, &held, &members)?;
    }
    save(kind, id, &columns, writing)?;
    let main = "select subsidiary, location, class, department, createdfrom from transactionline
                where \"transaction\" = ?1 and mainline = 'T'";
    let main = row::read(conn, main, id)?.unwrap_or_default();
    if segments.get("subsidiary").is_some_and(|sent| main.get("subsidiary") != Some(sent)) {
        return Err(changed(&members, "subsidiary"));
    }
    if !segments.is_empty() {
        let set: Columns = segments.clone();
        let query = "select uniquekey from transactionline where \"transaction\" = ?1 and mainline = 'T'";
        if let Some(key) = row::read(conn, query, id)?.as_ref().and_then(|row| row::whole(row, "uniquekey")) {
            row::update(conn, "transactionline", "uniquekey", key, &set)?;
        }
    }
    let head = Head {
        id,
        kind,
        entity: row::whole(&held, "entity").unwrap_or_default(),
        currency: row::whole(&held, "currency"),
        subsidiary: row::whole(&main, "subsidiary"),
        location: row::whole(&segments, "location").or(row::whole(&main, "location")),
        // Lines added later are not made from anything.
        source: None,
    };
    addresses(&head, &members, None, writing)?;
    lines::write(&head, false, &members, writing)?;
    finish(&head, &members, writing)
}

/// Reads the head: columns of its own, and segments.
fn read(kind: &DocumentType, members: &Members, writing: &Writing<'_>) -> Result<(Columns, Columns), Refusal> {
    let known = |name: &str| is_shown(kind.shape, name) || SILENT.contains(&name);
    writing.names(members, known, &[("transaction", "custbody")], "")?;
    if members.contains_key("taxCode") {
        return Err(Refusal::user("The record has been deleted since you retrieved it."));
    }
    let mut columns = writing.columns(members, HEAD, "")?;
    columns.extend(writing.columns(members, &[("entity", "entity", Form::Reference(&CUSTOMER))], "")?);
    columns.extend(writing.columns(members, kind.fields, "")?);
    if !writing.service.settings.auto_numbers {
        columns.extend(writing.columns(members, &[NUMBER], "")?);
    }
    writing.own(members, "transaction", "custbody", &mut columns);
    let mut segments = writing.columns(members, SEGMENTS, "")?;
    segments.extend(writing.columns(members, &[("subsidiary", "subsidiary", Form::Reference(&SUBSIDIARY))], "")?);
    Ok((columns, segments))
}

/// Refuses to give a document another buyer, currency or subsidiary.
fn changed(members: &Members, property: &str) -> Refusal {
    let sent = members.get(property).and_then(pointed).map(|(id, _)| id).unwrap_or_default();
    unusable_value(&sent, property, "")
}

/// Approves an order or takes the approval back; what is under way is approved and stays where it is.
fn restate(columns: &mut Columns, held: &Columns, members: &Members) -> Result<(), Refusal> {
    let Some(sent) = row::text(columns, "status").map(str::to_owned) else {
        columns.remove("status");
        return Ok(());
    };
    match row::text(held, "status").unwrap_or_default() {
        "A" | "B" => Ok(()),
        _ if sent == "A" => Err(changed(members, "orderStatus")),
        _ => {
            columns.remove("status");
            Ok(())
        }
    }
}

/// Saves changed columns of a head.
pub(super) fn save(kind: &DocumentType, id: i64, columns: &Columns, writing: &Writing<'_>) -> Result<(), Refusal> {
    check_external_id(row::text(columns, "externalid"), Some(id), writing)?;
    if let Some(day) = row::text(columns, "trandate").filter(|_| kind.posts) {
        check_period(day, writing)?;
    }
    let mut columns = columns.clone();
    if row::is_empty(&columns, "trandate") {
        columns.remove("trandate");
    }
    columns.insert("lastmodifieddate".into(), Stored::Text(writing.stamp.clone()));
    Ok(row::update(writing.service.conn, "transaction", "id", id, &columns)?)
}

/// Enters a head: checks, number, stamps.
pub(super) fn enter(kind: &DocumentType, columns: &mut Columns, writing: &Writing<'_>) -> Result<i64, Refusal> {
    let conn = writing.service.conn;
    check_external_id(row::text(columns, "externalid"), None, writing)?;
    if row::is_empty(columns, "trandate") {
        columns.insert("trandate".into(), Stored::Text(writing.today.clone()));
    }
    if kind.posts {
        check_period(row::text(columns, "trandate").unwrap_or_default(), writing)?;
    }
    if row::is_empty(columns, "exchangerate") {
        let rate = "select iif(isbasecurrency = 'T', 1, coalesce(exchangerate, 1)) as rate from currency where id = ?1";
        let rate = match row::whole(columns, "currency") {
            Some(currency) => row::read(conn, rate, currency)?.and_then(|mut row| row.remove("rate")),
            None => None,
        };
        columns.insert("exchangerate".into(), rate.unwrap_or(Stored::Integer(1)));
    }
    let id = row::next(conn, "transaction", "select max(id) from \"transaction\"")?;
    if row::is_empty(columns, "tranid") {
        columns.insert("tranid".into(), Stored::Text(next_number(kind, writing)?));
    }
    let shown = format!("{} #{}", kind.words, row::text(columns, "tranid").unwrap_or_default());
    let record: String =
        conn.query_row("select recordtype from sim_transactiontype where type = ?1", [kind.code], |row| row.get(0))?;
    let texts = [
        ("trandisplayname", shown),
        ("transactionnumber", format!("{id:08}")),
        ("type", kind.code.to_owned()),
        ("recordtype", record),
        ("createddate", writing.stamp.clone()),
        ("lastmodifieddate", writing.stamp.clone()),
        ("posting", if kind.posts { "T" } else { "F" }.to_owned()),
        ("void", "F".to_owned()),
        ("voided", "F".to_owned()),
        ("source", "restWebServices".to_owned()),
    ];
    columns.extend(texts.map(|(name, text)| (name.to_owned(), Stored::Text(text))));
    columns.insert("id".into(), Stored::Integer(id));
    row::insert(conn, "transaction", columns)?;
    Ok(id)
}

/// Gives the next number of a kind of document that none has.
fn next_number(kind: &DocumentType, writing: &Writing<'_>) -> rusqlite::Result<String> {
    let conn = writing.service.conn;
    let (prefix, code) = (kind.prefix, kind.code);
    let highest = format!(
        "select max(cast(substr(tranid, {}) as integer)) from \"transaction\" where type = '{code}' and tranid glob '{prefix}[0-9]*'",
        prefix.len() + 1,
    );
    loop {
        let number = format!("{prefix}{}", row::continued(conn, prefix, &highest)?);
        let taken = "select exists (select 1 from \"transaction\" where tranid = ?1)";
        if !conn.prepare_cached(taken)?.query_row([&number], |row| row.get::<_, bool>(0))? {
            return Ok(number);
        }
    }
}

/// Writes the main line.
pub(super) fn main_line(head: &Head, segments: Columns, writing: &Writing<'_>) -> rusqlite::Result<()> {
    let conn = writing.service.conn;
    let mut line = segments;
    let key = row::next(conn, "line", "select max(uniquekey) from transactionline")?;
    let numbers = [("uniquekey", key), ("transaction", head.id), ("id", 0), ("linesequencenumber", 0), ("entity", head.entity)];
    line.extend(numbers.map(|(name, number)| (name.to_owned(), Stored::Integer(number))));
    line.extend([("mainline", "T"), ("taxline", "F")].map(|(name, flag)| (name.to_owned(), Stored::Text(flag.to_owned()))));
    for (name, number) in [("subsidiary", head.subsidiary), ("createdfrom", head.source)] {
        line.insert(name.into(), number.map_or(Stored::Null, Stored::Integer));
    }
    for name in ["linecreateddate", "linelastmodifieddate"] {
        line.insert(name.into(), Stored::Text(writing.stamp.clone()));
    }
    row::insert(conn, "transactionline", &line)
}

/// Reads the customer a document is for.
pub(super) fn buyer(entity: i64, writing: &Writing<'_>) -> rusqlite::Result<Columns> {
    Ok(row::read(writing.service.conn, "select * from customer where id = ?1", entity)?.unwrap_or_default())
}

/// Gives the subsidiary of a document: the one sent if the customer is with it, else the customer's first.
pub(super) fn check_subsidiary(entity: i64, sent: Option<i64>, writing: &Writing<'_>) -> Result<Option<i64>, Refusal> {
    let mut statement = writing.service.conn.prepare_cached(
        "select subsidiary from customersubsidiaryrelationship where entity = ?1 order by isprimarysub = 'T' desc, id",
    )?;
    let own: Vec<i64> = statement.query_map([entity], |row| row.get(0))?.collect::<Result<_, _>>()?;
    match sent {
        Some(sent) if !own.is_empty() && !own.contains(&sent) => Err(unusable_value(&sent.to_string(), "subsidiary", "")),
        Some(sent) => Ok(Some(sent)),
        None => Ok(own.first().copied()),
    }
}

/// Gives the currency of a document, which is the customer's.
pub(super) fn check_currency(buyer: &Columns, sent: Option<i64>, writing: &Writing<'_>) -> Result<Option<i64>, Refusal> {
    let base = "select id from currency where isbasecurrency = 'T'";
    let base: Option<i64> = writing.service.conn.query_row(base, [], |row| row.get(0)).optional()?;
    let own = row::whole(buyer, "currency").or(base);
    match sent {
        Some(sent) if own.is_some_and(|own| own != sent) => Err(unusable_value(&sent.to_string(), "currency", "")),
        sent => Ok(sent.or(own)),
    }
}

fn check_external_id(external: Option<&str>, own: Option<i64>, writing: &Writing<'_>) -> Result<(), Refusal> {
    let Some(external) = external else { return Ok(()) };
    let mut statement = writing.service.conn.prepare_cached("select id from \"transaction\" where externalid = ?1")?;
    let taken: Option<i64> = statement.query_row([external], |row| row.get(0)).optional()?;
    check_external(taken, own, "This record already exists.")
}

/// Refuses a posting day in books that are closed.
fn check_period(day: &str, writing: &Writing<'_>) -> Result<(), Refusal> {
    let locked = writing.service.settings.locked_through.as_deref().is_some_and(|last| day <= last);
    let closed: bool = writing
        .service
        .conn
        .prepare_cached(
            "select exists (select 1 from accountingperiod where ?1 between startdate and enddate and coalesce(isquarter, 'F') = 'F'
                 and coalesce(isyear, 'F') = 'F' and coalesce(isadjust, 'F') = 'F' and 'T' in (closed, alllocked, arlocked))",
        )?
        .query_row([day], |row| row.get(0))?;
    if locked || closed {
        return Err(Refusal::user("The accounting period of the date you entered is closed or locked. Enter another date.")
            .at(Locator::Path("tranDate".into())));
    }
    Ok(())
}

/// Writes where it goes and who pays: as sent, from the address book, or the customer's usual.
fn addresses(head: &Head, members: &Members, buyer: Option<&Columns>, writing: &Writing<'_>) -> Result<(), Refusal> {
    let conn = writing.service.conn;
    let uses = [
        ("shippingAddress", "shipAddressList", "shippingaddress", "transactionshippingaddress", "defaultshippingaddress"),
        ("billingAddress", "billAddressList", "billingaddress", "transactionbillingaddress", "defaultbillingaddress"),
    ];
    for (property, list, column, table, usual) in uses {
        let held: Option<i64> =
            conn.query_row(&format!("select {column} from \"transaction\" where id = ?1"), [head.id], |row| row.get(0))?;
        let book = format!("select {} from customeraddressbookentityaddress where nkey = ?1", address::COLUMNS);
        let copied = match (members.get(property), members.get(list)) {
            (Some(Value::Object(sent)), _) => {
                // An address taken over from another document is not changed there.
                let own = format!("select {} from {table} where nkey = ?1 and recordowner = {}", address::COLUMNS, head.id);
                let before = held.map(|key| row::read(conn, &own, key)).transpose()?.flatten().unwrap_or_default();
                Some(address::read(sent, before, &format!("{property}."), writing)?)
            }
            (Some(Value::Null), _) => {
                conn.execute(&format!("update \"transaction\" set {column} = null where id = ?1"), [head.id])?;
                None
            }
            (Some(_), _) => {
                let refusal = Refusal::content(format!("Invalid value for the property '{property}'."));
                return Err(refusal.at(Locator::Path(property.to_owned())));
            }
            (None, Some(chosen)) if is_sent(members, list) => {
                let entry = pointed(chosen).map(|(id, _)| id).unwrap_or_default();
                let key: Option<i64> = conn
                    .prepare_cached("select addressbookaddress from customeraddressbook where entity = ?1 and internalid = ?2")?
                    .query_row(params![head.entity, entry], |row| row.get(0))
                    .optional()?;
                let key = key.ok_or_else(|| no_such_value(&entry, list, ""))?;
                row::read(conn, &book, key)?
            }
            _ => match buyer.and_then(|buyer| row::whole(buyer, usual)) {
                Some(key) => row::read(conn, &book, key)?,
                None => None,
            },
        };
        let Some(mut address) = copied else { continue };
        let key = row::next(conn, table, &format!("select max(nkey) from {table}"))?;
        address.insert("nkey".into(), Stored::Integer(key));
        address.insert("recordowner".into(), Stored::Integer(head.id));
        row::default(&mut address, "lastmodifieddate", writing.stamp.clone());
        row::insert(conn, table, &address)?;
        conn.execute(&format!("update \"transaction\" set {column} = ?2 where id = ?1"), [head.id, key])?;
    }
    Ok(())
}
