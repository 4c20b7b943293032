//! Who may call: the API key, and the login that gives it out.

use jiff::{Timestamp, ToSpan};

use crate::sandbox::exchange::Request;

use super::answer::{Answer, Refusal, stamp};
use super::json::Json;
use super::listing::without_parameters;
use super::schema::{ANY, Field, Shape, check_whole, required};
use super::store::derived_id;
use super::{Settings, json_body};

/// The path that needs no key, because it gives one out.
pub(super) const TOKEN_PATH: &str = "/auth/token";
/// The only user who can log in.
pub const LOGIN_EMAIL: &str = "owner@sandbox.example";
/// That user's password.
pub const LOGIN_PASSWORD: &str = "sandbox";

/// Tokens lapse after a year.
const LIFE_HOURS: i64 = 365 * 24;

const LOGIN: &[Field] = &[required("email", Shape::Text(ANY)), required("password", Shape::Text(ANY))];

/// Refuses a call without the right key.
pub(super) fn check_key(request: &Request, settings: &Settings) -> Result<(), Refusal> {
    match request.header("x-api-key") {
        None => Err(Refusal::unauthorized("the X-API-Key header is missing")),
        Some(key) if key != settings.api_key => Err(Refusal::unauthorized("the API key is not valid")),
        Some(_) => Ok(()),
    }
}

/// Exchanges the login for the key; this answer has no `data` envelope.
pub(super) fn token(request: &Request, settings: &Settings, now: Timestamp) -> Result<Answer, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::method_not_allowed(&["POST"]));
    }
    without_parameters(request.query())?;
    let body = json_body(request)?;
    check_whole(&body, LOGIN, &[])?;
    if body.text("email") != Some(LOGIN_EMAIL) || body.text("password") != Some(LOGIN_PASSWORD) {
        return Err(Refusal::unauthorized("the e-mail or the password is wrong"));
    }
    let lapses = now.checked_add(LIFE_HOURS.hours()).unwrap_or(Timestamp::MAX);
    let user = Json::object([
        ("id", Json::of_text(derived_id("user"))),
        ("email", Json::of_text(LOGIN_EMAIL)),
        ("first_name", Json::of_text("Sandbox")),
        ("last_name", Json::of_text("Owner")),
        ("tenant_id", Json::of_text(derived_id("tenant"))),
    ]);
    Ok(Answer::bare(Json::object([
        ("token_id", Json::of_text(derived_id(&format!("token {}", stamp(now))))),
        ("token_type", Json::of_text("Bearer")),
        ("expires_at", Json::of_text(stamp(lapses))),
        ("user", user),
        ("access_token", Json::of_text(settings.api_key.as_str())),
    ])))
}
