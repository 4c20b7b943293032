//! The command line: the tree of commands, and one place where a command is run and its error is shown.

mod arguments;
mod assembly;
mod inspect;
mod listen;
mod logging;
mod map;
mod metrics;
mod output;
mod progress;
mod query;
mod queue;
mod reception;
mod restlet;
mod run;
mod sandbox;
mod summary;
mod verify;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::error::{Error, ErrorKind, Result};
use crate::http::Stop;
use arguments::{Cli, Command};
use assembly::Session;
use output::Output;

/// Runs the program. Reads arguments and environment, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match tree().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows which stream each belongs on.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            if std::env::args_os().any(|argument| argument == "--json") {
                Output::for_json().error(&misused(&error));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(ErrorKind::Usage.exit_code());
        }
    };
    let output = Output::new(&cli.global);
    let code = match start(cli, &output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            error.kind().exit_code()
        }
    };
    ExitCode::from(code)
}

/// Gives the tree of commands. The variables of the flags follow one rule, so help states the rule and not each of them:
/// short help fits a screen, and shows nobody's environment.
fn tree() -> clap::Command {
    fn without_variables(command: clap::Command) -> clap::Command {
        command.mut_args(|argument| argument.hide_env(true)).mut_subcommands(without_variables)
    }
    without_variables(Cli::command())
}

/// Turns the parser's words into an error of ours, for readers of JSON: its first paragraph and its tips.
fn misused(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let message = first.join(" ");
    let mut made = Error::new(ErrorKind::Usage, message.strip_prefix("error: ").unwrap_or(&message));
    for tip in text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")) {
        made = made.hint(tip);
    }
    made.hint("see how it is used with `netwiz --help`")
}

fn start(cli: Cli, output: &Output) -> Result<u8> {
    logging::start(&cli.global)?;
    let Some(command) = cli.command else { return no_command(output) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(ErrorKind::Internal, "the runtime cannot start").caused_by(error))?;
    runtime.block_on(async {
        let (stopper, stop) = Stop::channel();
        // Listening begins here and not with the task's first turn: a signal in between would kill the process.
        let signals = Signals::listen()?;
        // The listener ends with the runtime.
        let signals = tokio::spawn(listen_for_signals(signals, stopper));
        let code = dispatch(command, Session::new(cli.global, output, stop)).await;
        signals.abort();
        code
    })
}

async fn dispatch(command: Command, session: Session<'_>) -> Result<u8> {
    match command {
        Command::Sync(arguments) => run::sync(session, arguments).await,
        Command::Pull(arguments) => run::pull(session, arguments).await,
        Command::Push(arguments) => run::push(session, arguments).await,
        Command::VerifyCredentials(arguments) => verify::verify(session, arguments).await,
        Command::Status => inspect::status(&session),
        Command::Runs(arguments) => inspect::runs(&session, arguments),
        Command::Failures(arguments) => inspect::failures(session, arguments).await,
        Command::Map(arguments) => map::map(session, arguments).await,
        Command::Query(arguments) => query::query(session, arguments).await,
        Command::Listen(arguments) => listen::listen(session, &arguments).await,
        Command::Restlet => restlet::restlet(session.output),
        Command::Config(arguments) => inspect::config(&session, arguments),
        Command::Sandbox(arguments) => sandbox::sandbox(session, arguments).await,
        Command::Completions(arguments) => {
            clap_complete::generate(arguments.shell, &mut tree(), "netwiz", &mut session.output.raw());
            Ok(0)
        }
    }
}

/// Without a command: the help, and where to begin when nothing is configured.
fn no_command(output: &Output) -> Result<u8> {
    output.text(&tree().render_help().ansi().to_string())?;
    output.text("Try it now, without any account: netwiz --profile sandbox sync all\n")?;
    Ok(0)
}

/// The first signal asks for an orderly end; a second one ends at once, which replay covers.
async fn listen_for_signals(mut signals: Signals, stopper: tokio::sync::watch::Sender<Option<u8>>) {
    let mut asked = false;
    loop {
        let signal = signals.next().await;
        if asked {
            std::process::exit(i32::from(128 + signal));
        }
        asked = true;
        tracing::info!(signal, "asked to stop; finishing what is in hand");
        // Nobody may be listening any more.
        let _ = stopper.send(Some(signal));
    }
}

/// The two signals that ask a process to end.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| Error::new(ErrorKind::Internal, "signals cannot be listened for").caused_by(error))
        };
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}

/// Where there are no such signals, Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on unix")]
    fn listen() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        tree().debug_assert();
    }
}
