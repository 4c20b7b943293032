//! The command line: the tree of commands, and one place where a command is run and its error is shown.

mod arguments;
mod assembly;
mod inspect;
mod logging;
mod output;
mod progress;
mod query;
mod run;
mod sandbox;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::error::{Error, ErrorKind, Result};
use crate::http::Stop;
use arguments::{Cli, Command};
use assembly::Session;
use output::Output;

/// Runs the program. Reads arguments and environment, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows which stream each belongs on.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
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

fn start(cli: Cli, output: &Output) -> Result<u8> {
    logging::start(&cli.global)?;
    let Some(command) = cli.command else { return no_command(output) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(ErrorKind::Internal, "the runtime cannot start").caused_by(error))?;
    runtime.block_on(async {
        let (stopper, stop) = Stop::channel();
        // The listener ends with the runtime.
        let signals = tokio::spawn(listen_for_signals(stopper));
        let code = dispatch(command, Session::new(cli.global, output, stop)).await;
        signals.abort();
        code
    })
}

async fn dispatch(command: Command, session: Session<'_>) -> Result<u8> {
    match command {
        Command::Sync(arguments) => run::sync(session, arguments).await,
        Command::Pull(arguments) => run::pull(session, arguments).await,
        Command::VerifyCredentials(arguments) => verify::verify(session, arguments).await,
        Command::Status => inspect::status(&session),
        Command::Runs(arguments) => inspect::runs(&session, arguments),
        Command::Failures(arguments) => inspect::failures(session, arguments).await,
        Command::Map(arguments) => inspect::map(&session, arguments),
        Command::Query(arguments) => query::query(session, arguments).await,
        Command::Config(arguments) => inspect::config(&session, arguments),
        Command::Sandbox(arguments) => sandbox::sandbox(session, arguments).await,
        Command::Completions(arguments) => {
            clap_complete::generate(arguments.shell, &mut Cli::command(), "netwiz", &mut session.output.raw());
            Ok(0)
        }
    }
}

/// Without a command: the help, and where to begin when nothing is configured.
fn no_command(output: &Output) -> Result<u8> {
    output.text(&Cli::command().render_help().ansi().to_string())?;
    output.text("Try it now, without any account: netwiz --profile sandbox sync all\n")?;
    Ok(0)
}

/// The first signal asks for an orderly end; a second one ends at once, which replay covers.
async fn listen_for_signals(stopper: tokio::sync::watch::Sender<Option<u8>>) {
    let mut asked = false;
    loop {
        let signal = next_signal().await;
        if asked {
            std::process::exit(i32::from(128 + signal));
        }
        asked = true;
        tracing::info!(signal, "asked to stop; finishing what is in hand");
        // Nobody may be listening any more.
        let _ = stopper.send(Some(signal));
    }
}

#[cfg(unix)]
async fn next_signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 2,
        _ = terminate.recv() => 15,
    }
}

#[cfg(not(unix))]
async fn next_signal() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 2,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Cli::command().debug_assert();
    }
}
