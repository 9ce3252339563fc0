//! How a process that does jobs comes to the lake that a job's parameters name.

use std::fmt;
use std::sync::Arc;

use super::Failure;
use crate::Lakehouse;

type Open = dyn Fn(&str) -> Result<Lakehouse, Failure> + Send + Sync;

/// Opens the lake at a location. Whatever it needs for that, keys above all, is this process's own.
#[derive(Clone)]
pub struct Reach(Arc<Open>);

impl Reach {
    /// Reaches lakes by their location, as [`Lakehouse::location`] gives it.
    pub fn new(open: impl Fn(&str) -> Result<Lakehouse, Failure> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// The lake at a location.
    pub fn lake(&self, location: &str) -> Result<Lakehouse, Failure> {
        (self.0)(location)
    }
}

/// The lake that is at hand, whatever its location.
impl From<Lakehouse> for Reach {
    fn from(lakehouse: Lakehouse) -> Self {
        Self::new(move |_| Ok(lakehouse.clone()))
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").finish_non_exhaustive()
    }
}
