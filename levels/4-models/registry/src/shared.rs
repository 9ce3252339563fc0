//! What the handlers share.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use strata_audit::Audit;
use strata_database::{Database, Transaction, Turn, Turns};
use strata_runtime::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;
use crate::access::guard::Access;
use crate::audited::Tally;
use crate::gateway::Vault;
use crate::metrics::Ledger;
use crate::webhooks::Webhooks;
use crate::webhooks::post::Post;

/// Clones share it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Parts>);

/// Of which it consists.
pub(crate) struct Parts {
    pub(crate) database: Database,
    /// Those who may read at once.
    pub(crate) readers: Arc<Semaphore>,
    pub(crate) turns: Turns,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: Audit,
    pub(crate) tally: Tally,
    /// What the places of experiments begin with.
    pub(crate) root: String,
    pub(crate) webhooks: Webhooks,
    pub(crate) vault: Vault,
    pub(crate) post: Post,
    /// None if everybody may do everything.
    pub(crate) access: Option<Arc<Access>>,
}

/// The database has a few connections more, for those who write.
pub(crate) const READERS: usize = 6;

/// A moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now(i64);

impl Now {
    /// As MLflow counts.
    pub(crate) fn millis(self) -> i64 {
        self.0 / 1000
    }

    pub(crate) fn micros(self) -> i64 {
        self.0
    }
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub(crate) fn now(&self) -> Now {
        Now(self.clock.now_micros())
    }

    /// Waits for one of the few connections, in line, for as long as it takes. The database itself would refuse whoever
    /// waited for some time, and a client that was refused comes again, to a longer line.
    pub(crate) async fn read(&self) -> Result<Reading, Error> {
        let permit = Arc::clone(&self.readers).acquire_owned().await;
        let permit = permit.map_err(|_| Error::internal("nothing is read any more"))?;
        Ok(Reading { transaction: self.database.read().await?, _permit: permit })
    }

    /// A turn at writing: what is committed is on the disk, together with what others wrote at the same time.
    pub(crate) async fn write(&self) -> Result<Turn, Error> {
        Ok(self.turns.write().await?)
    }
}

/// A transaction that reads.
#[derive(Debug)]
pub(crate) struct Reading {
    transaction: Transaction,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Reading {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.transaction
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("database", &self.database).finish_non_exhaustive()
    }
}
