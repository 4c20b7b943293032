//! `listen`: webhooks come in, are stored, and what they name is pushed at once.
//!
//! Receiving and serving go on side by side and meet in the queue of the state file, so nothing that was received depends on
//! this process. The lease is held only while something is pushed; a run that holds it serves the queue itself.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{self, Either};
use serde::Serialize;
use tokio::time::Instant;

use super::arguments::ListenArguments;
use super::assembly::{Remotes, Session};
use super::metrics;
use super::output::{cyan, number};
use super::progress::Pause;
use super::queue::{Served, wait_after};
use super::reception::{self, Desk};
use super::summary::headline;
use super::worker::{LOOK, Work, tidy, totals};
use crate::config::{SecretName, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Direction;
use crate::profile::{self, FLOWS};
use crate::state::{Cause, Lease, State};
use crate::sync::report::{Counts, RunReport, SCHEMA_VERSION};
use crate::sync::{Hands, SourceClock};
use crate::webhooks::Proof;

/// What the lock file calls a run of this command.
pub(super) const LISTENER: &str = "listen";
/// How long the lease is held at most before others get their turn; what is being pushed by then is finished.
const PERIOD: Duration = Duration::from_secs(5);
/// How long others then have to take it.
const TURN: Duration = Duration::from_millis(250);
/// How long nothing is tried after a refused login: five of them lock the integration user out.
const REFUSED_WAIT: Duration = Duration::from_secs(15 * 60);

/// The first line with `--json`.
#[derive(Serialize)]
struct Listening<'a> {
    schema_version: u32,
    profile: &'a str,
    url: String,
    wizcommerce: &'a str,
}

/// Runs `listen`.
pub(super) async fn listen(session: Session<'_>, arguments: &ListenArguments) -> Result<u8> {
    let mut settings = session.settings()?;
    for (entity, direction) in FLOWS.into_iter().filter(|(_, direction)| *direction == Direction::Push) {
        profile::check(&settings, entity, direction)?;
    }
    let secret = settings.secret(SecretName::WizCommerceWebhookSecret)?;
    let proof = Proof::new(&secret).ok_or_else(|| Error::new(ErrorKind::Credentials, "the secret of the webhooks is empty"))?;
    let state = session.state(&settings)?;
    let (listener, address) = reception::bind(arguments.bind).await?;
    let receiver = format!("http://{}/webhooks", reachable(address));
    let remotes = session.remotes_telling(&mut settings, Some(&state), Some(&receiver))?;
    if !address.ip().is_loopback() {
        session.output.warn(&format!(
            "{address} can be reached from other machines, and webhooks come in without encryption: \
             put a proxy with a certificate in front, and listen on 127.0.0.1 behind it"
        ));
    }
    let url = format!("http://{address}");
    if session.output.json {
        let (profile, wizcommerce) = (settings.profile.as_str(), settings.wizcommerce.base_url.as_str());
        session.output.document(&Listening { schema_version: SCHEMA_VERSION, profile, url, wizcommerce })?;
    } else {
        session.output.line(headline(&settings, &[Direction::Push.name()].into()).trim_end())?;
        session.output.line(&format!("listening on {} · POST /webhooks · GET /health", cyan(&url)))?;
    }
    let pause = Pause::read(&session.inputs()?);
    let desk = Desk::new(&settings, proof, state.beside()?, std::sync::Arc::clone(&session.clock), pause);
    let worker = Worker { session: &session, settings: &settings, state, desk: &desk };
    let signal = both(worker.work(remotes), desk.receive(listener, &session.stop)).await?;
    session.output.note("stopped as asked; what was received is stored, and the next run serves it");
    Ok(128 + signal)
}

/// Works and receives side by side. Working ends with the wish to stop, and then receiving ends in order; an error ends both.
async fn both(work: impl Future<Output = Result<u8>>, receive: impl Future<Output = ()>) -> Result<u8> {
    match future::select(pin!(work), pin!(receive)).await {
        Either::Left((result, receive)) => {
            if result.is_ok() {
                receive.await;
            }
            result
        }
        Either::Right(((), work)) => work.await,
    }
}

/// Gives the address under which this machine itself reaches one that was listened on.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}

/// What serves the queue.
struct Worker<'w> {
    session: &'w Session<'w>,
    settings: &'w Settings,
    state: State,
    desk: &'w Desk<'w>,
}

impl Worker<'_> {
    /// Serves the queue whenever something is due, until stopping is asked for; gives the signal that asked.
    async fn work(mut self, mut remotes: Remotes) -> Result<u8> {
        let mut failures = 0;
        loop {
            if let Some(signal) = self.session.stop.requested() {
                return Ok(signal);
            }
            let mut wait = LOOK;
            match self.serve(&remotes).await {
                Ok(Next::Nothing) => {}
                Ok(next) => {
                    failures = 0;
                    wait = if next == Next::More { TURN } else { LOOK };
                }
                Err(Failed::Now(error)) if self.session.stop.requested().is_none() => {
                    failures += 1;
                    wait = self.failed(&error, failures);
                    remotes = self.session.reopened(remotes, self.settings, &self.state)?;
                }
                // Stopped in the middle; what was not done is still in the queue.
                Err(Failed::Now(_)) => {}
                Err(Failed::ForGood(error)) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // A remote that is down is not asked more often for what comes in.
                () = self.desk.news.notified(), if wait == LOOK => {}
                _ = self.session.stop.wait() => {}
            }
        }
    }

    /// Tells that serving failed, the first time aloud; gives how long to wait.
    fn failed(&self, error: &Error, failures: u32) -> Duration {
        self.desk.note_failure(error.kind().word());
        let refused = matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Permission);
        let wait = if refused { REFUSED_WAIT } else { wait_after(failures) };
        if failures == 1 {
            self.session.output.error(error);
        }
        tracing::warn!(%error, wait_s = wait.as_secs(), "what was received waits in the queue");
        wait
    }

    /// Serves what is due, if anything is and nobody else holds the lease.
    async fn serve(&mut self, remotes: &Remotes) -> std::result::Result<Next, Failed> {
        if !self.is_due()? {
            return Ok(Next::Nothing);
        }
        let session = self.session;
        // Whoever holds it serves the queue, too.
        let Some(_lease) = Lease::take(&self.settings.state, LISTENER, session.now())? else { return Ok(Next::Nothing) };
        let now = session.now();
        // A damaged file is set aside, and what comes in must not be stored in it any more.
        let mut state = self.state.beside()?.checked(now).map_err(Failed::ForGood)?;
        state.end_killed_runs()?;
        tidy(&mut state, now)?;
        let source = SourceClock::read(&remotes.netsuite, &mut state, self.settings.netsuite.timezone.clone(), true).await?;
        let work = Work { session, settings: self.settings, remotes, hands: Hands::default() };
        let served = Served::new(&work, source, &state)?;
        self.desk.note_served();
        let result = Box::pin(served.serve_due(Instant::now() + PERIOD, |report| self.show(report))).await;
        remotes.remember(&state, session.now())?;
        result?;
        Ok(if self.is_due()? { Next::More } else { Next::Done })
    }

    fn is_due(&self) -> Result<bool> {
        let causes = [Cause::Command, Cause::Webhook, Cause::Look];
        Ok(self.state.next_asked(&causes, self.session.now())?.is_some())
    }

    /// Shows what was served: a line, or with `--json` a document in a line.
    fn show(&self, report: &RunReport) -> Result<()> {
        if let Some(error) = &report.error {
            self.desk.note_failure(&error.kind);
        }
        if let Some(path) = &self.session.global.metrics_file
            && let Err(error) = metrics::write(path, report, self.session.now())
        {
            // What was served is served, and more may come in.
            self.session.output.error(&error);
        }
        if self.session.output.json {
            return self.session.output.document(report);
        }
        let (when, what) = (&report.finished_at, &report.command);
        let counts = report.error.as_ref().map_or_else(|| in_words(&totals(&report.flows)), |error| error.message.clone());
        self.session.output.line(&format!("{when} {what}: {counts} · run {}", cyan(&report.run_id)))
    }
}

/// How a turn at serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// There was nothing to do.
    Nothing,
    /// What was due is served.
    Done,
    /// More is due already.
    More,
}

/// Why a turn at serving failed.
enum Failed {
    /// Something that may be otherwise the next time.
    Now(Error),
    /// Something that must not go on.
    ForGood(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Now(error)
    }
}

/// Lists what became of records.
fn in_words(counts: &Counts) -> String {
    let words = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.adopted, "adopted"),
        (counts.deactivated, "switched off"),
        (counts.unchanged, "unchanged"),
        (counts.skipped, "skipped"),
        (counts.rejected, "rejected"),
        (counts.failed, "failed"),
    ];
    let words: Vec<String> =
        words.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", number(count))).collect();
    if words.is_empty() { "nothing done".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_served_is_told_in_a_few_words() {
        assert_eq!(in_words(&Counts::default()), "nothing done");
        let counts = Counts { read: 1202, created: 1200, rejected: 2, ..Counts::default() };
        assert_eq!(in_words(&counts), "1,200 created, 2 rejected");
    }

    #[test]
    fn an_address_for_everybody_is_reached_on_loopback() {
        let reached = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:8787"), "127.0.0.1:8787");
        assert_eq!(reached("[::]:8787"), "127.0.0.1:8787");
        assert_eq!(reached("127.0.0.1:9000"), "127.0.0.1:9000");
    }
}
