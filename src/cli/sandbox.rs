//! `sandbox`: both remote systems on this machine, for trying things out and for other programs.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::arguments::{SandboxArguments, SandboxCommand, ServeArguments, WebhookStyle};
use super::assembly::Session;
use super::output::written;
use super::run::parse_entity;
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::sandbox::faults::Faults;
use crate::sandbox::seed::news::ENTITIES;
use crate::sandbox::wizcommerce::{Authentication, Encoding, Subscription};
use crate::sandbox::{self, Running, World};
use crate::state::{Lease, lock_path};
use crate::sync::report::SCHEMA_VERSION;

#[derive(Serialize)]
struct Served<'a> {
    schema_version: u32,
    netsuite: ServedNetSuite<'a>,
    wizcommerce: ServedWizCommerce<'a>,
}

#[derive(Serialize)]
struct ServedNetSuite<'a> {
    url: &'a str,
    account: &'a str,
    consumer_key: &'a str,
    consumer_secret: &'a str,
    token_id: &'a str,
    token_secret: &'a str,
}

#[derive(Serialize)]
struct ServedWizCommerce<'a> {
    url: &'a str,
    api_key: &'a str,
}

#[derive(Serialize)]
struct Edits {
    schema_version: u32,
    edits: Vec<Edited>,
}

#[derive(Serialize)]
struct Edited {
    entity: &'static str,
    ids: Vec<String>,
}

fn failed(words: String) -> Error {
    Error::new(ErrorKind::Io, "the sandbox's data cannot be used").caused_by(words)
}

/// Runs `sandbox`.
pub(super) async fn sandbox(session: Session<'_>, arguments: SandboxArguments) -> Result<u8> {
    match arguments.command {
        SandboxCommand::Serve(arguments) => serve(session, arguments).await,
        SandboxCommand::Seed { items, problems } => {
            let settings = sandbox_settings(&session)?;
            let _lease = lease(&session, &settings)?;
            remove(&settings)?;
            let folder = folder(&settings)?;
            let world = World::open(Some(&folder), sandbox::Setup::default(), sandbox::system_clock()).map_err(failed)?;
            world.seed(items, problems).map_err(failed)?;
            session.output.line(&format!("the sandbox is seeded anew with {items} items"))?;
            session.output.hint("look at it with `netwiz --profile sandbox sync all`");
            Ok(0)
        }
        SandboxCommand::Edit { entities } => edit(&session, &entities),
        SandboxCommand::Reset => {
            let settings = sandbox_settings(&session)?;
            session.output.confirm("Remove the sandbox's data and state?")?;
            let _lease = lease(&session, &settings)?;
            remove(&settings)?;
            session.output.line("the sandbox is empty; the next command seeds it anew")?;
            Ok(0)
        }
    }
}

/// Makes one edit for each entity in the kept sandbox, and prints what it touched.
fn edit(session: &Session<'_>, entities: &[String]) -> Result<u8> {
    let mut chosen = Vec::new();
    for name in entities.iter().filter(|name| *name != "all") {
        chosen.push(parse_entity(name)?.name());
    }
    if chosen.is_empty() {
        chosen.extend(ENTITIES);
    }
    if let Some(other) = chosen.iter().find(|entity| !ENTITIES.contains(entity)) {
        return Err(Error::new(ErrorKind::Usage, format!("{other} are not edited in NetSuite"))
            .hint(format!("name some of {}", ENTITIES.join(", "))));
    }
    let settings = sandbox_settings(session)?;
    let _lease = lease(session, &settings)?;
    let world = World::open(Some(&folder(&settings)?), sandbox::Setup::default(), sandbox::system_clock()).map_err(failed)?;
    if world.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "the sandbox is empty")
            .hint("fill it with `netwiz --profile sandbox sync all` or `netwiz sandbox seed`"));
    }
    let mut edits = Vec::new();
    for entity in chosen {
        let ids = world.news(entity).map_err(failed)?;
        session.output.line(&format!("{entity}: {}", ids.join(", ")))?;
        edits.push(Edited { entity, ids });
    }
    if session.output.json {
        session.output.document(&Edits { schema_version: SCHEMA_VERSION, edits })?;
    }
    session.output.hint("bring them over with `netwiz --profile sandbox sync all`");
    Ok(0)
}

fn sandbox_settings(session: &Session<'_>) -> Result<Settings> {
    let mut inputs = session.inputs()?;
    inputs.profile = Some("sandbox".into());
    Settings::load(&inputs)
}

fn folder(settings: &Settings) -> Result<std::path::PathBuf> {
    let folder = settings.state.parent().map_or_else(Default::default, std::path::Path::to_path_buf);
    std::fs::create_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
    Ok(folder)
}

fn lease(session: &Session<'_>, settings: &Settings) -> Result<Lease> {
    folder(settings)?;
    Lease::take(&settings.state, "sandbox", session.now())?.ok_or_else(|| {
        Error::new(ErrorKind::Locked, format!("the sandbox is in use ({})", Lease::holder(&settings.state)))
            .hint("try again when it is done")
    })
}

/// Removes the simulators' data and the profile's state; links into a world that is gone mean nothing.
fn remove(settings: &Settings) -> Result<()> {
    let folder = folder(settings)?;
    let lock = lock_path(&settings.state);
    for file in sandbox::files(&folder).into_iter().chain([settings.state.clone()]) {
        for suffix in ["", "-wal", "-shm"] {
            let path = std::path::PathBuf::from(format!("{}{suffix}", file.display()));
            if path == lock {
                continue;
            }
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(format!("{}: {error}", path.display())));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Gives the subscription to webhooks that the arguments ask for.
fn subscription(arguments: &ServeArguments) -> Result<Option<Subscription>> {
    let (Some(url), Some(secret)) = (&arguments.webhook_url, &arguments.webhook_secret) else { return Ok(None) };
    let secret = secret.expose().to_owned();
    let authentication = match arguments.webhook_style {
        // Of the two names the documents give as examples, the first.
        WebhookStyle::Header => Authentication::Header { name: "webhook-secret".to_owned(), secret },
        WebhookStyle::Signature => Authentication::Signature { secrets: vec![secret], encoding: Encoding::Base64 },
    };
    let subscription = Subscription::new(url, authentication);
    subscription.check().map_err(|words| {
        Error::new(ErrorKind::Usage, "webhooks cannot be sent with this secret")
            .caused_by(words)
            .hint("name another one with `--webhook-secret`")
    })?;
    Ok(Some(subscription))
}

async fn serve(session: Session<'_>, arguments: ServeArguments) -> Result<u8> {
    let faults = match &arguments.faults {
        None => Faults::new(Vec::new()),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Error::new(ErrorKind::Usage, format!("the faults {} cannot be read", path.display()))
                    .caused_by(error)
                    .hint("name a readable file with `--faults`")
            })?;
            Faults::from_json(&text).map_err(|words| {
                Error::new(ErrorKind::Usage, format!("{} is not a script of faults", path.display()))
                    .caused_by(words)
                    .hint("the smallest script is `{\"faults\": []}`")
            })?
        }
    };
    if let Some(folder) = &arguments.data {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    }
    let mut setup = sandbox::Setup::default();
    setup.wizcommerce.webhooks = subscription(&arguments)?;
    let world = World::open(arguments.data.as_deref(), setup, sandbox::system_clock()).map_err(failed)?;
    if world.is_empty() {
        world.seed(arguments.items, arguments.problems).map_err(failed)?;
    }
    let netsuite = sandbox::conditions(Duration::from_millis(arguments.latency_ms), arguments.concurrency_limit);
    let wizcommerce = sandbox::conditions(Duration::from_millis(arguments.wizcommerce_latency_ms), None);
    let endpoints = world.endpoints(netsuite, wizcommerce, Arc::new(faults));
    let watched = endpoints.clone();
    let courier = world.courier().map_err(failed)?;
    let ports = [arguments.netsuite_port, arguments.wizcommerce_port];
    let running = Running::start_with(endpoints, ports, courier).map_err(|words| {
        Error::new(ErrorKind::Io, "the sandbox cannot be served")
            .caused_by(words)
            .hint("name another port with `--netsuite-port` or `--wizcommerce-port`; 0 picks a free one")
    })?;

    let login = sandbox::netsuite::Credentials::sandbox();
    let api_key = sandbox::wizcommerce::Settings::default().api_key;
    if session.output.json {
        session.output.document(&Served {
            schema_version: SCHEMA_VERSION,
            netsuite: ServedNetSuite {
                url: &running.netsuite_url,
                account: &login.account,
                consumer_key: &login.consumer_key,
                consumer_secret: &login.consumer_secret,
                token_id: &login.token_id,
                token_secret: &login.token_secret,
            },
            wizcommerce: ServedWizCommerce { url: &running.wizcommerce_url, api_key: &api_key },
        })?;
    } else {
        let webhooks = arguments.webhook_url.as_ref().map_or_else(String::new, |url| format!("Webhooks    {url}\n"));
        let text = format!(
            "NetSuite    {}  account {}\nWizCommerce {}\n{webhooks}\n\
             export NETWIZ_NETSUITE_CONSUMER_KEY={}\nexport NETWIZ_NETSUITE_CONSUMER_SECRET={}\n\
             export NETWIZ_NETSUITE_TOKEN_ID={}\nexport NETWIZ_NETSUITE_TOKEN_SECRET={}\n\
             export NETWIZ_WIZCOMMERCE_API_KEY={api_key}\n\n\
             In a profile: rest-url and restlet-url = \"{0}\", base-url = \"{2}\". Stop with Ctrl-C.\n",
            running.netsuite_url,
            login.account,
            running.wizcommerce_url,
            login.consumer_key,
            login.consumer_secret,
            login.token_id,
            login.token_secret,
        );
        let mut stdout = io::stdout();
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))?;
    }
    // Being stopped is how serving ends, so it is no failure.
    session.stop.wait().await;
    let [netsuite, wizcommerce] = &watched;
    tracing::info!(
        netsuite_requests = netsuite.log().len(),
        netsuite_refused = netsuite.refused(),
        netsuite_in_flight = netsuite.highest_in_flight(),
        wizcommerce_requests = wizcommerce.log().len(),
        "served"
    );
    Ok(0)
}
