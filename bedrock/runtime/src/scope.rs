//! A supervised, named tree of tasks.
//!
//! Structured concurrency for long-lived services, after two models: restate's `task_kind.rs`, where
//! every task has a name and a rule for what its end means, and omicron's and influxdb's ordered,
//! bounded shutdown. What is kept of them:
//!
//! - **Every task has an owner.** A [`Scope`] is a level, a service, an import; its tasks and child
//!   scopes live no longer than it does.
//! - **Ending early is heard.** An error, a panic, or a [service](Scope::spawn_service) that returns
//!   while nobody asked it to is a [`Failure`]; the owner of the scope hears it, and the owners of
//!   all scopes above.
//! - **A failure fells nothing by itself.** Whoever owns the scope decides: close it, close it and
//!   raise it anew, or go on. A scope fails once; a restart is a new scope. What goes wrong after the
//!   first failure is logged, because nobody may be listening any more.
//! - **Stopping is ordered, bounded and names who is late.** Children end before the scope they stand
//!   on, the last raised first. Who does not end in time is named and, if it can be, aborted.
//!
//! Left out on purpose: restart policies (they belong to the owner), detached tasks, and ending a
//! scope by dropping it: waiting is what matters, and a destructor cannot wait.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

mod failure;
pub use failure::{Cause, Failure, StillRunning};

/// What each scope below a late one is still given after the grace has run out, so that those who
/// were only waiting for their turn are not named with it.
const LAST_WORD: Duration = Duration::from_millis(250);

/// A named group of tasks that are started, watched and ended together. Clones are the same scope.
///
/// ```
/// # use std::time::Duration;
/// # use strata_runtime::Scope;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let root = Scope::root("strata");
/// let serving = root.child("serving");
/// let stopping = serving.token();
/// serving.spawn_service("accept", async move {
///     stopping.cancelled().await;
///     Ok::<_, std::io::Error>(())
/// });
/// root.run_until(async { /* Ctrl-C */ }).await?;
/// root.close(Duration::from_secs(10)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Its name and those of the scopes above, with `/` between.
    path: String,
    parent: Weak<Inner>,
    children: Mutex<Vec<Scope>>,
    token: CancellationToken,
    next_id: AtomicU64,
    /// Tasks by the order in which they started.
    running: watch::Sender<BTreeMap<u64, Member>>,
    failure: watch::Sender<Option<Failure>>,
}

#[derive(Debug)]
struct Member {
    name: String,
    /// `None` until it has started, and for blocking work, which cannot be aborted.
    abort: Option<AbortHandle>,
}

/// What a member may do without being told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Come to its end.
    Task,
    /// Nothing: it runs until its scope is felled.
    Service,
}

/// Growing the tree.
impl Scope {
    /// A tree of its own.
    pub fn root(name: &str) -> Self {
        Self::new(name.to_owned(), Weak::new(), CancellationToken::new())
    }

    /// A scope that stands on this one: it hears this one's cancellation and is closed before it.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let path = format!("{}/{name}", self.0.path);
        let child = Self::new(path, Arc::downgrade(&self.0), self.0.token.child_token());
        self.children().push(child.clone());
        child
    }

    /// The names from the root to this scope, with `/` between.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    fn new(path: String, parent: Weak<Inner>, token: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            path,
            parent,
            children: Mutex::default(),
            token,
            next_id: AtomicU64::new(0),
            running: watch::Sender::default(),
            failure: watch::Sender::default(),
        }))
    }

    fn children(&self) -> MutexGuard<'_, Vec<Self>> {
        // Nothing that can panic runs under this lock.
        self.0.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starting members. A scope that is being closed starts nothing: the work is dropped.
impl Scope {
    /// Starts a task that may come to its end; an error or a panic is a failure.
    pub fn spawn<F, E>(&self, name: &str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        self.start_future(name, Kind::Task, task);
    }

    /// Starts a task that runs until its scope is felled; returning before that is a failure too.
    pub fn spawn_service<F, E>(&self, name: &str, service: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        self.start_future(name, Kind::Service, service);
    }

    /// Starts work that blocks or computes for long, on a thread of its own. It can be told to stop
    /// (it looks at its [token](Scope::token)) but never made to: if it does not, `close` names it.
    pub fn spawn_blocking<F, E>(&self, name: &str, work: F)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let span = tracing::info_span!("task", scope = %self.0.path, name);
        let work = move || span.in_scope(work).map_err(Into::into);
        self.start(name, Kind::Task, || (tokio::task::spawn_blocking(work), None));
    }

    fn start_future<F, E>(&self, name: &str, kind: Kind, future: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let span = tracing::info_span!("task", scope = %self.0.path, name);
        let future = async move { future.await.map_err(Into::into) };
        self.start(name, kind, || {
            let handle = spawn_bare(future.instrument(span));
            let abort = handle.abort_handle();
            (handle, Some(abort))
        });
    }

    fn start(
        &self,
        name: &str,
        kind: Kind,
        spawn: impl FnOnce() -> (JoinHandle<Result<(), Box<dyn Error + Send + Sync>>>, Option<AbortHandle>),
    ) {
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        // Decided under the lock under which `close` looks for members: either this member is seen, or it does not start.
        let entered = self.0.running.send_if_modified(|running| {
            let open = !self.0.token.is_cancelled();
            if open {
                running.insert(id, Member { name: name.to_owned(), abort: None });
            }
            open
        });
        if !entered {
            tracing::debug!(scope = %self.0.path, task = name, "not started: its scope is being closed");
            return;
        }
        let (handle, abort) = spawn();
        self.0.running.send_modify(|running| {
            if let Some(member) = running.get_mut(&id) {
                member.abort = abort;
            }
        });
        let scope = self.clone();
        let name = name.to_owned();
        spawn_bare(async move {
            if let Some(cause) = scope.cause_of_end(kind, handle.await) {
                scope.fail(&Failure { scope: scope.0.path.clone(), task: name, cause });
            }
            scope.0.running.send_modify(|running| {
                running.remove(&id);
            });
        });
    }

    fn cause_of_end(
        &self,
        kind: Kind,
        ended: Result<Result<(), Box<dyn Error + Send + Sync>>, tokio::task::JoinError>,
    ) -> Option<Cause> {
        match ended {
            Ok(Ok(())) if kind == Kind::Service && !self.0.token.is_cancelled() => Some(Cause::Returned),
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Cause::Error(error.into())),
            // Not a panic: `close` aborted it and has named it.
            Err(ended) => ended.try_into_panic().ok().map(|payload| Cause::Panic(failure::panic_text(&*payload))),
        }
    }

    fn fail(&self, failure: &Failure) {
        let first = self.0.failure.send_if_modified(|heard| {
            let first = heard.is_none();
            if first {
                *heard = Some(failure.clone());
            }
            first
        });
        if !first {
            tracing::error!(scope = %self.0.path, %failure, "a further failure");
        }
        if let Some(parent) = self.0.parent.upgrade() {
            Self(parent).fail(failure);
        }
    }
}

/// Listening.
impl Scope {
    /// Cancelled when this scope, or one that it stands on, is being closed. Members watch it.
    pub fn token(&self) -> CancellationToken {
        self.0.token.clone()
    }

    /// Waits for the first failure in this scope or in one that stands on it; at once if there has
    /// been one.
    pub async fn failed(&self) -> Failure {
        let mut heard = self.0.failure.subscribe();
        let failure = heard.wait_for(Option::is_some).await.ok().and_then(|failure| failure.clone());
        match failure {
            Some(failure) => failure,
            // The sender lives in this scope, so the channel never closes while `self` is borrowed.
            None => std::future::pending().await,
        }
    }

    /// The first failure, if there has been one: to be asked after [`close`](Scope::close), which may bring one to light.
    pub fn failure(&self) -> Option<Failure> {
        self.0.failure.borrow().clone()
    }

    /// Waits for `stop` or the first failure, whichever comes first. Ends nothing: `close` does.
    pub async fn run_until(&self, stop: impl Future) -> Result<(), Failure> {
        tokio::select! {
            biased;
            failure = self.failed() => Err(failure),
            _ = stop => Ok(()),
        }
    }

    /// Waits until every member of this scope and of its children has ended by itself, or one fails.
    pub async fn finished(&self) -> Result<(), Failure> {
        self.run_until(self.ended()).await?;
        // The last to end may have failed: its failure is told before its end.
        self.failure().map_or(Ok(()), Err)
    }

    async fn ended(&self) {
        let children = self.children().clone();
        for child in children {
            Box::pin(child.ended()).await;
        }
        self.empty().await;
    }

    async fn empty(&self) {
        let mut running = self.0.running.subscribe();
        // Closed only when the scope is gone, and then it is empty too.
        let _ = running.wait_for(BTreeMap::is_empty).await;
    }
}

/// Felling.
impl Scope {
    /// Ends this scope: first its children, the last raised first and each with all that stands on it,
    /// then its own members. Ready within `grace`, and 250 ms for each scope that waited for a late one.
    ///
    /// Who is late is named, and aborted unless it is blocking work.
    pub async fn close(&self, grace: Duration) -> Result<(), StillRunning> {
        let mut names = Vec::new();
        self.close_by(Instant::now() + grace, &mut names).await;
        if let Some(parent) = self.0.parent.upgrade() {
            Self(parent).children().retain(|child| !Arc::ptr_eq(&child.0, &self.0));
        }
        if names.is_empty() { Ok(()) } else { Err(StillRunning { names }) }
    }

    async fn close_by(&self, deadline: Instant, late: &mut Vec<String>) {
        // One at a time, because a child may still raise others until it is told to end.
        loop {
            let Some(child) = self.children().pop() else { break };
            Box::pin(child.close_by(deadline, late)).await;
        }
        self.0.token.cancel();
        let deadline = deadline.max(Instant::now() + LAST_WORD);
        if timeout_at(deadline, self.empty()).await.is_err() {
            for member in self.0.running.borrow().values() {
                late.push(format!("{}/{}", self.0.path, member.name));
                if let Some(abort) = &member.abort {
                    abort.abort();
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where tasks start: a scope watches them")]
fn spawn_bare<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future)
}

#[cfg(test)]
mod tests;
