//! What a command works with: settings, state, clients, and the sandbox when the profile is the built-in one.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::arguments::Global;
use super::output::Output;
use crate::config::{Inputs, Secret, SecretName, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Learned, Reserved, Schedule, Stop};
use crate::model::{Clock, SystemClock, SystemEntropy};
use crate::netsuite::NetSuite;
use crate::profile::{self, Surroundings};
use crate::sandbox::wizcommerce::{Authentication, Encoding, Subscription};
use crate::sandbox::{self, Running};
use crate::state::State;
use crate::wizcommerce::WizCommerce;

/// One command's surroundings.
pub(super) struct Session<'a> {
    /// The flags that every command takes.
    pub(super) global: Global,
    /// Where results go.
    pub(super) output: &'a Output,
    /// The wish to stop.
    pub(super) stop: Stop,
    /// The time of day.
    pub(super) clock: Arc<dyn Clock>,
}

/// Both clients, and the simulators behind them when the profile is the sandbox.
pub(super) struct Remotes {
    /// The ERP.
    pub(super) netsuite: NetSuite,
    /// The commerce platform.
    pub(super) wizcommerce: WizCommerce,
    sandbox: Option<Running>,
}

/// How long a learned limit of requests in flight is trusted; then it is probed again.
const LEARNED: SignedDuration = SignedDuration::from_hours(24);
/// Items of the sandbox's first seed.
pub(super) const SANDBOX_ITEMS: usize = 240;
/// What the sandbox's WizCommerce and `listen` share.
const SANDBOX_WEBHOOK_SECRET: &str = "sandbox-webhook-secret";
/// Requests the sandbox's NetSuite takes at once: the smallest service tier.
const SANDBOX_LIMIT: usize = 5;

impl<'a> Session<'a> {
    /// Makes a session.
    pub(super) fn new(global: Global, output: &'a Output, stop: Stop) -> Self {
        Self { global, output, stop, clock: Arc::new(SystemClock) }
    }

    /// Collects what settings are made from.
    pub(super) fn inputs(&self) -> Result<Inputs> {
        let global = &self.global;
        let mut inputs = Inputs::from_process(global.profile.clone(), global.config.clone(), global.state.clone())?;
        let login = sandbox::netsuite::Credentials::sandbox();
        inputs.builtin_secrets = [
            (SecretName::NetSuiteConsumerKey, login.consumer_key),
            (SecretName::NetSuiteConsumerSecret, login.consumer_secret),
            (SecretName::NetSuiteTokenId, login.token_id),
            (SecretName::NetSuiteTokenSecret, login.token_secret),
            (SecretName::WizCommerceApiKey, sandbox::wizcommerce::Settings::default().api_key),
            (SecretName::WizCommerceWebhookSecret, SANDBOX_WEBHOOK_SECRET.to_owned()),
        ]
        .map(|(name, value)| (name, Secret::new(value)))
        .into();
        Ok(inputs)
    }

    /// Resolves the settings of the profile.
    pub(super) fn settings(&self) -> Result<Settings> {
        Settings::load(&self.inputs()?)
    }

    /// Gives the present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Opens the state file of the profile for changing.
    pub(super) fn state(&self, settings: &Settings) -> Result<State> {
        State::open(&settings.state, &profile::owner(settings), self.now())
    }

    /// Opens both clients, with the widths that earlier runs learned. The sandbox's profile starts its simulators first.
    pub(super) fn remotes(&self, settings: &mut Settings, state: Option<&State>) -> Result<Remotes> {
        self.remotes_telling(settings, state, None)
    }

    /// Does the same; the sandbox's WizCommerce tells what happens to its records at this address.
    pub(super) fn remotes_telling(
        &self,
        settings: &mut Settings,
        state: Option<&State>,
        receiver: Option<&str>,
    ) -> Result<Remotes> {
        let sandbox = if settings.is_builtin_sandbox() { Some(start_sandbox(settings, receiver)?) } else { None };
        self.clients(settings, state, sandbox)
    }

    /// Opens both clients anew, which have learned nothing bad of their remotes yet.
    pub(super) fn reopened(&self, remotes: Remotes, settings: &Settings, state: &State) -> Result<Remotes> {
        self.clients(settings, Some(state), remotes.sandbox)
    }

    fn clients(&self, settings: &Settings, state: Option<&State>, sandbox: Option<Running>) -> Result<Remotes> {
        let surroundings = self.surroundings()?;
        let learned = |remote: &str| match state {
            Some(state) => learned(state, remote, self.now()),
            None => Ok(None),
        };
        Ok(Remotes {
            netsuite: profile::netsuite(settings, None, learned("netsuite")?, &surroundings)?,
            wizcommerce: profile::wizcommerce(settings, None, learned("wizcommerce")?, &surroundings)?,
            sandbox,
        })
    }

    /// Gives time, randomness, the wish to stop and the pace of retries.
    pub(super) fn surroundings(&self) -> Result<Surroundings> {
        let mut schedule = Schedule::default();
        if let Some(text) = self.inputs()?.environment.get("NETWIZ_RETRY_BASE_MS") {
            let millis = text.parse().map_err(|_| {
                Error::new(
                    ErrorKind::Config,
                    format!("`NETWIZ_RETRY_BASE_MS` is `{text}`, which is no whole number of milliseconds"),
                )
            })?;
            schedule.base = Duration::from_millis(millis);
        }
        Ok(Surroundings { clock: Arc::clone(&self.clock), entropy: Arc::new(SystemEntropy), stop: self.stop.clone(), schedule })
    }
}

impl Remotes {
    /// Keeps a place free at both gates for urgent requests.
    pub(super) fn reserve(&self) -> [Reserved; 2] {
        [self.netsuite.remote().gate().reserve(), self.wizcommerce.remote().gate().reserve()]
    }

    /// Gives the same remotes for requests that go before all others.
    pub(super) fn urgent(&self) -> Self {
        Self { netsuite: self.netsuite.urgent(), wizcommerce: self.wizcommerce.urgent(), sandbox: None }
    }

    /// Remembers how many requests each remote takes at once.
    pub(super) fn remember(&self, state: &State, now: Timestamp) -> Result<()> {
        for (name, remote) in [("netsuite", self.netsuite.remote()), ("wizcommerce", self.wizcommerce.remote())] {
            let Learned { width, bound } = remote.gate().learned();
            let known = state.meta(&format!("gate {name}"))?.unwrap_or_default();
            let bound = bound.map_or_else(|| "-".to_owned(), |bound| bound.to_string());
            // The time of learning stays while nothing new is learned, so that a bound grows old.
            if remote.sent() > 0 && !known.starts_with(&format!("{width} {bound} ")) {
                state.set_meta(&format!("gate {name}"), &format!("{width} {bound} {}", crate::model::rfc3339(now)))?;
            }
        }
        Ok(())
    }
}

fn learned(state: &State, remote: &str, now: Timestamp) -> Result<Option<Learned>> {
    let Some(text) = state.meta(&format!("gate {remote}"))? else { return Ok(None) };
    let mut parts = text.split(' ');
    let (Some(width), Some(bound), Some(at)) = (parts.next(), parts.next(), parts.next()) else { return Ok(None) };
    let Ok(width) = width.parse() else { return Ok(None) };
    let fresh = at.parse::<Timestamp>().is_ok_and(|at| now.duration_since(at) < LEARNED);
    Ok(Some(Learned { width, bound: bound.parse().ok().filter(|_| fresh) }))
}

/// Starts both simulators on free ports of the loopback address, seeded once, their data beside the state file.
fn start_sandbox(settings: &mut Settings, receiver: Option<&str>) -> Result<Running> {
    let failed = |what: &str, words: String| {
        Error::new(ErrorKind::State, format!("the sandbox cannot {what}"))
            .caused_by(words)
            .hint("start anew with `netwiz sandbox reset`")
    };
    let folder = settings.state.parent().unwrap_or_else(|| std::path::Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failed("make its folder", error.to_string()))?;
    let mut setup = sandbox::Setup::default();
    setup.wizcommerce.webhooks = receiver.map(|url| {
        let secrets = vec![SANDBOX_WEBHOOK_SECRET.to_owned()];
        Subscription::new(url, Authentication::Signature { secrets, encoding: Encoding::Base64 })
    });
    let world =
        sandbox::World::open(Some(folder), setup, sandbox::system_clock()).map_err(|words| failed("open its data", words))?;
    if world.is_empty() {
        world.seed(SANDBOX_ITEMS, false).map_err(|words| failed("be seeded", words))?;
    }
    let netsuite = sandbox::conditions(Duration::ZERO, Some(SANDBOX_LIMIT));
    let endpoints = world.endpoints(netsuite, sandbox::conditions(Duration::ZERO, None), Arc::default());
    let courier = world.courier().map_err(|words| failed("tell anybody", words))?;
    let running = Running::start_with(endpoints, [0, 0], courier).map_err(|words| failed("start", words))?;
    settings.point_at(&running.netsuite_url, &running.wizcommerce_url)?;
    Ok(running)
}
