//! The profiles of a configuration file and the choice among them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::builtin::SANDBOX;
use crate::config::file::{Document, Item, Section};
use crate::config::inputs::Sourced;
use crate::config::suggest::{nearest, quoted};
use crate::error::{Error, ErrorKind, Result};

/// The shape of a profile name; it becomes part of file names.
const NAME_RULE: &str = "a profile name is 1 to 32 lower-case letters, digits, `-` or `_`, beginning with a letter or digit";

/// The profiles that can be chosen.
pub(super) struct Profiles<'d> {
    /// Those of the file, by name.
    tables: BTreeMap<&'d str, Section<'d>>,
    /// The value of `default-profile`.
    default: Option<Item<'d>>,
    built_in: Section<'d>,
    file_exists: bool,
}

/// The profile that was chosen.
pub(super) struct Chosen<'d> {
    pub(super) name: String,
    pub(super) section: Section<'d>,
    /// What named it.
    pub(super) origin: String,
}

impl<'d> Profiles<'d> {
    /// Reads the top of a configuration file, refusing names that are no profile names; what profiles hold is not looked at.
    pub(super) fn of(file: Option<&'d Document<'d>>, built_in: &'d Document<'d>) -> Result<Self> {
        let built_in = built_in.root();
        let Some(root) = file.map(Document::root) else {
            return Ok(Self { tables: BTreeMap::new(), default: None, built_in, file_exists: false });
        };
        root.only(&["default-profile", "profile"])?;
        let mut tables = BTreeMap::new();
        for (name, item) in root.get("profile").map(|item| item.section()).transpose()?.iter().flat_map(Section::entries) {
            if !is_name(name) {
                return Err(item.error("has a name no profile can have").hint(NAME_RULE));
            }
            if name == SANDBOX {
                return Err(item
                    .error("is the name of the built-in profile, which needs no configuration")
                    .hint("give the profile another name, such as `[profile.acme-sandbox]`"));
            }
            tables.insert(name, item.section()?);
        }
        Ok(Self { tables, default: root.get("default-profile"), built_in, file_exists: true })
    }

    /// Gives the names that can be chosen: those of the file in order, then the built-in one.
    pub(super) fn names(&self) -> impl Iterator<Item = &'d str> {
        self.tables.keys().copied().chain([SANDBOX])
    }

    /// Finds the profile that was named, else the default of the file. With neither, nothing is guessed.
    pub(super) fn choose(&self, named: Option<Sourced<String>>, config: &Path) -> Result<Chosen<'d>> {
        let (name, origin) = match (named, &self.default) {
            (Some(Sourced { value, origin }), _) => (value, origin),
            (None, Some(item)) => (item.text("the name of a profile")?.to_owned(), item.position()),
            (None, None) if self.file_exists => {
                return Err(
                    self.offer(Error::new(ErrorKind::Config, "no profile was named and the file has no `default-profile`"))
                );
            }
            (None, None) => return Err(self.without_file("nothing is configured yet", config)),
        };
        if !is_name(&name) {
            return Err(Error::new(ErrorKind::Config, format!("`{name}` is not a profile name ({origin})")).hint(NAME_RULE));
        }
        if name == SANDBOX {
            return Ok(Chosen { name, section: self.built_in.clone(), origin });
        }
        if let Some(section) = self.tables.get(name.as_str()) {
            return Ok(Chosen { section: section.clone(), name, origin });
        }
        if !self.file_exists {
            return Err(self.without_file(&format!("profile `{name}` is not configured"), config));
        }
        let error = Error::new(ErrorKind::Config, format!("there is no profile `{name}` in {} ({origin})", config.display()));
        Err(match nearest(&name, self.names()) {
            Some(near) => self.offer(error.hint(format!("did you mean `{near}`?"))),
            None => self.offer(error),
        })
    }

    fn without_file(&self, what: &str, config: &Path) -> Error {
        Error::new(ErrorKind::Config, format!("{what}: there is no file {}", config.display()))
            .hint("write a profile into this file: the README shows one that is complete")
            .hint("or try netwiz without any account, with `--profile sandbox`")
    }

    fn offer(&self, error: Error) -> Error {
        error.hint(format!("known profiles: {}", quoted(self.names())))
    }
}

fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 32
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_pattern() {
        for good in ["acme", "0", "a-b_c9", &"a".repeat(32)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "_a", "Acme", "a.b", "a/b", "..", "é", &"a".repeat(33)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
