//! The worker's lease: an advisory lock on a file beside the state file, freed by the kernel on any death.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, ErrorKind, Result};
use crate::model::rfc3339;

/// The right to change a profile's state. Dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    file: File,
}

/// Gives the lock file of a state file.
pub fn lock_path(state: &Path) -> PathBuf {
    state.with_extension("lock")
}

impl Lease {
    /// Takes the lease, or gives `None` when another process holds it.
    ///
    /// The file's content (process, command, start) is only for the message of whoever comes second.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::State`] when the file cannot be made.
    pub fn take(state: &Path, command: &str, now: Timestamp) -> Result<Option<Self>> {
        let path = lock_path(state);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(|error| {
            Error::new(ErrorKind::State, format!("the lock file {} cannot be opened", path.display()))
                .caused_by(error)
                .hint("check that the folder of the state file can be written to")
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(Error::new(ErrorKind::State, format!("{} cannot be locked", path.display()))
                    .caused_by(error)
                    .hint("keep the state file on a local disk"));
            }
        }
        let content = format!("pid {} · {command} · since {}\n", std::process::id(), rfc3339(now));
        // The lock counts, not the text: a full disk must not keep a run from starting.
        if file.set_len(0).is_ok() && file.rewind().is_ok() {
            let _ = file.write_all(content.as_bytes());
        }
        Ok(Some(Self { file }))
    }

    /// Gives what the present holder wrote about itself.
    pub fn holder(state: &Path) -> String {
        let mut text = String::new();
        let read = File::open(lock_path(state)).and_then(|mut file| file.read_to_string(&mut text));
        if read.is_err() || text.trim().is_empty() { "another process".into() } else { text.trim().to_owned() }
    }

    /// Tells whether the present holder, or the last one, called itself so when it took the lease.
    pub fn is_held_by(state: &Path, command: &str) -> bool {
        Self::holder(state).split(" · ").nth(1) == Some(command)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_the_second_learns_who() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("acme.db");
        let first = Lease::take(&state, "sync all", Timestamp::UNIX_EPOCH).unwrap().unwrap();
        assert!(Lease::take(&state, "sync orders", Timestamp::UNIX_EPOCH).unwrap().is_none());
        assert_eq!(Lease::holder(&state), format!("pid {} · sync all · since 1970-01-01T00:00:00Z", std::process::id()));
        assert!(Lease::is_held_by(&state, "sync all") && !Lease::is_held_by(&state, "sync"));
        assert!(!Lease::is_held_by(&folder.path().join("other.db"), "sync all"));
        drop(first);
        assert!(Lease::take(&state, "sync orders", Timestamp::UNIX_EPOCH).unwrap().is_some());
    }
}
