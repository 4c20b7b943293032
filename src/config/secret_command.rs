//! Running the command of a profile that prints a secret, such as `op read ...` or `pass show ...`.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::config::secret::Secret;
use crate::error::{Error, ErrorKind, Result};

/// No secret is longer; a command that prints more is the wrong command.
const LARGEST: u64 = 64 * 1024;

/// Runs the command and takes the first line of its output, or all of it when the secret has several lines.
///
/// Its output never reaches a message. Its input is closed, so a command that would ask fails instead of waiting for
/// somebody who is not there.
pub(super) fn run(secret: &str, argv: &[String], whole: bool) -> Result<Secret> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(Error::new(ErrorKind::Internal, format!("the command for the secret `{secret}` is empty")));
    };
    let failed = |how: &str| {
        Error::new(ErrorKind::Credentials, format!("the command `{program}` for the secret `{secret}` {how}"))
            .hint("run the command of the profile by hand to see what it says")
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed("could not be started").caused_by(error))?;
    let finished = finish(child).map_err(|error| failed("could not be followed to its end").caused_by(error))?;
    if finished.output.len() as u64 > LARGEST {
        return Err(failed("printed more than 64 KiB"));
    }
    if !finished.status.success() {
        let status = match finished.status.code() {
            Some(code) => format!("ended with status {code}"),
            None => "was ended by a signal".to_owned(),
        };
        let complaint = String::from_utf8_lossy(&finished.complaint);
        let error = failed(&status);
        return Err(match complaint.lines().map(str::trim).find(|line| !line.is_empty()) {
            Some(line) => error.caused_by(line.to_owned()),
            None => error,
        });
    }
    let output = std::str::from_utf8(&finished.output).map_err(|_| failed("printed something that is not text"))?;
    let secret = if whole { Some(output) } else { output.lines().next() };
    secret.and_then(Secret::trimmed).ok_or_else(|| failed("printed nothing in its first line"))
}

struct Finished {
    status: std::process::ExitStatus,
    output: Vec<u8>,
    complaint: Vec<u8>,
}

/// Reads both streams at once, since a child that fills one of them waits until it is read.
fn finish(mut child: Child) -> io::Result<Finished> {
    let complaint = child.stderr.take().map(|stream| thread::spawn(move || bounded(stream)));
    let output = child.stdout.take().map_or_else(|| Ok(Vec::new()), bounded);
    // Past the limit the stream is closed here; a child that prints for ever is ended rather than waited for.
    if !matches!(&output, Ok(output) if output.len() as u64 <= LARGEST) {
        child.kill()?;
    }
    let status = child.wait()?;
    let complaint = complaint.and_then(|reading| reading.join().ok()).transpose()?.unwrap_or_default();
    Ok(Finished { status, output: output?, complaint })
}

fn bounded(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, whole: bool) -> Result<Secret> {
        run("netsuite-token-id", &["sh", "-c", script].map(str::to_owned), whole)
    }

    #[test]
    fn the_first_line_is_the_secret() {
        assert_eq!(sh("echo ' token '; echo other", false).unwrap().expose(), "token");
        assert_eq!(sh("echo one; echo two", true).unwrap().expose(), "one\ntwo");
    }

    #[test]
    fn a_failure_gives_status_and_complaint_but_no_output() {
        let error = sh("echo canary; echo 'vault is locked' >&2; echo more >&2; exit 7", false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.to_string(), "the command `sh` for the secret `netsuite-token-id` ended with status 7");
        assert_eq!(error.causes(), ["vault is locked"]);
        assert!(!format!("{error:?}").contains("canary"));
        assert!(sh("kill -9 $$", false).unwrap_err().to_string().ends_with("was ended by a signal"));
    }

    #[test]
    fn no_output_and_no_program_are_refused() {
        assert!(sh("true", false).unwrap_err().to_string().contains("printed nothing"));
        assert!(sh("echo; echo second", false).unwrap_err().to_string().contains("printed nothing"));
        let error = run("netsuite-token-id", &["/no/such/program".to_owned()], false).unwrap_err();
        assert!(error.to_string().contains("could not be started"));
        assert_eq!(error.causes().len(), 1);
    }

    #[test]
    fn endless_output_is_cut_off() {
        assert!(sh("yes", false).unwrap_err().to_string().contains("64 KiB"));
    }

    #[test]
    fn the_command_cannot_wait_for_input() {
        assert_eq!(sh("read line; echo \"got:$line\"", false).unwrap().expose(), "got:");
    }
}
