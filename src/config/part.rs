//! One table of a profile laid over the built-in defaults, noting the origin of every value it hands out.

use crate::config::Setting;
use crate::config::file::{Item, Section, joined};
use crate::error::{Error, ErrorKind, Result};

/// The origin of values nobody wrote.
pub(super) const BUILT_IN: &str = "built-in default";

/// A table of the profile over the same table of the defaults.
///
/// What is asked for is also entered into the listing, so the listing cannot forget a value that is in use.
pub(super) struct Part<'r, 'd> {
    /// The nearest table that was really written; errors about missing keys point at it.
    nearest: Section<'d>,
    profile: Option<Section<'d>>,
    defaults: Option<Section<'d>>,
    /// The key within the profile, e.g. `netsuite`.
    name: String,
    listing: &'r mut Vec<Setting>,
}

impl<'r, 'd> Part<'r, 'd> {
    /// Opens the profile itself.
    pub(super) fn root(
        profile: Section<'d>,
        defaults: Section<'d>,
        known: &[&str],
        listing: &'r mut Vec<Setting>,
    ) -> Result<Self> {
        profile.only(known)?;
        Ok(Self { nearest: profile.clone(), profile: Some(profile), defaults: Some(defaults), name: String::new(), listing })
    }

    /// Opens a table with fixed keys; any other key is refused.
    pub(super) fn table(&mut self, key: &str, known: &[&str]) -> Result<Part<'_, 'd>> {
        let part = self.open(key)?;
        if let Some(profile) = &part.profile {
            profile.only(known)?;
        }
        Ok(part)
    }

    /// Opens a table whose keys are free, or were checked before.
    pub(super) fn open(&mut self, key: &str) -> Result<Part<'_, 'd>> {
        let section = |layer: &Option<Section<'d>>| match layer.as_ref().and_then(|section| section.get(key)) {
            Some(item) => item.section().map(Some),
            None => Ok(None),
        };
        let (profile, defaults) = (section(&self.profile)?, section(&self.defaults)?);
        let nearest = profile.clone().unwrap_or_else(|| self.nearest.clone());
        Ok(Part { nearest, profile, defaults, name: joined(&self.name, key), listing: self.listing })
    }

    /// Gives a value that may be absent.
    pub(super) fn optional<T>(&mut self, key: &str, read: impl Fn(&Item<'_>) -> Result<T>) -> Result<Option<T>> {
        let Some(item) = self.find(key) else {
            self.note(key, "not set", BUILT_IN);
            return Ok(None);
        };
        let value = read(&item)?;
        self.note(key, &item.shown(), &item.position());
        Ok(Some(value))
    }

    /// Gives a value for which the defaults have an answer.
    pub(super) fn value<T>(&mut self, key: &str, read: impl Fn(&Item<'_>) -> Result<T>) -> Result<T> {
        let name = joined(&self.name, key);
        self.optional(key, read)?.ok_or_else(|| Error::new(ErrorKind::Internal, format!("`{name}` has no built-in default")))
    }

    /// Gives a value the profile must have; the hint says what to write.
    pub(super) fn required<T>(&mut self, key: &str, read: impl Fn(&Item<'_>) -> Result<T>, hint: &str) -> Result<T> {
        let path = self.full(key);
        self.optional(key, read)?.ok_or_else(|| self.nearest.missing(&path).hint(hint))
    }

    /// Gives a text that follows from other settings unless it is written.
    pub(super) fn derived(
        &mut self,
        key: &str,
        read: impl Fn(&Item<'_>) -> Result<String>,
        otherwise: String,
        origin: &str,
    ) -> Result<String> {
        if self.find(key).is_some() {
            return self.optional(key, read).map(|written| written.unwrap_or(otherwise));
        }
        self.note(key, &otherwise, origin);
        Ok(otherwise)
    }

    /// Gives a value without listing it.
    pub(super) fn unlisted<T>(&self, key: &str, read: impl Fn(&Item<'_>) -> Result<T>) -> Result<Option<T>> {
        self.find(key).as_ref().map(read).transpose()
    }

    /// Gives every key of a table with free keys; defaults do not mix into such a table.
    pub(super) fn entries(&mut self) -> Vec<(&'d str, Item<'d>)> {
        let entries: Vec<_> = self.profile.iter().flat_map(Section::entries).collect();
        for (key, item) in &entries {
            self.note(key, &item.shown(), &item.position());
        }
        entries
    }

    fn find(&self, key: &str) -> Option<Item<'d>> {
        [&self.profile, &self.defaults].into_iter().flatten().find_map(|section| section.get(key))
    }

    fn full(&self, key: &str) -> String {
        match &self.profile {
            Some(section) => joined(section.path(), key),
            None => format!("{}.{}.{key}", self.nearest.path(), self.name),
        }
    }

    fn note(&mut self, key: &str, value: &str, origin: &str) {
        self.listing.push(Setting { key: joined(&self.name, key), value: value.to_owned(), origin: origin.to_owned() });
    }
}
