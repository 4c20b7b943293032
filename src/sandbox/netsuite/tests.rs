//! The whole account: login, routes, records, edits and refusals.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::*;

/// Signs a request as a client would, with parameters already in sorted order of their encoded names.
pub(super) fn signed(netsuite: &NetSuite, method: &str, target: &str, body: &str, now: Timestamp) -> Request {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let who = &netsuite.settings().credentials;
    let encode = |text: &str| -> String {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        text.bytes().map(|b| if unreserved(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let nonce = format!("nonce{:010}", COUNTER.fetch_add(1, Ordering::Relaxed));
    let seconds = now.as_second() + netsuite.settings().clock_offset_seconds;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<String> = query.split('&').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    pairs.extend([
        format!("oauth_consumer_key={}", who.consumer_key),
        format!("oauth_nonce={nonce}"),
        "oauth_signature_method=HMAC-SHA256".to_owned(),
        format!("oauth_timestamp={seconds}"),
        format!("oauth_token={}", who.token_id),
        "oauth_version=1.0".to_owned(),
    ]);
    pairs.sort();
    let base = format!("{method}&{}&{}", encode(&format!("http://127.0.0.1:8081{path}")), encode(&pairs.join("&")));
    let key = format!("{}&{}", encode(&who.consumer_secret), encode(&who.token_secret));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = encode(&STANDARD.encode(mac.finalize().into_bytes()));
    let authorization = format!(
        r#"OAuth realm="1234567_SB1", oauth_consumer_key="{}", oauth_token="{}", oauth_signature_method="HMAC-SHA256", oauth_timestamp="{seconds}", oauth_nonce="{nonce}", oauth_version="1.0", oauth_signature="{signature}""#,
        who.consumer_key, who.token_id
    );
    let headers = vec![
        ("host".into(), "127.0.0.1:8081".into()),
        ("authorization".into(), authorization),
        ("prefer".into(), "transient".into()),
    ];
    Request { method: method.into(), target: target.into(), headers, body: body.as_bytes().to_vec() }
}

pub(super) fn now() -> Timestamp {
    "2026-02-03T18:04:11.250Z".parse().unwrap()
}

pub(super) fn open(settings: Settings) -> NetSuite {
    let netsuite = NetSuite::open(None, settings).unwrap();
    netsuite
        .edit(
            "insert into classification (id, name, fullname) values (7, 'Lighting', 'Home : Lighting');
             insert into item (id, itemid, fullname, itemtype, externalid, class, weightunit, weight, isinactive, createddate, lastmodifieddate, custitem_b2b)
             values (4101, 'LMP-220', 'LMP-220', 'InvtPart', 'LMP-220', 7, 1, 0.5, 'F', '2026-01-12 09:00:00', '2026-03-02 10:15:00', 'T'),
                    (4102, 'SET', 'SET', 'Kit', null, null, null, null, 'F', '2026-01-12 09:00:00', '2026-01-12 09:00:00', null),
                    (4103, 'LMP-230', 'LMP-230', 'InvtPart', null, null, null, 12, 'T', '2026-01-12 09:00:00', '2026-01-12 09:00:00', null);
             insert into kititemmember (parentitem, item, quantity, linenumber) values (4102, 4101, 2, 1);
             insert into pricelevel (id, name, isinactive) values (1, 'Base Price', 'F');
             insert into pricing (internalid, item, pricelevel, quantity, unitprice) values (1, 4101, 1, 1, 129.0), (2, 4101, 1, 2, 119.5);
             insert into itemquantity (item, seqnum, mincount) values (4101, 1, 0), (4101, 2, 10);",
            now(),
        )
        .unwrap();
    netsuite
}

/// Opens the account with customers and documents in it.
pub(super) fn with_documents(settings: Settings) -> NetSuite {
    let netsuite = open(settings);
    netsuite.edit(include_str!("fixture.sql"), now()).unwrap();
    netsuite
}

pub(super) fn get(netsuite: &NetSuite, target: &str) -> (u16, Value) {
    let reply = netsuite.handle(&signed(netsuite, "GET", target, "", now()), now());
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
}

pub(super) fn refused(body: &Value) -> (&str, &str) {
    let detail = &body["o:errorDetails"][0];
    (detail["o:errorCode"].as_str().unwrap_or_default(), detail["detail"].as_str().unwrap_or_default())
}

#[test]
fn a_signed_ping_is_answered_and_an_unsigned_one_is_not() {
    let netsuite = open(Settings::default());
    let ping = signed(&netsuite, "OPTIONS", "/services/rest/*", "", now());
    assert_eq!(netsuite.handle(&ping, now()).status, 204);
    let replayed = netsuite.handle(&ping, now());
    assert_eq!((replayed.status, netsuite.last_refusal()), (401, Some(Cause::NonceUsed)));
    let bare = Request { headers: Vec::new(), ..ping };
    assert_eq!(netsuite.handle(&bare, now()).status, 401);
    assert_eq!(netsuite.last_refusal(), Some(Cause::MissingTokenPassportRequiredFields));
}

#[test]
fn the_clock_is_the_services_own() {
    let netsuite = open(Settings { clock_offset_seconds: -90, ..Settings::default() });
    let (status, body) = get(&netsuite, "/services/rest/system/v1/serverTime");
    assert_eq!((status, body["serverTime"].as_str()), (200, Some("2026-02-03T18:02:41.250Z")));
}

#[test]
fn limits_are_for_administrators() {
    let (status, body) = get(&open(Settings::default()), "/services/rest/system/v1/governanceLimits");
    assert_eq!((status, refused(&body).0), (403, "INSUFFICIENT_PERMISSION"));
    let limits = Some(ConcurrencyLimits { account: 15, unallocated: 10, integration: Some(5) });
    let (_, body) =
        get(&open(Settings { concurrency: limits, ..Settings::default() }), "/services/rest/system/v1/governanceLimits");
    assert_eq!(
        (body["integrationConcurrencyLimit"].as_u64(), body["integrationLimitType"].as_str()),
        (Some(5), Some("integrationSpecific"))
    );
}

#[test]
fn a_record_is_read_by_either_id_under_its_own_type() {
    let netsuite = open(Settings::default());
    let (status, body) = get(&netsuite, "/services/rest/record/v1/inventoryItem/4101?expandSubResources=true");
    assert_eq!((status, body["id"].as_str(), body["isInactive"].as_bool()), (200, Some("4101"), Some(false)));
    assert_eq!(body["lastModifiedDate"], "2026-03-02T10:15:00Z");
    assert_eq!(body["class"], serde_json::json!({"id": "7", "refName": "Home : Lighting"}));
    assert_eq!((body["weightUnit"]["refName"].as_str(), body["weight"].as_f64()), (Some("lb"), Some(0.5)));
    assert_eq!(body["price"]["items"][1]["quantity"]["value"], "10");
    assert_eq!(body["custitem_b2b"], true);
    assert!(body.get("displayName").is_none());
    assert_eq!(get(&netsuite, "/services/rest/record/v1/inventoryitem/eid:LMP-220").1["id"], "4101");
    assert_eq!(get(&netsuite, "/services/rest/record/v1/kitItem/4102/member").1["items"][0]["quantity"], 2);
    let (_, fields) = get(&netsuite, "/services/rest/record/v1/inventoryItem/4101?fields=itemId");
    assert_eq!(fields.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "itemId", "links"]);
}

#[test]
fn records_are_refused_in_the_services_words() {
    let netsuite = open(Settings::default());
    let cases = [
        ("inventoryItem/9", 404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID."),
        ("kitItem/4101", 404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID."),
        ("inventoryItem/000", 400, "INVALID_ID", "Invalid record instance identifier '000'. Provide a valid record instance ID."),
        ("file/1", 404, "NONEXISTENT_ID", "Record type 'file' does not exist."),
        ("inventoryItem?limit=2&offset=1", 400, "INVALID_PARAMETER", "The offset must be a multiple of the limit."),
        ("inventoryItem/4101?foo=1", 400, "INVALID_PARAMETER", "Invalid query parameter name 'foo'."),
    ];
    for (target, status, code, detail) in cases {
        let (got, body) = get(&netsuite, &format!("/services/rest/record/v1/{target}"));
        assert_eq!((got, refused(&body)), (status, (code, detail)), "{target}");
    }
    let put = signed(&netsuite, "PUT", "/services/rest/record/v1/inventoryItem/4101", "{}", now());
    assert_eq!(netsuite.handle(&put, now()).status, 405);
}

#[test]
fn a_list_has_ids_and_links_to_the_address_it_was_asked_at() {
    let netsuite = open(Settings::default());
    let (_, body) = get(&netsuite, "/services/rest/record/v1/inventoryItem?limit=1");
    assert_eq!(
        (body["count"].as_u64(), body["totalResults"].as_u64(), body["hasMore"].as_bool()),
        (Some(1), Some(2), Some(true))
    );
    assert_eq!(body["links"][0]["href"], "http://127.0.0.1:8081/services/rest/record/v1/inventoryItem?limit=1&offset=1");
    assert_eq!(body["items"][0]["id"], "4101");
}

#[test]
fn restlets_have_their_own_envelope() {
    let netsuite = open(Settings::default());
    let (status, body) = get(&netsuite, "/app/site/hosting/restlet.nl?deploy=1&script=1");
    assert_eq!((status, body["error"]["code"].as_str()), (400, Some("SSS_INVALID_SCRIPTLET_ID")));
    let request = |target: &str| Request { method: "GET".into(), target: target.into(), headers: Vec::new(), body: Vec::new() };
    assert_eq!(netsuite.too_many(&request("/services/rest/query/v1/suiteql")).status, 429);
    assert_eq!(netsuite.too_many(&request("/app/site/hosting/restlet.nl?script=1")).status, 400);
}

#[test]
fn an_edit_happens_whole_or_not_at_all() {
    let netsuite = open(Settings::default());
    let count = || {
        netsuite
            .with_database(|conn| conn.query_row("select count(*) from item where isinactive = 'T'", [], |r| r.get::<_, i64>(0)))
    };
    netsuite.edit("update item set isinactive = 'T', lastmodifieddate = sim_now() where id = 4101", now()).unwrap();
    assert_eq!(count(), Ok(2));
    let stamped: String =
        netsuite.with_database(|c| c.query_row("select lastmodifieddate from item where id = 4101", [], |r| r.get(0))).unwrap();
    assert_eq!(stamped, "2026-02-03 18:04:11");
    assert!(netsuite.edit("update item set isinactive = 'T'; insert into nowhere values (1)", now()).is_err());
    assert_eq!(count(), Ok(2));
}

#[test]
fn a_file_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("netsuite.sqlite3");
    let first = NetSuite::open(Some(&path), Settings::default()).unwrap();
    first.edit("insert into term (id, name) values (1, 'Net 30')", now()).unwrap();
    // Left as a killed process leaves it: not closed.
    std::mem::forget(first);
    let second = NetSuite::open(Some(&path), Settings::default()).unwrap();
    let name: String = second.with_database(|c| c.query_row("select name from term where id = 1", [], |r| r.get(0))).unwrap();
    assert_eq!(name, "Net 30");
    assert!(NetSuite::open(Some(&path), Settings { zone: "Nowhere/City".into(), ..Settings::default() }).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", Settings::default());
    assert!(
        shown.contains("1234567_SB1") && !shown.contains("sandbox-token-secret") && !shown.contains("sandbox-consumer-secret")
    );
}
