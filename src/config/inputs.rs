//! What settings are made from: flags, environment and folders, collected once into plain values.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;

use crate::config::secret::{Secret, SecretName};
use crate::error::{Error, ErrorKind, Result};

/// The values the settings are resolved from.
///
/// A variable that is set but empty counts as not set.
#[derive(Clone, Default)]
pub struct Inputs {
    /// `--profile`; absent: `NETWIZ_PROFILE`, else `default-profile` of the file.
    pub profile: Option<String>,
    /// `--config`, a file ending in `.toml` or the folder that holds `config.toml`; absent: `NETWIZ_CONFIG`, else
    /// `NETWIZ_CONFIG_DIR`, else the folder `netwiz` in `config_home`.
    pub config: Option<PathBuf>,
    /// `--state`, a file; absent: `NETWIZ_STATE`, else `<profile>.db` in the folder `netwiz` in `state_home`.
    pub state: Option<PathBuf>,
    /// The environment variables that begin with `NETWIZ_`.
    pub environment: BTreeMap<String, String>,
    /// The folder for configuration, `$XDG_CONFIG_HOME` or `~/.config`; absent when there is no home folder.
    pub config_home: Option<PathBuf>,
    /// The folder for state, `$XDG_STATE_HOME` or `~/.local/state`; absent when there is no home folder.
    pub state_home: Option<PathBuf>,
    /// The secrets of the profile `sandbox`; no other profile gets them.
    pub builtin_secrets: BTreeMap<SecretName, Secret>,
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of the environment hold secrets; its names do not.
        f.debug_struct("Inputs")
            .field("profile", &self.profile)
            .field("config", &self.config)
            .field("state", &self.state)
            .field("environment", &self.environment.keys())
            .field("config_home", &self.config_home)
            .field("state_home", &self.state_home)
            .finish_non_exhaustive()
    }
}

/// A value with the flag, variable or rule it came from.
pub(super) struct Sourced<T> {
    pub(super) value: T,
    pub(super) origin: String,
}

impl Inputs {
    /// Collects the environment and the folders of this process; the one place that reads them.
    ///
    /// # Errors
    ///
    /// Refuses a `NETWIZ_` variable that is not UTF-8, rather than overlooking it.
    pub fn from_process(profile: Option<String>, config: Option<PathBuf>, state: Option<PathBuf>) -> Result<Self> {
        let mut environment = BTreeMap::new();
        for (name, value) in env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with("NETWIZ_")).map(str::to_owned) else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| Error::new(ErrorKind::Config, format!("the environment variable `{name}` is not UTF-8")))?;
            environment.insert(name, value);
        }
        let folders = Xdg::new().ok();
        Ok(Self {
            profile,
            config,
            state,
            environment,
            config_home: folders.as_ref().map(BaseStrategy::config_dir),
            state_home: folders.as_ref().and_then(BaseStrategy::state_dir),
            builtin_secrets: BTreeMap::new(),
        })
    }

    /// Gives the profile the caller named.
    pub(super) fn profile(&self) -> Option<Sourced<String>> {
        let named = self.given(self.profile.as_ref().map(OsStr::new), "--profile", &["NETWIZ_PROFILE"])?;
        Some(Sourced { value: named.value.to_string_lossy().into_owned(), origin: named.origin })
    }

    /// Gives the place of the configuration file.
    pub(super) fn config_file(&self) -> Result<Sourced<PathBuf>> {
        let variables = ["NETWIZ_CONFIG", "NETWIZ_CONFIG_DIR"];
        let given = self.given(self.config.as_ref().map(|path| path.as_os_str()), "--config", &variables);
        let (path, origin) = match (given, &self.config_home) {
            (Some(given), _) => (PathBuf::from(given.value), given.origin),
            (None, Some(home)) => (home.join("netwiz"), "configuration folder".to_owned()),
            (None, None) => return Err(no_home("configuration", "--config")),
        };
        let is_file = path.extension().is_some_and(|extension| extension == "toml") && !path.is_dir();
        Ok(Sourced { value: if is_file { path } else { path.join("config.toml") }, origin })
    }

    /// Gives the place of a profile's state file.
    pub(super) fn state_file(&self, profile: &str) -> Result<Sourced<PathBuf>> {
        match (self.given(self.state.as_ref().map(|path| path.as_os_str()), "--state", &["NETWIZ_STATE"]), &self.state_home) {
            (Some(given), _) => Ok(Sourced { value: given.value.into(), origin: given.origin }),
            (None, Some(home)) => {
                Ok(Sourced { value: home.join("netwiz").join(format!("{profile}.db")), origin: "state folder".to_owned() })
            }
            (None, None) => Err(no_home("state", "--state")),
        }
    }

    /// Gives a flag's value, else that of the first variable set. The parser of the command line may have filled the flag
    /// from a variable, which then is the origin.
    fn given(&self, flag: Option<&OsStr>, name: &str, variables: &[&str]) -> Option<Sourced<OsString>> {
        let set = |variable: &&str| {
            let value = self.environment.get(*variable).filter(|value| !value.is_empty())?;
            Some((OsStr::new(value), format!("environment {variable}")))
        };
        let mut from_environment = variables.iter().filter_map(set);
        let (value, origin) = match flag.filter(|value| !value.is_empty()) {
            Some(value) => from_environment.find(|(set, _)| *set == value).unwrap_or_else(|| (value, format!("flag {name}"))),
            None => from_environment.next()?,
        };
        Some(Sourced { value: value.to_owned(), origin })
    }
}

fn no_home(what: &str, flag: &str) -> Error {
    Error::new(ErrorKind::Config, format!("there is no home folder to look for the {what} in"))
        .hint(format!("set `HOME`, or say where it is with `{flag}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(variables: &[(&str, &str)]) -> Inputs {
        Inputs {
            environment: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            config_home: Some("/home/ana/.config".into()),
            state_home: Some("/home/ana/.local/state".into()),
            ..Inputs::default()
        }
    }

    fn config(inputs: &Inputs) -> (String, String) {
        let found = inputs.config_file().unwrap();
        (found.value.display().to_string(), found.origin)
    }

    #[test]
    fn the_configuration_is_looked_for_by_flag_variable_and_folder() {
        let set = [("NETWIZ_CONFIG_DIR", "/etc/netwiz")];
        assert_eq!(config(&inputs(&[])), ("/home/ana/.config/netwiz/config.toml".into(), "configuration folder".into()));
        assert_eq!(config(&inputs(&set)), ("/etc/netwiz/config.toml".into(), "environment NETWIZ_CONFIG_DIR".into()));
        let flagged = |path: &str| Inputs { config: Some(path.into()), ..inputs(&set) };
        assert_eq!(config(&flagged("/x/other.toml")), ("/x/other.toml".into(), "flag --config".into()));
        assert_eq!(config(&flagged("/x/folder")), ("/x/folder/config.toml".into(), "flag --config".into()));
    }

    #[test]
    fn the_state_is_one_file_per_profile_unless_named() {
        let found = inputs(&[]).state_file("acme").unwrap();
        assert_eq!(found.value, PathBuf::from("/home/ana/.local/state/netwiz/acme.db"));
        let found = inputs(&[("NETWIZ_STATE", "/v/s.db")]).state_file("acme").unwrap();
        assert_eq!((found.value, found.origin.as_str()), (PathBuf::from("/v/s.db"), "environment NETWIZ_STATE"));
        let error = Inputs::default().state_file("acme").err().unwrap();
        assert!(error.hints()[0].contains("--state"));
    }

    #[test]
    fn a_flag_filled_from_its_variable_names_the_variable() {
        let mut both = inputs(&[("NETWIZ_PROFILE", "acme")]);
        both.profile = Some("acme".to_owned());
        assert_eq!(both.profile().unwrap().origin, "environment NETWIZ_PROFILE");
        both.profile = Some("other".to_owned());
        let named = both.profile().unwrap();
        assert_eq!((named.value.as_str(), named.origin.as_str()), ("other", "flag --profile"));
        assert!(inputs(&[("NETWIZ_PROFILE", "")]).profile().is_none());
    }

    #[test]
    fn the_debug_form_has_names_and_no_values() {
        let shown = format!("{:?}", inputs(&[("NETWIZ_NETSUITE_TOKEN_ID", "canary")]));
        assert!(shown.contains("NETWIZ_NETSUITE_TOKEN_ID") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn the_process_is_read_for_our_variables_alone() {
        let inputs = Inputs::from_process(Some("acme".to_owned()), None, None).unwrap();
        assert_eq!(inputs.profile.as_deref(), Some("acme"));
        assert!(inputs.environment.keys().all(|name| name.starts_with("NETWIZ_")));
    }
}
