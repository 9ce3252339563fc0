//! Reads what was written: of which services, how grave, since when, how many; merged by time.

mod follow;
mod lines;
mod track;

use std::path::{Path, PathBuf};

use strata_runtime::Scope;
use strata_types::Timestamp;
use tracing::Level;

use crate::{Error, Line};

pub use follow::Follow;
pub use lines::Lines;

/// What to read.
///
/// ```no_run
/// # use std::path::Path;
/// # use strata_logs::Reader;
/// let logs = strata_logs::folder(Path::new("/data"));
/// for line in Reader::new(&logs).services(["landing"]).at_least(tracing::Level::WARN).last(20).read()? {
///     println!("{}", line?);
/// }
/// # Ok::<_, strata_logs::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    folder: PathBuf,
    services: Option<Vec<String>>,
    at_least: Level,
    since: Option<Timestamp>,
    last: Option<usize>,
}

impl Reader {
    /// Everything in this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), services: None, at_least: Level::TRACE, since: None, last: None }
    }

    /// Of these services alone. One that has no file yet has no lines yet.
    #[must_use]
    pub fn services<S: Into<String>>(self, services: impl IntoIterator<Item = S>) -> Self {
        Self { services: Some(services.into_iter().map(Into::into).collect()), ..self }
    }

    /// As grave as this, or graver.
    #[must_use]
    pub fn at_least(self, level: Level) -> Self {
        Self { at_least: level, ..self }
    }

    /// From this time on.
    #[must_use]
    pub fn since(self, time: Timestamp) -> Self {
        Self { since: Some(time), ..self }
    }

    /// Of those that are there, the last so many. Files are read from their ends, as far as that takes.
    #[must_use]
    pub fn last(self, lines: usize) -> Self {
        Self { last: Some(lines), ..self }
    }

    /// Reads what is there.
    pub fn read(self) -> Result<Lines, Error> {
        Lines::of(self)
    }

    /// Reads what is there, and then what comes, until the scope is closed or the [`Follow`] dropped.
    /// Call it inside a Tokio runtime.
    pub fn follow(self, scope: &Scope) -> Follow {
        Follow::start(self, scope)
    }

    fn wants_service(&self, service: &str) -> bool {
        self.services.as_ref().is_none_or(|services| services.iter().any(|wanted| wanted == service))
    }

    fn wants(&self, line: &Line) -> bool {
        // In `tracing`, graver is less.
        line.level <= self.at_least && self.since.is_none_or(|since| line.time >= since)
    }
}

#[cfg(test)]
mod tests;
