//! What can be raised.

use std::error::Error;
use std::fmt::Debug;

use futures::future::BoxFuture;
use strata_runtime::Scope;

use crate::Figure;

/// Any error, on its way to a person.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What the end of a service's start means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes on running; it stands once its health says so.
    Running,
    /// It does its work once, and stands when that is done: a migration, a first filling.
    Step,
}

/// Something that is raised, does its work, and is felled.
pub trait Service: Debug + Send + Sync {
    /// Starts it. Whatever goes on running is a member of the scope, and ends when the scope is closed: what it had
    /// taken on is finished, flushed and committed before. A [step](Kind::Step) does its work here.
    ///
    /// May be called again after the scope was closed: that is a restart.
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>>;

    /// Whether it does its work now, found out by doing some (a record written and read back), with the cause if it
    /// does not. Asked again and again, so it must be cheap, and bounded in time by the caller. A step is not asked.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>>;

    /// What the end of its start means.
    fn kind(&self) -> Kind {
        Kind::Running
    }

    /// Where it listens, once it is raised.
    fn port(&self) -> Option<u16> {
        None
    }

    /// Where a person or a client finds it.
    fn url(&self) -> Option<String> {
        None
    }

    /// Bytes that it holds for its work, if it counts them.
    fn memory_bytes(&self) -> Option<u64> {
        None
    }

    /// What it is doing now, if that takes long enough to be told: `training network, epoch 7 of 50`.
    fn doing(&self) -> Option<String> {
        None
    }

    /// Numbers for people who look: rates, lags, sizes.
    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }
}
