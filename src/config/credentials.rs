//! The credentials file, which holds the secrets of the profiles and must be private to its owner.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use jiff::civil::Date;

use crate::config::file::{self, Document, Place};
use crate::config::secret::{Secret, SecretName};
use crate::error::{Error, ErrorKind, Result};

/// The key for the date the WizCommerce API key lapses.
const LAPSES: &str = "wizcommerce-api-key-lapses";

/// What the credentials file says about one profile.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// The secrets it holds.
    pub(super) secrets: BTreeMap<SecretName, Secret>,
    /// The date the WizCommerce API key lapses, with the file and line it is written at.
    pub(super) lapses: Option<(Date, String)>,
}

/// Reads the table of a profile; no file or no table is no credentials. A file others may read is refused.
pub(super) fn read(path: &Path, profile: &str) -> Result<Credentials> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Credentials::default()),
        Err(error) => return Err(file::unreadable(path, error)),
    };
    // The open file is asked, not the path, so it cannot be exchanged in between.
    refuse_if_shared(&file, path)?;
    let text = file::read_open(file, path)?;
    let document = Document::parse(Place::File(path.to_owned()), &text)?;
    let Some(table) = document.root().get(profile) else {
        return Ok(Credentials::default());
    };
    let table = table.section()?;
    let known: Vec<&str> = SecretName::ALL.iter().map(|name| name.key()).chain([LAPSES]).collect();
    table.only(&known)?;
    let mut credentials = Credentials::default();
    for name in SecretName::ALL {
        if let Some(item) = table.get(name.key()) {
            let text = item.text("text")?;
            credentials.secrets.extend(Secret::trimmed(text).map(|secret| (name, secret)));
        }
    }
    if let Some(item) = table.get(LAPSES) {
        credentials.lapses = Some((item.date()?, item.position()));
    }
    Ok(credentials)
}

#[cfg(unix)]
fn refuse_if_shared(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = file.metadata().map_err(|error| file::unreadable(path, error))?.permissions().mode() & 0o777;
    if mode & 0o177 == 0 {
        return Ok(());
    }
    let typed = path.display().to_string();
    let plain = typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte));
    let typed = if plain { typed } else { format!("'{}'", typed.replace('\'', r"'\''")) };
    Err(Error::new(ErrorKind::Config, format!("{} holds secrets and has mode {mode:04o}, wider than 0600", path.display()))
        .hint(format!("run `chmod 600 {typed}`")))
}

#[cfg(not(unix))]
fn refuse_if_shared(_file: &File, _path: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn file(folder: &tempfile::TempDir, mode: u32, text: &str) -> PathBuf {
        let path = folder.path().join("credentials.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn only_the_table_of_the_profile_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[acme]\nnetsuite-token-id = \"t\"\nwizcommerce-api-key-lapses = \"2027-01-31\"\n\
                    [other]\nwizcommerce-api-key = \"o\"\n";
        let path = file(&folder, 0o600, text);
        let credentials = read(&path, "acme").unwrap();
        assert_eq!(credentials.secrets.keys().collect::<Vec<_>>(), [&SecretName::NetSuiteTokenId]);
        assert_eq!(credentials.secrets[&SecretName::NetSuiteTokenId].expose(), "t");
        assert_eq!(credentials.lapses.unwrap(), ("2027-01-31".parse().unwrap(), format!("{}:3", path.display())));
        assert!(read(&path, "nobody").unwrap().secrets.is_empty());
        assert!(read(&folder.path().join("absent.toml"), "acme").unwrap().secrets.is_empty());
    }

    #[test]
    fn a_file_others_may_read_is_refused_with_the_command_to_type() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o644, 0o640, 0o660, 0o604, 0o700] {
            let path = file(&folder, mode, "");
            let error = read(&path, "acme").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(error.hints(), [format!("run `chmod 600 {}`", path.display())]);
        }
        assert!(read(&file(&folder, 0o400, ""), "acme").is_ok());
        let spaced = tempfile::Builder::new().prefix("it's here").tempdir().unwrap();
        let error = read(&file(&spaced, 0o644, ""), "acme").unwrap_err();
        assert!(error.hints()[0].contains(r"chmod 600 '") && error.hints()[0].contains(r"it'\''s here"), "{:?}", error.hints());
    }

    #[test]
    fn mistakes_are_told_without_the_secret() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("[acme]\nnetsuite-token-ids = \"canary\"\n", "unknown key `acme.netsuite-token-ids`"),
            ("[acme]\nnetsuite-token-id = [\"canary\"]\n", "must be text, not a list"),
            ("[acme]\nnetsuite-token-id = canary\n", "this is not TOML"),
            ("[acme]\nnetsuite-token-id = \"canary\n", "this is not TOML"),
            ("acme = \"canary\"\n", "must be a table, not text"),
        ] {
            let error = read(&file(&folder, 0o600, text), "acme").unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
