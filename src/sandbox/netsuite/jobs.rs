//! Requests that are answered later: jobs, their one task, and its result.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::errors::{self, Refusal};
use super::zone;
use crate::sandbox::exchange::{Reply, Request};

/// Where jobs live.
pub(super) const ROOT: &str = "/services/rest/async/v1/job/";

const SINGULAR: &str = "application/vnd.oracle.resource+json; type=singular";
const COLLECTION: &str = "application/vnd.oracle.resource+json; type=collection";

/// The jobs of an account.
pub(super) struct Jobs<'a> {
    /// The database.
    pub(super) conn: &'a Connection,
    /// The service's clock.
    pub(super) now: i64,
    /// How long a job seems to take.
    pub(super) seconds: i64,
    /// `scheme://authority` for links.
    pub(super) base: &'a str,
}

/// A job as it is kept.
struct Job {
    id: i64,
    started: i64,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Tells whether the caller wants to be answered later.
pub(super) fn is_wanted(request: &Request) -> bool {
    let wishes = request.headers.iter().filter(|(name, _)| name == "prefer").flat_map(|(_, value)| value.split(','));
    wishes.into_iter().any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

impl Jobs<'_> {
    /// Takes a request on, unless its key was used before: then nothing is done and the earlier job is named.
    pub(super) fn submit(&self, request: &Request, run: impl FnOnce() -> Reply) -> Result<Reply, Refusal> {
        let key = request.header("x-netsuite-idempotency-key");
        let mut statement = self.conn.prepare_cached("select id from sim_job where key = ?1")?;
        let earlier: Option<i64> = statement.query_row([key], |row| row.get(0)).optional()?;
        if let Some(earlier) = earlier {
            return Ok(errors::repeated(&self.address(earlier)));
        }
        let reply = run();
        let headers = serde_json::to_string(&reply.headers).unwrap_or_default();
        self.conn
            .prepare_cached("insert into sim_job (key, started, status, headers, body) values (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![key, self.now, reply.status, headers, reply.body])?;
        let accepted = Reply::new(202, "application/json", Vec::new());
        let location = self.address(self.conn.last_insert_rowid());
        Ok(accepted.with_header("preference-applied", "respond-async").with_header("location", location))
    }

    fn address(&self, id: i64) -> String {
        format!("{}{ROOT}{id}", self.base)
    }

    /// Answers a request below [`ROOT`].
    pub(super) fn handle(&self, request: &Request) -> Result<Reply, Refusal> {
        if request.method != "GET" {
            return Err(Refusal::method(&request.method));
        }
        let missing =
            || Refusal::new(404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.");
        let parts: Vec<&str> = request.path().strip_prefix(ROOT).unwrap_or_default().split('/').collect();
        let id = parts.first().and_then(|id| id.parse().ok()).ok_or_else(missing)?;
        let job = self.find(id)?.ok_or_else(missing)?;
        match parts.get(1..).unwrap_or_default() {
            [] => Ok(Reply::new(200, SINGULAR, self.job(&job).to_string())),
            ["task"] => {
                let (address, task) = (format!("{}/task", self.address(job.id)), self.task(&job));
                let body = json!({"links": self_link(&address), "items": [task], "totalResults": 1});
                Ok(Reply::new(200, COLLECTION, body.to_string()))
            }
            ["task", "1"] => Ok(Reply::new(200, SINGULAR, self.task(&job).to_string())),
            ["task", "1", "result"] if self.is_done(&job) => {
                Ok(Reply { status: job.status, headers: job.headers, body: job.body })
            }
            _ => Err(missing()),
        }
    }

    fn find(&self, id: i64) -> rusqlite::Result<Option<Job>> {
        let mut statement = self.conn.prepare_cached("select id, started, status, headers, body from sim_job where id = ?1")?;
        let job = statement.query_row([id], |row| {
            let headers: String = row.get(3)?;
            let headers = serde_json::from_str(&headers).unwrap_or_default();
            Ok(Job { id: row.get(0)?, started: row.get(1)?, status: row.get(2)?, headers, body: row.get(4)? })
        });
        job.optional()
    }

    fn is_done(&self, job: &Job) -> bool {
        self.now >= job.started + self.seconds
    }

    fn progress(&self, job: &Job) -> &'static str {
        match (self.is_done(job), job.status) {
            (false, _) => "pending",
            (true, 200..300) => "succeeded",
            (true, _) => "failed",
        }
    }

    fn job(&self, job: &Job) -> Value {
        let address = self.address(job.id);
        json!({"links": self_link(&address), "completed": self.is_done(job), "id": job.id.to_string(),
            "progress": self.progress(job), "task": {"links": self_link(&format!("{address}/task"))}})
    }

    fn task(&self, job: &Job) -> Value {
        let address = format!("{}/task/1", self.address(job.id));
        let moment = |seconds: i64| format!("{}.000Z", zone::format(seconds).replace(' ', "T"));
        let mut task = json!({
            "links": [{"rel": "related", "href": format!("{address}/result")}, {"rel": "self", "href": address}],
            "completed": self.is_done(job), "id": "1", "progress": self.progress(job), "startTime": moment(job.started),
        });
        if let Some(members) = task.as_object_mut().filter(|_| self.is_done(job)) {
            members.insert("endTime".into(), moment(job.started + self.seconds).into());
        }
        task
    }
}

fn self_link(address: &str) -> Value {
    json!([{"rel": "self", "href": address}])
}
