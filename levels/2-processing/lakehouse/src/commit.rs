//! What makes files count: all of a change, or nothing of it.

use std::collections::HashMap;

use deltalake::DeltaTableError;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Remove, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::table::delta_error;
use crate::{DataFile, Error, Mark, NewFile, Table, TableSpec};

/// A commit to be.
#[derive(Debug, Default)]
pub struct Change {
    /// Files that count from now on.
    pub added: Vec<NewFile>,
    /// Files that count no more.
    pub removed: Vec<DataFile>,
    /// How far the input was read.
    pub marks: Vec<Mark>,
    /// Whether rows come or go.
    pub of: Of,
    /// When it is made, in milliseconds: from here the removed files' time runs out.
    pub now_ms: i64,
}

/// What a change changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// The rows.
    #[default]
    Rows,
    /// The files that the same rows lie in. It is refused when it would gain or lose rows.
    Layout,
}

impl Change {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.marks.iter().all(|mark| mark.next == 0)
    }
}

impl Table {
    /// Makes files count and others count no more, and notes how far the input was read. Fails with
    /// [`Error::Changed`] when somebody else has committed since the table was read: nothing has happened then, but what
    /// was decided from the table may be wrong, so it must be read and decided again.
    pub fn commit(&mut self, change: Change) -> BoxFuture<'_, Result<u64, Error>> {
        self.write(change).boxed()
    }

    async fn write(&mut self, change: Change) -> Result<u64, Error> {
        let rows_change = change.of == Of::Rows;
        let (gone, come) = (change.removed.iter(), change.added.iter().map(|new| &new.file));
        let (gone, come): (u64, u64) = (gone.map(|file| file.rows).sum(), come.map(|file| file.rows).sum());
        if !rows_change && gone != come {
            return Err(Error::Lost { table: self.spec.name.into(), gone, come });
        }
        let removals = change.removed.iter().map(|file| Action::Remove(removal(file, change.now_ms, rows_change)));
        let (adds, files): (Vec<_>, Vec<_>) = change.added.into_iter().map(|new| (new.add, new.file)).unzip();
        let adds = adds.into_iter().map(|mut add| {
            add.data_change = rows_change;
            Action::Add(add)
        });
        let actions = removals.chain(adds).collect();
        let transactions = change.marks.iter().map(|mark| Transaction::new(&mark.app, mark.next as i64)).collect();
        let partition_by = self.spec.by_date.then(|| vec!["date".to_owned()]);
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by, predicate: None };
        // Without retries, and so without the library's own idea of which commits do not disturb each other. Old log
        // entries are cleaned up by `tidy`: doing so here would list the log at each commit.
        let properties = CommitProperties::default()
            .with_application_transactions(transactions)
            .with_max_retries(0)
            .with_cleanup_expired_logs(Some(false));
        let commit = async {
            let builder = CommitBuilder::from(properties).with_actions(actions);
            builder.build(Some(self.delta.snapshot()?), self.delta.log_store(), operation).await
        };
        let finished = commit.await.map_err(|cause| refusal(self.spec, cause))?;
        self.delta.state = Some(finished.snapshot());
        self.replace(&change.removed, files);
        Ok(finished.version())
    }
}

fn refusal(spec: &TableSpec, cause: DeltaTableError) -> Error {
    match cause {
        DeltaTableError::Transaction {
            source: TransactionError::MaxCommitAttempts(_) | TransactionError::VersionAlreadyExists(_),
        } => Error::Changed { table: spec.name.into() },
        cause => delta_error(spec, cause),
    }
}

fn removal(file: &DataFile, now_ms: i64, data_change: bool) -> Remove {
    let partition_values: HashMap<_, _> = file.date.iter().map(|date| ("date".into(), Some(date.clone()))).collect();
    Remove {
        path: file.path.clone(),
        data_change,
        deletion_timestamp: Some(now_ms),
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values),
        size: Some(file.bytes as i64),
        ..Remove::default()
    }
}
