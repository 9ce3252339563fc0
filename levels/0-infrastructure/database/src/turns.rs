//! Group commit: many writers, one transaction, one wait for the disk.
//!
//! Writers take turns within a transaction of all of them. Each turn is undone alone if it fails ([a savepoint][s] begins
//! it), and is told that it is kept only when the whole is committed. A group ends when nobody waits for a turn, so one
//! writer alone waits for nobody, and a thousand wait for the disk as long as one does.
//!
//! [s]: https://www.sqlite.org/lang_savepoint.html

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::Executor;
use tokio::sync::{mpsc, oneshot};

use crate::{Database, Error, SqlError, Transaction};

/// How many may wait for their turn before others wait to be let in.
const WAITING: usize = 1024;
/// How many turns a group has at most.
const TURNS: usize = 1024;
/// How long a group goes on giving turns: nobody is answered before it is committed.
const LONGEST: Duration = Duration::from_millis(20);

/// Where turns are asked for. Clones ask the same.
#[derive(Clone)]
pub struct Turns {
    asking: mpsc::Sender<Asked>,
    location: Arc<str>,
}

/// Who gives turns; he must be run.
#[derive(Debug)]
pub struct TurnKeeper {
    asked: mpsc::Receiver<Asked>,
    database: Database,
}

/// A transaction, as far as its holder is concerned: dropped, what was done in it is undone.
pub struct Turn {
    transaction: Option<Transaction>,
    back: Option<oneshot::Sender<Back>>,
    location: Arc<str>,
}

type Asked = oneshot::Sender<Result<Turn, Error>>;

/// What comes back from a turn.
struct Back {
    transaction: Transaction,
    /// Who waits to be told that it is kept; nobody, if it is to be undone.
    kept: Option<Kept>,
}

type Kept = oneshot::Sender<Result<(), Error>>;

impl Database {
    /// Turns at writing, for those who would otherwise wait for the disk one after the other. What is written by
    /// [`write`](Self::write) meanwhile keeps out of their way, and they of its.
    pub fn turns(&self) -> (Turns, TurnKeeper) {
        let (asking, asked) = mpsc::channel(WAITING);
        (Turns { asking, location: self.location().into() }, TurnKeeper { asked, database: self.clone() })
    }
}

impl Turns {
    /// Waits for a turn. Make it short: everybody waits for its end.
    pub async fn write(&self) -> Result<Turn, Error> {
        let (give, take) = oneshot::channel();
        let ended = || Error::Ended { location: self.location.to_string() };
        self.asking.send(give).await.map_err(|_| ended())?;
        take.await.map_err(|_| ended())?
    }
}

impl Turn {
    /// Ends the turn, and returns when what was done in it is on the disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (told, hears) = oneshot::channel();
        self.end(Some(told));
        hears.await.unwrap_or_else(|_| Err(Error::Ended { location: self.location.to_string() }))
    }

    fn end(&mut self, kept: Option<Kept>) {
        if let (Some(transaction), Some(back)) = (self.transaction.take(), self.back.take()) {
            // Nobody takes it back if the keeper is gone: it is dropped, which undoes all of the group.
            let _ = back.send(Back { transaction, kept });
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end(None);
    }
}

const HELD: &str = "a turn holds its transaction until it ends";

impl Deref for Turn {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        self.transaction.as_ref().expect(HELD)
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Transaction {
        self.transaction.as_mut().expect(HELD)
    }
}

impl TurnKeeper {
    /// Gives turns until nobody can ask for one any more.
    pub async fn run(mut self) {
        while let Some(first) = self.asked.recv().await {
            self.group(first).await;
        }
    }

    async fn group(&mut self, first: Asked) {
        let mut transaction = match self.database.write().await {
            Ok(transaction) => transaction,
            Err(error) => return drop(first.send(Err(error))),
        };
        let (mut kept, mut next, began) = (Vec::new(), Some(first), Instant::now());
        while let Some(asked) = next {
            // As long as nothing is kept, all can be undone.
            let alone = kept.is_empty();
            let taken = self.turn(transaction, asked, alone).await;
            match taken {
                Ok((back, told)) => {
                    transaction = back;
                    let undone = told.is_none();
                    kept.extend(told);
                    if alone && undone {
                        return drop(transaction.rollback().await);
                    }
                }
                Err(cause) => return self.tell(kept, Err(cause)),
            }
            let on = kept.len() < TURNS && began.elapsed() < LONGEST;
            next = if on { self.asked.try_recv().ok() } else { None };
        }
        let committed = transaction.commit().await;
        self.tell(kept, committed);
    }

    /// Lends the transaction out, and sees to it that what comes back is as if the turn was not, or is to be kept. What
    /// goes wrong here goes wrong for all of the group.
    async fn turn(
        &self,
        mut transaction: Transaction,
        asked: Asked,
        alone: bool,
    ) -> Result<(Transaction, Option<Kept>), SqlError> {
        if !alone {
            transaction.execute(sqlx::raw_sql("SAVEPOINT turn")).await?;
        }
        let (back, comes) = oneshot::channel();
        let location = self.database.location().into();
        // If nobody takes the turn, it comes back at once.
        let _ = asked.send(Ok(Turn { transaction: Some(transaction), back: Some(back), location }));
        let Ok(Back { mut transaction, kept }) = comes.await else { return Err(SqlError::WorkerCrashed) };
        if !alone {
            let end = if kept.is_some() { "RELEASE turn" } else { "ROLLBACK TO turn" };
            transaction.execute(sqlx::raw_sql(end)).await?;
            if kept.is_none() {
                transaction.execute(sqlx::raw_sql("RELEASE turn")).await?;
            }
        }
        Ok((transaction, kept))
    }

    fn tell(&self, kept: Vec<Kept>, outcome: Result<(), SqlError>) {
        let outcome = outcome.map_err(Arc::new);
        for told in kept {
            let outcome =
                outcome.clone().map_err(|cause| Error::Commit { location: self.database.location().to_owned(), cause });
            // Who does not listen any more has what he asked for all the same.
            let _ = told.send(outcome);
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("location", &self.location).finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("location", &self.location).finish_non_exhaustive()
    }
}
