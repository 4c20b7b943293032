//! Requests answered later.

use super::*;

const LATER: (&str, &str) = ("prefer", "respond-async");

fn shop(external: &str) -> Value {
    json!({"externalId": external, "companyName": "Blue Door", "subsidiary": {"id": "1"}})
}

#[test]
fn a_job_holds_what_the_call_would_have_said() {
    let netsuite = standard();
    let taken = send_with(&netsuite, "POST", "customer", &shop("a"), &[LATER]);
    assert_eq!((taken.status, taken.id.as_str()), (202, "1"));
    let (_, job) = get(&netsuite, "/services/rest/async/v1/job/1");
    assert_eq!((&job["completed"], &job["progress"], &job["id"]), (&json!(true), &json!("succeeded"), &json!("1")));
    let (_, tasks) = get(&netsuite, "/services/rest/async/v1/job/1/task");
    assert_eq!(tasks["items"][0]["endTime"], "2026-02-03T18:04:11.000Z");
    let request = signed(&netsuite, "GET", "/services/rest/async/v1/job/1/task/1/result", "", now());
    let result = netsuite.handle(&request, now());
    let id = result.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!((result.status, record(&netsuite, "customer/eid:a")["id"].as_str()), (204, Some(id.as_str())));
    assert_eq!(send_with(&netsuite, "POST", "customer", &shop("a"), &[LATER]).status, 202);
    assert_eq!(get(&netsuite, "/services/rest/async/v1/job/2").1["progress"], "failed");
    let (status, body) = get(&netsuite, "/services/rest/async/v1/job/2/task/1/result");
    assert_eq!((status, refused(&body).1), (400, "Error while accessing a resource. This entity already exists."));
    assert_eq!(get(&netsuite, "/services/rest/async/v1/job/3").0, 404);
}

#[test]
fn a_key_is_taken_once() {
    let netsuite = with_documents(Settings { job_seconds: 30, ..Settings::default() });
    let key = ("x-netsuite-idempotency-key", "7f3f6d6e-0d53-4d1a-9d0c-1d2c3b4a5f60");
    assert_eq!(send_with(&netsuite, "POST", "customer", &shop("a"), &[LATER, key]).status, 202);
    let again = send_with(&netsuite, "POST", "customer", &shop("b"), &[LATER, key]);
    assert_eq!((again.status, again.id.as_str(), again.body["title"].as_str()), (400, "1", Some("Conflict")));
    assert_eq!(refused(&again.body).0, "IDEMPOTENCY_ERROR");
    assert_eq!(get(&netsuite, "/services/rest/record/v1/customer/eid:b").0, 404);
    assert_eq!(get(&netsuite, "/services/rest/async/v1/job/1").1["progress"], "pending");
    assert_eq!(get(&netsuite, "/services/rest/async/v1/job/1/task/1/result").0, 404);
}
