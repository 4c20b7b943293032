//! Secrets: a type that cannot be shown, and the places a secret is looked up in.
//!
//! The order is the environment, a file named by the environment, a command in the profile, the credentials file. Which
//! place has a secret is settled when the settings are loaded; files named by the environment are opened and commands run
//! only when the secret is asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};

use crate::config::{Setting, file, secret_command};
use crate::error::{Error, ErrorKind, Result};

/// A secret text. Nothing prints it; [`Secret::expose`] belongs in the one line that uses it.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Gives the text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Takes a text without the white space around it, which files and commands end with; nothing when that is all.
    pub(super) fn trimmed(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The secrets there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretName {
    /// The consumer key of the NetSuite integration record; with OAuth 2.0 it is the client id.
    NetSuiteConsumerKey,
    /// The consumer secret of the NetSuite integration record.
    NetSuiteConsumerSecret,
    /// The id of the NetSuite access token.
    NetSuiteTokenId,
    /// The secret of the NetSuite access token.
    NetSuiteTokenSecret,
    /// The id NetSuite gave to the uploaded certificate.
    NetSuiteCertificateId,
    /// The private key of that certificate, PEM.
    NetSuitePrivateKey,
    /// The WizCommerce API key.
    WizCommerceApiKey,
    /// The secret WizCommerce authenticates its webhooks with.
    WizCommerceWebhookSecret,
}

impl SecretName {
    /// Every secret, NetSuite's first.
    pub const ALL: [Self; 8] = [
        Self::NetSuiteConsumerKey,
        Self::NetSuiteConsumerSecret,
        Self::NetSuiteTokenId,
        Self::NetSuiteTokenSecret,
        Self::NetSuiteCertificateId,
        Self::NetSuitePrivateKey,
        Self::WizCommerceApiKey,
        Self::WizCommerceWebhookSecret,
    ];

    /// Gives the key in the credentials file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NetSuiteConsumerKey => "netsuite-consumer-key",
            Self::NetSuiteConsumerSecret => "netsuite-consumer-secret",
            Self::NetSuiteTokenId => "netsuite-token-id",
            Self::NetSuiteTokenSecret => "netsuite-token-secret",
            Self::NetSuiteCertificateId => "netsuite-certificate-id",
            Self::NetSuitePrivateKey => "netsuite-private-key",
            Self::WizCommerceApiKey => "wizcommerce-api-key",
            Self::WizCommerceWebhookSecret => "wizcommerce-webhook-secret",
        }
    }

    /// Gives the environment variable; the same with `_FILE` names a file that holds the secret.
    pub fn variable(self) -> String {
        format!("NETWIZ_{}", self.key().to_ascii_uppercase().replace('-', "_"))
    }

    /// Gives the table of the profile and the key in it under which a command may stand.
    pub(super) fn command_key(self) -> Option<(&'static str, String)> {
        let (table, name) = self.key().split_once('-')?;
        // An id of a certificate is no use to anybody without its key, so no vault keeps it.
        (self != Self::NetSuiteCertificateId).then(|| (table, format!("{name}-command")))
    }

    fn setting_key(self) -> String {
        self.key().replacen('-', ".", 1)
    }
}

/// The place a secret comes from. It is safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment variable of this name.
    Environment(String),
    /// A file named by an environment variable.
    File {
        /// The variable, ending in `_FILE`.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// A command in the profile.
    Command {
        /// The program alone: an argument may hold what should not be seen.
        program: String,
        /// The file and line the command is written at.
        position: String,
    },
    /// The credentials file.
    Credentials(PathBuf),
    /// Compiled into the program, for the simulators.
    BuiltIn,
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::File { variable, path } => write!(f, "{} (environment {variable})", path.display()),
            Self::Command { position, .. } => f.write_str(position),
            Self::Credentials(path) => write!(f, "{}", path.display()),
            Self::BuiltIn => f.write_str("built-in profile"),
        }
    }
}

/// A command of the profile that prints a secret.
pub(super) struct Command {
    /// The program and its arguments, at least the program.
    pub(super) argv: Vec<String>,
    /// The file and line it is written at.
    pub(super) position: String,
}

/// How a secret is fetched once it is asked for.
#[derive(Clone)]
enum Supply {
    Held(Secret),
    File(PathBuf),
    Command(Vec<String>),
}

#[derive(Clone)]
struct Entry {
    source: SecretSource,
    supply: Supply,
    /// The secret once it was asked for: a vault may ask its owner each time.
    fetched: OnceLock<Secret>,
}

/// The secrets of one profile.
#[derive(Clone)]
pub(super) struct Secrets {
    entries: BTreeMap<SecretName, Entry>,
    profile: String,
    credentials: PathBuf,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(name, entry)| (name, &entry.source))).finish()
    }
}

impl Secrets {
    /// Makes an empty set for a profile; `credentials` is only named in messages.
    pub(super) fn new(profile: &str, credentials: &Path) -> Self {
        Self { entries: BTreeMap::new(), profile: profile.to_owned(), credentials: credentials.to_owned() }
    }

    /// Adds what the environment has, directly or by a file. Both at once is refused.
    pub(super) fn with_environment(mut self, environment: &BTreeMap<String, String>) -> Result<Self> {
        for name in SecretName::ALL {
            let variable = name.variable();
            let by_file = format!("{variable}_FILE");
            let held = environment.get(&variable).and_then(|text| Secret::trimmed(text));
            let path = environment.get(&by_file).filter(|path| !path.is_empty()).map(PathBuf::from);
            match (held, path) {
                (Some(_), Some(_)) => {
                    return Err(Error::new(ErrorKind::Config, format!("`{variable}` and `{by_file}` are both set"))
                        .hint(format!("unset one of them, as with `unset {by_file}`")));
                }
                (Some(secret), None) => self.add(name, SecretSource::Environment(variable), Supply::Held(secret)),
                (None, Some(path)) => {
                    self.add(name, SecretSource::File { variable: by_file, path: path.clone() }, Supply::File(path));
                }
                (None, None) => {}
            }
        }
        Ok(self)
    }

    /// Adds the commands of the profile for secrets still without a source.
    pub(super) fn with_commands(mut self, commands: BTreeMap<SecretName, Command>) -> Self {
        for (name, Command { argv, position }) in commands {
            let program = argv.first().cloned().unwrap_or_default();
            self.add(name, SecretSource::Command { program, position }, Supply::Command(argv));
        }
        self
    }

    /// Adds the content of the credentials file for secrets still without a source.
    pub(super) fn with_credentials(mut self, held: BTreeMap<SecretName, Secret>) -> Self {
        let source = SecretSource::Credentials(self.credentials.clone());
        for (name, secret) in held {
            self.add(name, source.clone(), Supply::Held(secret));
        }
        self
    }

    /// Adds secrets compiled into the program for secrets still without a source.
    pub(super) fn with_built_in(mut self, held: &BTreeMap<SecretName, Secret>) -> Self {
        for (name, secret) in held {
            self.add(*name, SecretSource::BuiltIn, Supply::Held(secret.clone()));
        }
        self
    }

    /// The first source wins, so sources are added in the order they are looked up in.
    fn add(&mut self, name: SecretName, source: SecretSource, supply: Supply) {
        self.entries.entry(name).or_insert(Entry { source, supply, fetched: OnceLock::new() });
    }

    /// Gives the place a secret would come from, without fetching it.
    pub(super) fn source(&self, name: SecretName) -> Option<&SecretSource> {
        self.entries.get(&name).map(|entry| &entry.source)
    }

    /// Fetches a secret, at most once.
    pub(super) fn get(&self, name: SecretName) -> Result<Secret> {
        let entry = self.entries.get(&name).ok_or_else(|| self.missing(name))?;
        if let Some(secret) = entry.fetched.get() {
            return Ok(secret.clone());
        }
        let secret = match &entry.supply {
            Supply::Held(secret) => secret.clone(),
            Supply::File(path) => from_file(name, path)?,
            // A PEM is the one secret that has several lines.
            Supply::Command(argv) => secret_command::run(name.key(), argv, name == SecretName::NetSuitePrivateKey)?,
        };
        Ok(entry.fetched.get_or_init(|| secret).clone())
    }

    /// Gives the line of `config show` for a secret: whether it is set, never what it is, and nothing is run for it.
    pub(super) fn setting(&self, name: SecretName) -> Setting {
        let (value, origin) = match self.source(name) {
            None => ("not set", "-".to_owned()),
            Some(source @ SecretSource::Command { .. }) => ("set (command)", source.to_string()),
            Some(source) => ("set", source.to_string()),
        };
        Setting { key: name.setting_key(), value: value.to_owned(), origin }
    }

    fn missing(&self, name: SecretName) -> Error {
        let variable = name.variable();
        let key = name.key();
        let error = Error::new(ErrorKind::Credentials, format!("profile `{}` has no secret `{key}`", self.profile))
            .hint(format!("set `{variable}`, or `{variable}_FILE` to a file that holds it"))
            .hint(format!("or write `{key} = \"...\"` under `[{}]` in {}", self.profile, self.credentials.display()));
        match name.command_key() {
            Some((table, command)) => error.hint(format!(
                "or name the command that prints it: `{command} = [...]` under `[profile.{}.{table}]`",
                self.profile
            )),
            None => error,
        }
    }
}

/// Reads a file named by the environment. Its mode is not checked: containers mount secrets readable to their user's group.
fn from_file(name: SecretName, path: &Path) -> Result<Secret> {
    let failed =
        || Error::new(ErrorKind::Credentials, format!("the secret `{}` cannot be read from {}", name.key(), path.display()));
    let hint = || format!("the file is named by `{}_FILE`", name.variable());
    match file::read(path) {
        Ok(Some(text)) => Secret::trimmed(&text).ok_or_else(|| failed().hint(hint()).caused_by("the file is empty")),
        Ok(None) => Err(failed().hint(hint()).caused_by("there is no such file")),
        Err(error) => Err(failed().hint(hint()).caused_by(error)),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn empty() -> Secrets {
        Secrets::new("acme", Path::new("/c/credentials.toml"))
    }

    fn command(script: &str) -> BTreeMap<SecretName, Command> {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        [(SecretName::NetSuiteTokenId, Command { argv, position: "/c/config.toml:7".to_owned() })].into()
    }

    #[test]
    fn a_secret_has_no_readable_form() {
        let secret = Secret::new("canary");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
        assert_eq!(secret.expose(), "canary");
        let secrets = empty().with_environment(&environment(&[("NETWIZ_NETSUITE_TOKEN_ID", "canary")])).unwrap();
        assert!(!format!("{secrets:?}").contains("canary"));
    }

    #[test]
    fn names_follow_from_the_key() {
        assert_eq!(SecretName::WizCommerceWebhookSecret.variable(), "NETWIZ_WIZCOMMERCE_WEBHOOK_SECRET");
        assert_eq!(SecretName::NetSuitePrivateKey.command_key(), Some(("netsuite", "private-key-command".to_owned())));
        assert_eq!(SecretName::NetSuiteCertificateId.command_key(), None);
    }

    #[test]
    fn the_first_place_that_has_a_secret_wins() {
        let name = SecretName::NetSuiteTokenId;
        let held = || BTreeMap::from([(name, Secret::new("credentials"))]);
        let all = empty()
            .with_environment(&environment(&[("NETWIZ_NETSUITE_TOKEN_ID", " environment\n")]))
            .unwrap()
            .with_commands(command("echo command"))
            .with_credentials(held());
        assert_eq!(all.get(name).unwrap().expose(), "environment");
        let without_environment = empty().with_commands(command("echo command")).with_credentials(held());
        assert_eq!(without_environment.get(name).unwrap().expose(), "command");
        let file_alone = empty().with_credentials(held());
        assert_eq!(file_alone.get(name).unwrap().expose(), "credentials");
        assert_eq!(file_alone.source(name), Some(&SecretSource::Credentials("/c/credentials.toml".into())));
    }

    #[test]
    fn a_variable_and_its_file_form_contradict_each_other() {
        let both = environment(&[("NETWIZ_WIZCOMMERCE_API_KEY", "canary"), ("NETWIZ_WIZCOMMERCE_API_KEY_FILE", "/x")]);
        let error = empty().with_environment(&both).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.to_string(), "`NETWIZ_WIZCOMMERCE_API_KEY` and `NETWIZ_WIZCOMMERCE_API_KEY_FILE` are both set");
        let one_empty = environment(&[("NETWIZ_WIZCOMMERCE_API_KEY", "key"), ("NETWIZ_WIZCOMMERCE_API_KEY_FILE", "")]);
        assert!(empty().with_environment(&one_empty).is_ok());
    }

    #[test]
    fn a_secret_file_is_read_when_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let name = SecretName::NetSuiteTokenSecret;
        let secrets =
            empty().with_environment(&environment(&[("NETWIZ_NETSUITE_TOKEN_SECRET_FILE", path.to_str().unwrap())])).unwrap();
        let error = secrets.get(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.causes(), ["there is no such file"]);
        std::fs::write(&path, "from-file\n").unwrap();
        assert_eq!(secrets.get(name).unwrap().expose(), "from-file");
    }

    #[test]
    fn a_command_runs_once_and_not_for_a_listing() {
        let folder = tempfile::tempdir().unwrap();
        let marks = folder.path().join("marks");
        let secrets = empty().with_commands(command(&format!("echo x >> '{}'; echo token", marks.display())));
        let setting = secrets.setting(SecretName::NetSuiteTokenId);
        assert_eq!((setting.key.as_str(), setting.value.as_str()), ("netsuite.token-id", "set (command)"));
        assert_eq!(setting.origin, "/c/config.toml:7");
        assert!(!marks.exists());
        for _ in 0..2 {
            assert_eq!(secrets.get(SecretName::NetSuiteTokenId).unwrap().expose(), "token");
        }
        assert_eq!(std::fs::read_to_string(&marks).unwrap(), "x\n");
    }

    #[test]
    fn a_missing_secret_names_every_place_it_may_stand() {
        let error = empty().get(SecretName::WizCommerceApiKey).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        let hints = error.hints().join("\n");
        for place in ["NETWIZ_WIZCOMMERCE_API_KEY_FILE", "/c/credentials.toml", "api-key-command", "[profile.acme.wizcommerce]"] {
            assert!(hints.contains(place), "{hints}");
        }
    }
}
