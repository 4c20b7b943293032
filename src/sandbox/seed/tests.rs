//! What the seed promises, asked of the rows it writes.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::{CATALOGS, Catalogue, netsuite, price_lists};

mod news;
mod trade;

/// The columns the seed writes and nothing else; columns of exact decimals have the affinity NetSuite's mirror gives them.
const SCHEMA: &str = "
create table currency (id integer primary key, symbol text, name text, displaysymbol text, currencyprecision integer,
    exchangerate numeric, isbasecurrency text, isinactive text, lastmodifieddate text);
create table subsidiary (id integer primary key, name text, fullname text, legalname text, country text, state text,
    currency integer references currency, email text, parent integer references subsidiary, isinactive text,
    iselimination text, lastmodifieddate text);
create table location (id integer primary key, name text, fullname text, parent integer references location, subsidiary text,
    isinactive text, makeinventoryavailable text, makeinventoryavailablestore text, locationtype integer, usebins text,
    tranprefix text, includeinsupplyplanning text, lastmodifieddate text);
create table pricelevel (id integer primary key, name text, discountpct numeric, isonline text, isinactive text,
    updateexistingprices text, lastmodifieddate text);
create table term (id integer primary key, name text, daysuntilnetdue numeric, isinactive text, lastmodifieddate text);
create table employee (id integer primary key, entityid text, firstname text, lastname text, email text, issalesrep text,
    externalid text, supervisor integer references employee, subsidiary integer references subsidiary, isinactive text, lastmodifieddate text);
create table unitstype (id integer primary key, name text);
create table companyfeaturesetup (id text primary key, name text, isavailable text, isactive text);
create table customfield (internalid integer primary key, scriptid text, name text, fieldtype text, fieldvaluetype text,
    fieldvaluetyperecord integer, owner integer references employee, description text, ismandatory text, isstored text,
    isshowinlist text, lastmodifieddate text);
create table classification (id integer primary key, name text, fullname text, parent integer references classification,
    subsidiary text, isinactive text, lastmodifieddate text);
create table file (id integer primary key, name text, folder integer, filesize numeric, url text, isonline text,
    isinactive text, islink text, bundleable text, hideinbundle text, addtimestamptourl text, lastmodifieddate text);
create table item (id integer primary key, itemid text, fullname text, displayname text, itemtype text, subtype text,
    description text, storedetaileddescription text, storedisplayimage integer references file, upccode text, mpn text,
    manufacturer text, countryofmanufacture text, weight numeric, weightunit integer, class integer references classification,
    subsidiary text, includechildren text, parent integer, matrixtype text, isinactive text, isonline text,
    isfulfillable text, isdropshipitem text, isspecialorderitem text, islotitem text, isserialitem text,
    unitstype integer references unitstype, stockunit integer, saleunit integer, purchaseunit integer, minimumquantity numeric,
    overallquantitypricingtype text, usemarginalrates text, dontshowprice text, cost numeric, totalquantityonhand numeric,
    createddate text, lastmodifieddate text, custitem_color integer, custitem_size integer, custitem_image_url text,
    custitem_b2b text, matrixoptioncustitem_color integer, matrixoptioncustitem_size integer);
create table itemsubsidiarymap (item integer references item, subsidiary integer references subsidiary,
    primary key (item, subsidiary));
create table itemquantity (item integer references item, seqnum integer, mincount numeric, maxcount numeric,
    primary key (item, seqnum));
create table pricing (internalid integer primary key, item integer references item, pricelevel integer references pricelevel,
    quantity integer, saleunit integer, unitprice numeric, unique (item, pricelevel, quantity, saleunit));
create table kititemmember (parentitem integer references item, item integer references item, quantity numeric,
    linenumber integer, primary key (parentitem, linenumber));
create table aggregateitemlocation (item integer references item, location integer references location,
    quantityonhand numeric, quantityavailable numeric, quantitycommitted numeric, quantityonorder numeric,
    quantitybackordered numeric, quantityintransit numeric, lastquantityavailablechange text, lastmodifieddate text,
    primary key (item, location));
create table deletedrecord (recordid integer, recordtypeid integer, scriptid text, name text, type text, context text,
    deletedby integer references employee, deleteddate text, iscustomlist text, iscustomrecord text, iscustomtransaction text,
    primary key (recordid, recordtypeid, scriptid));
create table sim_display (source text, id integer, name text, primary key (source, id));
";

/// The items a catalogue takes: sellable kinds, families' containers left out.
const FOR_SALE: &str = "itemtype in ('InvtPart', 'Assembly', 'Kit') and coalesce(matrixtype, '') <> 'PARENT'";

fn now() -> Timestamp {
    "2026-03-02T10:15:00Z".parse().unwrap()
}

fn empty() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    // A row that names one not there yet would be refused while the seed writes.
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    // The trade's rows name each other in many ways; its own tests ask for that.
    conn.execute_batch(include_str!("../netsuite/customers.sql")).unwrap();
    conn.execute_batch(include_str!("../netsuite/documents.sql")).unwrap();
    conn
}

fn seeded(items: usize, problems: bool) -> Connection {
    let conn = empty();
    netsuite(&conn, &Catalogue { items, orders: None, problems, now: now() }).unwrap();
    conn
}

fn standard() -> Connection {
    let conn = empty();
    netsuite(&conn, &Catalogue::standard(now())).unwrap();
    conn
}

/// Counts the rows of `rest`, which is everything after `from`.
fn count(conn: &Connection, rest: &str) -> i64 {
    conn.query_row(&format!("select count(*) from {rest}"), [], |row| row.get(0)).unwrap()
}

fn texts(conn: &Connection, query: &str) -> Vec<String> {
    let mut statement = conn.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Reads every row of every table, so that two databases can be compared.
fn everything(conn: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    for table in texts(conn, "select name from sqlite_schema where type = 'table' order by name") {
        let mut statement = conn.prepare(&format!("select * from \"{table}\" order by 1, 2")).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..width).map(|column| row.get(column).unwrap()).collect();
            lines.push(format!("{table} {values:?}"));
        }
    }
    lines
}

#[test]
fn two_seeds_are_the_same_row_for_row() {
    let first = everything(&standard());
    assert!(first.len() > 1_500, "{}", first.len());
    assert_eq!(first, everything(&standard()));
}

#[test]
fn problems_leave_the_ordinary_catalogue_as_it_is() {
    let (plain, troubled) = (standard(), seeded(240, true));
    let mut with: Vec<String> = everything(&troubled);
    let without = everything(&plain);
    with.retain(|line| without.contains(line));
    assert_eq!(with, without);
    assert_eq!(count(&plain, "item where itemid like 'PROBLEM%'"), 0);
    assert!(count(&troubled, "item where itemid like 'PROBLEM%'") > 10);
}

#[test]
fn a_second_seeding_is_refused_and_changes_nothing() {
    let conn = standard();
    let before = everything(&conn);
    let refusal = netsuite(&conn, &Catalogue::standard(now())).unwrap_err();
    assert!(refusal.starts_with("the sandbox catalogue could not be written"), "{refusal}");
    assert_eq!(everything(&conn), before);
}

#[test]
fn a_schema_without_a_table_is_refused_by_name() {
    let conn = empty();
    conn.execute_batch("drop table kititemmember").unwrap();
    let refusal = netsuite(&conn, &Catalogue::standard(now())).unwrap_err();
    assert!(refusal.contains("kititemmember"), "{refusal}");
    assert_eq!(count(&conn, "currency"), 0, "nothing of a refused seed stays");
}

#[test]
fn the_size_is_what_was_asked_for_in_steady_proportions() {
    for wanted in [1, 7, 40, 240, 5_000] {
        let conn = seeded(usize::try_from(wanted).unwrap(), false);
        let made = count(&conn, &format!("item where {FOR_SALE}"));
        assert!((made - wanted).abs() * 20 <= wanted, "{made} instead of {wanted}");
    }
    let conn = seeded(5_000, false);
    let percent = |rest: &str| count(&conn, rest) * 100 / 5_000;
    assert_eq!(percent("item where matrixtype = 'CHILD'"), 30);
    assert_eq!(percent("item where itemtype = 'InvtPart' and matrixtype is null and parent is null"), 60);
    assert_eq!(percent("item where itemtype = 'Assembly'"), 5);
    assert_eq!(percent("item where itemtype = 'Kit'"), 2);
    let prices = percent(&format!("pricing where item in (select id from item where {FOR_SALE})"));
    assert!((280..=320).contains(&prices), "{prices} price rows a hundred items");
    let stock = percent("aggregateitemlocation");
    assert!((130..=180).contains(&stock), "{stock} stock rows a hundred items");
    assert_eq!(count(&conn, "(select itemid from item group by itemid having count(*) > 1)"), 0);
}

fn no_orphans(conn: &Connection) {
    assert_eq!(count(conn, "pragma_foreign_key_check"), 0);
    assert_eq!(
        count(
            conn,
            "item c left join item p on p.id = c.parent
             where c.matrixtype = 'CHILD' and (p.matrixtype is not 'PARENT' or p.id >= c.id
                or c.fullname <> p.itemid || ' : ' || c.itemid
                or coalesce(c.matrixoptioncustitem_color, c.matrixoptioncustitem_size) is null)"
        ),
        0
    );
    assert_eq!(
        count(conn, "item p where p.matrixtype = 'PARENT' and not exists (select 1 from item c where c.parent = p.id)"),
        0
    );
    assert_eq!(
        count(
            conn,
            "pricing p where not exists (select 1 from itemquantity q where q.item = p.item and q.seqnum = p.quantity)
                and (p.quantity <> 1 or exists (select 1 from itemquantity q where q.item = p.item))"
        ),
        0
    );
    assert_eq!(
        count(
            conn,
            "itemquantity a join itemquantity b on b.item = a.item and b.seqnum = a.seqnum + 1
             where b.mincount is not a.maxcount + 1"
        ),
        0
    );
    assert_eq!(
        count(
            conn,
            "kititemmember m join item k on k.id = m.parentitem join item c on c.id = m.item
             where k.itemtype <> 'Kit' or c.itemtype not in ('InvtPart', 'NonInvtPart') or c.isinactive = 'T'
                or c.matrixtype is 'PARENT' or m.quantity < 1"
        ),
        0
    );
    let shortest = "item k where itemtype = 'Kit' and
        (select count(distinct m.item) from kititemmember m join item c on c.id = m.item
         where m.parentitem = k.id and c.itemtype = 'InvtPart') < 2";
    assert_eq!(count(conn, shortest), 0);
    assert_eq!(
        count(
            conn,
            "aggregateitemlocation a join item i on i.id = a.item
             where i.itemtype not in ('InvtPart', 'Assembly') or i.matrixtype is 'PARENT'"
        ),
        0
    );
    for column in ["matrixoptioncustitem_color", "matrixoptioncustitem_size", "custitem_color", "custitem_size"] {
        let unnamed = format!(
            "item i where i.{column} is not null
                and not exists (select 1 from sim_display d where d.source = '{column}' and d.id = i.{column})"
        );
        assert_eq!(count(conn, &unnamed), 0, "{column}");
    }
}

#[test]
fn every_row_finds_the_rows_it_names() {
    no_orphans(&standard());
    no_orphans(&seeded(1_500, false));
}

#[test]
fn the_default_seed_can_be_synced_without_a_rejection() {
    let conn = standard();
    let for_sale = format!("item i where {FOR_SALE} and isinactive = 'F'");
    assert_eq!(count(&conn, &format!("{for_sale} and length(coalesce(displayname, itemid)) > 255")), 0);
    assert_eq!(count(&conn, &format!("{for_sale} and stockunit is not saleunit")), 0);
    assert_eq!(count(&conn, &format!("{for_sale} and usemarginalrates = 'T'")), 0);
    let unpriced = format!(
        "{for_sale} and not exists (select 1 from pricing p where p.item = i.id and p.pricelevel = 1
            and p.quantity = 1 and p.unitprice > 0)"
    );
    assert_eq!(count(&conn, &unpriced), 0);
    assert_eq!(count(&conn, "item where itemid is null or itemid = '' or fullname is null"), 0);

    let mut skus = texts(&conn, &format!("select itemid from item where {FOR_SALE} and isinactive = 'F' order by id"));
    let all = skus.len();
    for sku in &mut skus {
        *sku = sku.rsplit(" : ").next().unwrap_or_default().to_lowercase();
    }
    skus.sort_unstable();
    skus.dedup();
    assert_eq!(skus.len(), all);
}

#[test]
fn the_default_seed_shows_every_kind_of_case() {
    let conn = standard();
    for case in [
        "item where itemid = 'LAMP-ARC' and matrixtype = 'PARENT' and fullname = itemid",
        "item where itemid = 'LAMP-ARC-BRS-S' and fullname = 'LAMP-ARC : LAMP-ARC-BRS-S'",
        "item where matrixtype = 'CHILD' and matrixoptioncustitem_size is null",
        "item where matrixtype = 'CHILD' and matrixoptioncustitem_color is null",
        "item where matrixtype = 'PARENT' and isinactive = 'T'",
        "item where matrixtype is null and isinactive = 'T' and itemtype = 'InvtPart'",
        "item where itemid like '% : %' and matrixtype is null and parent is not null",
        "item where itemtype in ('Service', 'Discount')",
        "item where itemtype = 'NonInvtPart'",
        "item where custitem_b2b = 'F'",
        "item where custitem_b2b is null",
        "item where displayname is null",
        "item where displayname like '%ø%'",
        "item where subsidiary = '1,2'",
        "item where subsidiary = '2'",
        "item where class is null and itemtype = 'InvtPart'",
        "item join file f on f.id = storedisplayimage where f.isonline = 'T'",
        "item join file f on f.id = storedisplayimage where f.isonline = 'F' and custitem_image_url is null",
        "item where storedisplayimage is null and custitem_image_url is null and itemtype = 'InvtPart'",
        "item i where isinactive = 'F' and not exists (select 1 from pricing p where p.item = i.id and p.pricelevel = 5)",
        "itemquantity where seqnum = 3 and mincount = 144 and maxcount is null",
        "pricing where quantity = 3 and pricelevel = 5",
        "pricing where pricelevel = 2",
        "pricing where pricelevel = 7",
        "pricing where pricelevel = 6",
        "aggregateitemlocation where quantityavailable < 0 and quantitybackordered = -quantityavailable",
        "aggregateitemlocation where quantityonhand is null",
        "aggregateitemlocation where quantityonorder > 0",
        "aggregateitemlocation where location = 3",
        "aggregateitemlocation where location = 4",
        "item i where itemtype = 'Assembly' and exists (select 1 from aggregateitemlocation a where a.item = i.id)",
        "item i where itemtype = 'InvtPart' and isinactive = 'F' and matrixtype is null
            and not exists (select 1 from aggregateitemlocation a where a.item = i.id)",
        "kititemmember m join item c on c.id = m.item where c.itemtype = 'NonInvtPart'",
        "kititemmember a join kititemmember b on b.parentitem = a.parentitem and b.item = a.item and b.linenumber > a.linenumber",
        "location where isinactive = 'T'",
        "location where makeinventoryavailable = 'F'",
        "subsidiary where iselimination = 'T'",
        "classification where fullname = 'Lighting : Floor Lamps'",
        "customfield where scriptid = 'CUSTITEM_SIZE' and name = 'Size' and fieldtype = 'ITEM'",
        "sim_display where source = 'matrixoptioncustitem_color' and id = 3 and name = 'Brass'",
        "deletedrecord d where not exists (select 1 from item where id = d.recordid)",
    ] {
        assert!(count(&conn, case) > 0, "no {case}");
    }
}

#[test]
fn the_first_family_is_a_good_example() {
    let conn = standard();
    let example = "item i where i.itemid like 'LAMP-ARC-%' and isinactive = 'F' and custitem_b2b = 'T'
        and custitem_image_url is not null and exists (select 1 from pricing p where p.item = i.id and p.pricelevel = 5)
        and exists (select 1 from aggregateitemlocation a where a.item = i.id and a.quantityavailable > 0)";
    assert!(count(&conn, example) >= 4, "{}", count(&conn, example));
    assert_eq!(count(&conn, &format!("{example} and itemid = 'LAMP-ARC-BRS-S'")), 1);
}

#[test]
fn a_price_names_the_base_currency_where_there_is_a_column_for_it() {
    let conn = empty();
    conn.execute_batch("alter table pricing add column currency integer references currency").unwrap();
    netsuite(&conn, &Catalogue { items: 40, orders: None, problems: false, now: now() }).unwrap();
    assert!(count(&conn, "pricing where currency = 1") > 40);
    assert_eq!(count(&conn, "pricing where currency is not 1"), 0);
}

#[test]
fn inactive_items_stay_below_one_in_twenty() {
    for items in [240, 2_000] {
        let conn = seeded(items, false);
        let inactive = count(&conn, &format!("item where {FOR_SALE} and isinactive = 'T'"));
        assert!(inactive > 0 && inactive * 20 < i64::try_from(items).unwrap(), "{inactive} of {items}");
    }
}

#[test]
fn ids_begin_at_1001_and_have_gaps() {
    let conn = seeded(5_000, false);
    let (first, last, rows): (i64, i64, i64) = conn
        .query_row("select min(id), max(id), count(*) from item where id > 1000", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(first, 1_001);
    let skipped = last - first + 1 - rows;
    assert!((rows / 25..=rows / 16).contains(&skipped), "{skipped} ids skipped beside {rows} rows");
}

#[test]
fn money_is_exact_to_the_cent() {
    let conn = standard();
    assert_eq!(count(&conn, "pricing where unitprice <= 0 or unitprice <> round(unitprice, 2)"), 0);
    let mut statement = conn.prepare("select cast(unitprice as text) from pricing order by internalid").unwrap();
    let prices: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(prices.iter().all(|price| price.split_once('.').is_none_or(|(_, places)| places.len() <= 2)), "{prices:?}");
}

#[test]
fn stamps_are_whole_seconds_within_two_years_before_now() {
    let conn = standard();
    let (earliest, latest) = ("2024-03-02 10:15:00", "2026-03-02 10:15:00");
    for (table, column) in [
        ("item", "createddate"),
        ("item", "lastmodifieddate"),
        ("aggregateitemlocation", "lastquantityavailablechange"),
        ("deletedrecord", "deleteddate"),
    ] {
        let outside: i64 = conn
            .query_row(
                &format!("select count(*) from {table} where {column} not between ?1 and ?2 or length({column}) <> 19"),
                params![earliest, latest],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(outside, 0, "{table}.{column}");
    }
    assert_eq!(count(&conn, "item where lastmodifieddate < createddate"), 0);
    assert_eq!(
        count(&conn, "item c join item p on p.id = c.parent where c.matrixtype = 'CHILD' and c.createddate < p.createddate"),
        0
    );
    assert!(count(&conn, "item where createddate < '2025-03-02'") > 50);
    assert!(count(&conn, "item where lastmodifieddate > '2026-01-01'") > 20);
}

#[test]
fn every_problem_is_the_one_its_number_names() {
    let conn = seeded(40, true);
    for (case, wanted) in [
        (
            "item i where itemid = 'PROBLEM-NO-PRICE' and not exists
            (select 1 from pricing p where p.item = i.id and p.pricelevel in (1, 5, 6))",
            1,
        ),
        ("item where (itemid = 'PROBLEM-TWIN' or itemid like '% : PROBLEM-TWIN') and isinactive = 'F'", 2),
        ("item where itemid = 'PROBLEM-CASE' and saleunit <> stockunit", 1),
        ("item where itemid = 'PROBLEM-LONG-NAME' and length(displayname) > 255", 1),
        (
            "item c where itemid = 'PROBLEM-ORPHAN-BRS' and matrixtype = 'CHILD'
            and not exists (select 1 from item p where p.id = c.parent)",
            1,
        ),
        (
            "item i join pricing p on p.item = i.id where itemid = 'PROBLEM-BAND' and not exists
            (select 1 from itemquantity q where q.item = i.id and q.seqnum = p.quantity)",
            1,
        ),
        ("item where itemid = 'PROBLEM-MARGINAL' and usemarginalrates = 'T'", 1),
        ("item i join itemsubsidiarymap m on m.item = i.id where itemid = 'PROBLEM-NO-SELLER' and m.subsidiary = 3", 1),
        (
            "kititemmember m join item k on k.id = m.parentitem join item c on c.id = m.item
            where k.itemid = 'PROBLEM-KIT-INACTIVE' and c.isinactive = 'T'",
            1,
        ),
        ("item k where itemid = 'PROBLEM-KIT-EMPTY' and not exists (select 1 from kititemmember m where m.parentitem = k.id)", 1),
    ] {
        assert_eq!(count(&conn, case), wanted, "{case}");
    }
}

#[test]
fn every_mapped_level_has_its_price_list() {
    let conn = standard();
    let lists: Vec<&str> = price_lists().iter().map(|list| list.reference_id).collect();
    assert_eq!(lists, CATALOGS.iter().map(|(_, list)| *list).collect::<Vec<_>>());
    for (level, _) in CATALOGS {
        assert_eq!(count(&conn, &format!("pricelevel where id = {} and isinactive = 'F'", level.trim_end_matches(":EUR"))), 1);
    }
}
