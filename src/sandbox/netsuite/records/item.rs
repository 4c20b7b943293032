//! Items as records: one table, a record type for each kind, with prices, stock and members as sublists.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::{ROOT, Service, utc_text};
use crate::sandbox::netsuite::catalogue::{self, Display, Found, Kind};

/// How a column appears in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Flag,
    Number,
    Moment,
    Reference,
    /// A closed list: an object with the value as id, or the bare value.
    Choice,
}

/// Columns and the properties they appear as.
const PROPERTIES: [(&str, &str, Form); 50] = [
    ("externalid", "externalId", Form::Text),
    ("itemid", "itemId", Form::Text),
    ("displayname", "displayName", Form::Text),
    ("itemtype", "itemType", Form::Choice),
    ("subtype", "subtype", Form::Choice),
    ("description", "salesDescription", Form::Text),
    ("purchasedescription", "purchaseDescription", Form::Text),
    ("stockdescription", "stockDescription", Form::Text),
    ("featureddescription", "featuredDescription", Form::Text),
    ("storedisplayname", "storeDisplayName", Form::Text),
    ("storedescription", "storeDescription", Form::Text),
    ("storedetaileddescription", "storeDetailedDescription", Form::Text),
    ("storedisplayimage", "storeDisplayImage", Form::Reference),
    ("storedisplaythumbnail", "storeDisplayThumbnail", Form::Reference),
    ("upccode", "upcCode", Form::Text),
    ("mpn", "mpn", Form::Text),
    ("manufacturer", "manufacturer", Form::Text),
    ("vendorname", "vendorName", Form::Text),
    ("countryofmanufacture", "countryOfManufacture", Form::Choice),
    ("weight", "weight", Form::Number),
    ("weightunit", "weightUnit", Form::Reference),
    ("class", "class", Form::Reference),
    ("department", "department", Form::Reference),
    ("location", "location", Form::Reference),
    ("preferredlocation", "preferredLocation", Form::Reference),
    ("includechildren", "includeChildren", Form::Flag),
    ("parent", "parent", Form::Reference),
    ("matrixtype", "matrixType", Form::Choice),
    ("isinactive", "isInactive", Form::Flag),
    ("isonline", "isOnline", Form::Flag),
    ("isfulfillable", "isFulfillable", Form::Flag),
    ("isdropshipitem", "isDropShipItem", Form::Flag),
    ("isspecialorderitem", "isSpecialOrderItem", Form::Flag),
    ("unitstype", "unitsType", Form::Reference),
    ("stockunit", "stockUnit", Form::Reference),
    ("saleunit", "saleUnit", Form::Reference),
    ("purchaseunit", "purchaseUnit", Form::Reference),
    ("minimumquantity", "minimumQuantity", Form::Number),
    ("maximumquantity", "maximumQuantity", Form::Number),
    ("pricinggroup", "pricingGroup", Form::Reference),
    ("quantitypricingschedule", "quantityPricingSchedule", Form::Reference),
    ("overallquantitypricingtype", "overallQuantityPricingType", Form::Choice),
    ("usemarginalrates", "useMarginalRates", Form::Flag),
    ("cost", "cost", Form::Number),
    ("averagecost", "averageCost", Form::Number),
    ("lastpurchaseprice", "lastPurchasePrice", Form::Number),
    ("urlcomponent", "urlComponent", Form::Text),
    ("pagetitle", "pageTitle", Form::Text),
    ("createddate", "createdDate", Form::Moment),
    ("lastmodifieddate", "lastModifiedDate", Form::Moment),
];

/// Sublists every item has, as far as its kind allows.
const SUBLISTS: [&str; 4] = ["price", "locations", "member", "subsidiary"];

/// Reads one item.
pub(super) fn read(
    id: i64,
    record_type: &str,
    expanded: bool,
    plain_enums: bool,
    service: &Service<'_>,
) -> rusqlite::Result<Value> {
    let address = format!("{}{ROOT}{record_type}/{id}", service.base);
    let mut record = Map::new();
    record.insert("links".into(), json!([{"rel": "self", "href": address}]));
    record.insert("id".into(), id.to_string().into());
    let mut statement = service.conn.prepare_cached("select * from item where id = ?1")?;
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_lowercase).collect();
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Err(rusqlite::Error::QueryReturnedNoRows) };
    for (index, column) in columns.iter().enumerate() {
        let value = row.get_ref(index)?;
        let known =
            PROPERTIES.iter().find(|(name, ..)| name == column).map(|(_, property, form)| ((*property).to_owned(), *form));
        let custom = column.starts_with("custitem").then(|| (column.clone(), custom_form(value)));
        if let Some((property, form)) = known.or(custom)
            && let Some(shown) = show(column, form, value, plain_enums, service)?
        {
            record.insert(property, shown);
        }
    }
    for name in SUBLISTS {
        let whole = match expanded {
            true => sublist(id, name, record_type, service)?,
            false => Some(json!({"links": [{"rel": "self", "href": format!("{address}/{name}")}]})),
        };
        if let Some(whole) = whole {
            record.insert(name.to_owned(), whole);
        }
    }
    Ok(Value::Object(record))
}

/// Guesses the form of a custom field from its value, as its definition is not kept.
fn custom_form(value: ValueRef<'_>) -> Form {
    match value {
        ValueRef::Integer(_) => Form::Reference,
        ValueRef::Real(_) => Form::Number,
        ValueRef::Text(b"T" | b"F") => Form::Flag,
        _ => Form::Text,
    }
}

fn show(
    column: &str,
    form: Form,
    value: ValueRef<'_>,
    plain_enums: bool,
    service: &Service<'_>,
) -> rusqlite::Result<Option<Value>> {
    let text = match value {
        ValueRef::Null | ValueRef::Blob(_) => return Ok(None),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(f) => f.to_string(),
    };
    Ok(Some(match form {
        Form::Text => text.into(),
        Form::Flag => (text == "T").into(),
        Form::Number => text.parse::<f64>().ok().map_or(Value::Null, Value::from),
        Form::Moment => utc_text(&text).into(),
        Form::Choice if plain_enums => text.into(),
        Form::Choice => json!({"id": text, "refName": text}),
        Form::Reference => {
            let kind = match service.catalogue.find("item") {
                Found::Table(table) => table.columns.iter().find(|c| c.name == column).map_or(Kind::Integer, |c| c.kind),
                _ => Kind::Integer,
            };
            reference(service.conn, column, &text, kind)?
        }
    }))
}

/// Makes a reference with its display text.
fn reference(conn: &Connection, column: &str, id: &str, kind: Kind) -> rusqlite::Result<Value> {
    let name: Option<String> = match catalogue::display("item", column, kind) {
        Display::Row(table, name) => conn
            .prepare_cached(&format!("select {name} from {table} where id = ?1"))?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten(),
        Display::List(source) => {
            let mut statement = conn.prepare_cached("select name from sim_display where source in (?1, ?2) and id = ?3")?;
            statement.query_row(params![source, source.trim_start_matches("matrixoption"), id], |row| row.get(0)).optional()?
        }
        Display::Rows(..) | Display::PriceLevel | Display::Status | Display::Own => None,
    };
    let mut shown = json!({"id": id});
    if let (Some(name), Some(members)) = (name, shown.as_object_mut()) {
        members.insert("refName".into(), name.into());
    }
    Ok(shown)
}

/// Reads one sublist; nothing when items have none of that name.
pub(super) fn sublist(id: i64, name: &str, record_type: &str, service: &Service<'_>) -> rusqlite::Result<Option<Value>> {
    let sql = match name {
        "price" => {
            "select json_object('currencyPage', json_object('id', cast(coalesce(p.currency, 1) as text)),
                 'priceLevel', json_object('id', cast(p.pricelevel as text), 'refName', l.name), 'priceLevelName', l.name,
                 'quantity', json_object('value', cast(coalesce(q.mincount, 0) as text)), 'price', p.unitprice,
                 'isInactive', json(case when l.isinactive = 'T' then 'true' else 'false' end))
             from pricing p left join pricelevel l on l.id = p.pricelevel
             left join itemquantity q on q.item = p.item and q.seqnum = p.quantity
             where p.item = ?1 order by p.pricelevel, p.quantity, p.internalid"
        }
        "locations" => {
            "select json_object('location', json_object('id', cast(a.location as text), 'refName', l.name),
                 'quantityOnHand', a.quantityonhand, 'quantityAvailable', a.quantityavailable, 'quantityCommitted', a.quantitycommitted,
                 'quantityOnOrder', a.quantityonorder, 'quantityBackOrdered', a.quantitybackordered,
                 'quantityInTransit', a.quantityintransit, 'reorderPoint', a.reorderpoint,
                 'preferredStockLevel', a.preferredstocklevel)
             from aggregateitemlocation a left join location l on l.id = a.location where a.item = ?1 order by a.location"
        }
        "member" => {
            "select json_object('lineNumber', m.linenumber, 'item', json_object('id', cast(m.item as text), 'refName', i.itemid),
                 'quantity', m.quantity, 'memberDescr', i.displayname)
             from (select parentitem, item, quantity, linenumber from kititemmember
                   union all select parentitem, item, quantity, linenumber from assemblyitemmember) m
             left join item i on i.id = m.item where m.parentitem = ?1 order by m.linenumber"
        }
        "subsidiary" => {
            "select json_object('id', cast(m.subsidiary as text), 'refName', s.name)
             from itemsubsidiarymap m left join subsidiary s on s.id = m.subsidiary where m.item = ?1 order by m.subsidiary"
        }
        _ => return Ok(None),
    };
    let mut statement = service.conn.prepare_cached(sql)?;
    let mut items = Vec::new();
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let mut entry: Value = serde_json::from_str(row.get_ref(0)?.as_str()?).unwrap_or_default();
        if let Some(members) = entry.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        items.push(entry);
    }
    let address = format!("{}{ROOT}{record_type}/{id}/{name}", service.base);
    let total = items.len();
    Ok(Some(json!({"links": [{"rel": "self", "href": address}], "items": items, "totalResults": total})))
}
