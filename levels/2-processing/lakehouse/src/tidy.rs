//! What a table that changes every second leaves behind: files that count no more, and the log of how they came and went.

use deltalake::checkpoints::cleanup_expired_logs_for;
use deltalake::kernel::transaction::CommitProperties;
use deltalake::operations::vacuum::{Clock, VacuumMode};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::table::delta_error;
use crate::{Error, Table};

/// How long after its removal a file stays, for those who read an older version: longer than any query runs.
const KEPT_MS: i64 = 60 * 60 * 1_000;

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Data files.
    pub files: u64,
    /// Entries of the log.
    pub entries: u64,
}

impl Table {
    /// Removes files that have not counted for an hour, or were stored an hour ago and never counted, and entries of the log
    /// that are older than an hour and that a checkpoint stands for. Who reads the newest version notices nothing. Lists the
    /// whole table: to be called now and then.
    pub fn tidy(&mut self, now_ms: i64) -> BoxFuture<'_, Result<Tidied, Error>> {
        self.clear(now_ms).boxed()
    }

    async fn clear(&mut self, now_ms: i64) -> Result<Tidied, Error> {
        let before = self.version();
        let tidying = async {
            let vacuum = self.delta.clone().vacuum();
            let (vacuumed, metrics) = vacuum
                .with_mode(VacuumMode::Full)
                .with_retention_period(chrono::Duration::milliseconds(KEPT_MS))
                .with_enforce_retention_duration(false)
                .with_clock(std::sync::Arc::new(At(now_ms)))
                .with_commit_properties(CommitProperties::default().with_cleanup_expired_logs(Some(false)))
                .await?;
            self.delta = vacuumed;
            let version = self.delta.version().unwrap_or(0);
            let log = self.delta.log_store();
            let entries = cleanup_expired_logs_for(version, log.as_ref(), now_ms - KEPT_MS, None).await?;
            if entries > 0 {
                // What is held in memory still names them.
                self.delta.load().await?;
            }
            Ok(Tidied { files: metrics.files_deleted.len() as u64, entries: entries as u64 })
        };
        let tidied = tidying.await.map_err(|cause| delta_error(self.spec, cause))?;
        // A removal is noted in the log by two commits of its own. If there are others, they are somebody else's, of whose
        // files this table does not know.
        let own = if tidied.files > 0 { 2 } else { 0 };
        if self.version() != before + own {
            return Err(Error::Changed { table: self.spec.name.into() });
        }
        Ok(tidied)
    }
}

/// The time that the caller gives.
#[derive(Debug)]
struct At(i64);

impl Clock for At {
    fn current_timestamp_millis(&self) -> i64 {
        self.0
    }
}
