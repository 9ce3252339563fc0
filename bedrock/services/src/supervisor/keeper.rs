//! The life of one service, from being wanted to being felled.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use strata_runtime::Scope;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Entry, Inner};
use crate::{BoxError, Kind, Service, State};

/// How a life ended, if nobody ended it.
enum End {
    /// A step has done its work.
    Done,
    /// It fell: why, and whether it had been healthy for long.
    Fell { cause: String, forgiven: bool },
}

/// Starts the keeper of a service.
pub(super) fn start(inner: &Arc<Inner>, name: &'static str, stop: CancellationToken) {
    let keeper = Keeper { inner: Arc::clone(inner), name, stop };
    inner.scope.spawn(&format!("keep {name}"), async move {
        keeper.keep().await;
        Ok::<_, BoxError>(())
    });
}

struct Keeper {
    inner: Arc<Inner>,
    name: &'static str,
    stop: CancellationToken,
}

impl Keeper {
    async fn keep(self) {
        let mut in_a_row = 0;
        let mut late = Vec::new();
        while self.unless_stopped(self.needs()).await.is_some() {
            let scope = self.inner.scope.child(self.name);
            let end = self.unless_stopped(self.live(&scope)).await;
            if let Some(End::Done) = end {
                self.unless_stopped(std::future::pending::<()>()).await;
            }
            if self.stop.is_cancelled() {
                self.change(|entry| entry.state = State::Stopping);
            }
            let closed = scope.close(self.inner.policy.grace).await;
            late = closed.err().map(|late| late.names).unwrap_or_default();
            let Some(End::Fell { cause, forgiven }) = end else { break };
            tracing::warn!(service = self.name, cause, "fell; it will be raised again");
            self.change(|entry| {
                entry.state = State::Failed;
                entry.cause = Some(cause);
                entry.restarts += 1;
            });
            in_a_row = if forgiven { 0 } else { in_a_row };
            if self.unless_stopped(sleep(self.inner.policy.wait(in_a_row))).await.is_none() {
                break;
            }
            in_a_row += 1;
            self.change(|entry| entry.state = State::Waiting);
        }
        self.change(|entry| *entry = Entry { startup: entry.startup, late, ..Entry::STOPPED });
    }

    /// `None` when the service is being felled.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let whole = self.inner.scope.token();
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = whole.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// Waits until all that the service needs carries.
    async fn needs(&self) {
        let graph = &self.inner.graph;
        let needs = graph.nodes().iter().find(|node| node.name == self.name).map(|node| node.needs.as_slice());
        let needs = needs.unwrap_or_default();
        let mut entries = self.inner.entries.subscribe();
        // The sender lives as long as the supervisor, which outlives this task.
        let _ = entries.wait_for(|entries| needs.iter().all(|need| entries[need].state.carries())).await;
    }

    async fn live(&self, scope: &Scope) -> End {
        let mut healthy_since = None;
        match self.raise_and_watch(scope, &mut healthy_since).await {
            Ok(()) => End::Done,
            Err(cause) => {
                let forgiven_after = self.inner.policy.forgiven_after;
                End::Fell {
                    cause,
                    forgiven: healthy_since.is_some_and(|since: Instant| since.elapsed() >= forgiven_after),
                }
            }
        }
    }

    /// Ends well when a step is done, and with the cause when the service fell.
    async fn raise_and_watch(&self, scope: &Scope, healthy_since: &mut Option<Instant>) -> Result<(), String> {
        let service = Arc::clone(&self.inner.services[self.name]);
        let (policy, began) = (self.inner.policy, Instant::now());
        self.change(|entry| {
            entry.state = State::Starting;
            entry.raised = Some(began);
        });
        let stands = |state| {
            self.change(|entry| {
                entry.state = state;
                entry.startup = Some(began.elapsed());
            });
        };
        let raising = unpanicked(service.raise(scope.clone())).instrument(span(scope, "raise"));
        if service.kind() == Kind::Step {
            // A step takes the time that its work takes.
            raising.await?;
            stands(State::Done);
            return Ok(());
        }
        let late = || format!("it did not start within {:.1} s", policy.start_within.as_secs_f64());
        timeout(policy.start_within, raising).await.map_err(|_| late())??;
        while let Err(cause) = self.ask(service.as_ref(), scope).await? {
            if began.elapsed() > policy.start_within {
                return Err(cause);
            }
            self.change(|entry| entry.cause = Some(cause));
            sleep(policy.ask_starting).await;
        }
        *healthy_since = Some(Instant::now());
        stands(State::Healthy);
        loop {
            if let Ok(failure) = timeout(policy.ask_standing, scope.failed()).await {
                return Err(failure.to_string());
            }
            let answer = self.ask(service.as_ref(), scope).await?;
            self.change(|entry| {
                entry.state = if answer.is_ok() { State::Healthy } else { State::Unhealthy };
                entry.cause = answer.err();
            });
        }
    }

    /// Asks for its health; the outer error is the failure of one of its tasks.
    async fn ask(&self, service: &dyn Service, scope: &Scope) -> Result<Result<(), String>, String> {
        let within = self.inner.policy.answer_within;
        tokio::select! {
            biased;
            failure = scope.failed() => Err(failure.to_string()),
            answer = timeout(within, unpanicked(service.health()).instrument(span(scope, "health"))) => {
                Ok(answer.unwrap_or_else(|_| Err(format!("no answer within {:.1} s", within.as_secs_f64()))))
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Entry)) {
        self.inner.change(self.name, change);
    }
}

/// What a service says while it is raised or asked is its own, not its keeper's.
fn span(scope: &Scope, name: &str) -> tracing::Span {
    tracing::info_span!("task", scope = %scope.path(), name)
}

/// A panic of a service is its failure, not its keeper's.
async fn unpanicked(work: impl Future<Output = Result<(), BoxError>>) -> Result<(), String> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done.map_err(|error| with_causes(&*error)),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(format!("panicked: {}", text.unwrap_or_default()))
        }
    }
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
