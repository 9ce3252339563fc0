//! What has expired leaves the disk when the tree is compacted anyway: no sweep, no second index.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use fjall::compaction::filter::{CompactionFilter, CompactionFilterResult, Context, Factory, ItemAccessor, Verdict};
use strata_runtime::Clock;

use super::Record;

/// Names the filter of every keyspace.
pub(super) type Filters = Arc<dyn Fn(&str) -> Option<Arc<dyn Factory>> + Send + Sync>;

/// Filters that drop what has expired.
pub(super) fn filters(clock: Arc<dyn Clock>) -> Filters {
    // A clock is only read, so a panic cannot leave one half-changed.
    let expiry: Arc<dyn Factory> = Arc::new(Expiry(AssertUnwindSafe(clock)));
    Arc::new(move |_keyspace| Some(Arc::clone(&expiry)))
}

struct Expiry(AssertUnwindSafe<Arc<dyn Clock>>);

impl fmt::Debug for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expiry").finish_non_exhaustive()
    }
}

impl Factory for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    fn make_filter(&self, _context: &Context) -> Box<dyn CompactionFilter> {
        Box::new(ExpiredBy { now: self.0.now_micros() })
    }
}

struct ExpiredBy {
    now: i64,
}

impl CompactionFilter for ExpiredBy {
    fn filter_item(&mut self, item: ItemAccessor<'_>, _context: &Context) -> CompactionFilterResult {
        let stored = item.value()?;
        // What is not ours stays, so that reading it can say so.
        let expired = Record::read(&stored).is_some_and(|record| !record.is_live(self.now));
        // With a tombstone: an older record of the key may lie deeper in the tree.
        Ok(if expired { Verdict::Remove } else { Verdict::Keep })
    }
}
