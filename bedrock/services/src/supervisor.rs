//! Raises services by health, keeps them up, fells them from the top.

mod keeper;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strata_runtime::Scope;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Graph, GraphError, Node, Policy, Service, State, Status};

/// Services that did not become healthy in time, each with why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not healthy in time: {}", .0.iter().map(|(name, cause)| format!("{name} ({cause})")).collect::<Vec<_>>().join("; "))]
pub struct NotRaised(pub Vec<(&'static str, String)>);

/// Keeps a graph of services. Clones are the same supervisor.
///
/// Each wanted service has a keeper, a task of the supervisor's scope, that waits until all that it needs is healthy,
/// raises it in a scope of its own, asks for its health, and raises it again when it falls, after a wait that doubles.
/// What stands on a service that fell stays: it says itself whether it can do its work meanwhile.
#[derive(Clone, Debug)]
pub struct Supervisor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    scope: Scope,
    graph: Graph,
    services: BTreeMap<&'static str, Arc<dyn Service>>,
    policy: Policy,
    entries: watch::Sender<BTreeMap<&'static str, Entry>>,
    /// What ends each keeper.
    stops: Mutex<BTreeMap<&'static str, CancellationToken>>,
}

/// What is known of a service.
#[derive(Clone, Debug)]
struct Entry {
    state: State,
    cause: Option<String>,
    restarts: u32,
    raised: Option<Instant>,
    startup: Option<Duration>,
    /// Members that did not end in time when it was last felled.
    late: Vec<String>,
}

impl Entry {
    const STOPPED: Self =
        Self { state: State::Stopped, cause: None, restarts: 0, raised: None, startup: None, late: Vec::new() };
}

impl Supervisor {
    /// A supervisor of these services, none of them raised. Their tasks will live in this scope.
    pub fn new(scope: Scope, services: Vec<(Node, Arc<dyn Service>)>, policy: Policy) -> Result<Self, GraphError> {
        let graph = Graph::new(services.iter().map(|(node, _)| node.clone()).collect())?;
        let entries = services.iter().map(|(node, _)| (node.name, Entry::STOPPED)).collect();
        let services = services.into_iter().map(|(node, service)| (node.name, service)).collect();
        let entries = watch::Sender::new(entries);
        Ok(Self(Arc::new(Inner { scope, graph, services, policy, entries, stops: Mutex::default() })))
    }

    /// Who needs whom.
    pub fn graph(&self) -> &Graph {
        &self.0.graph
    }

    /// Wants these services and all that they need, and returns at once. Those that are wanted already are left alone.
    pub fn want(&self, names: &[&str]) {
        let mut stops = self.0.stops.lock().unwrap_or_else(PoisonError::into_inner);
        for name in self.0.graph.with_needs(names) {
            if self.0.entries.borrow()[name].state != State::Stopped {
                continue;
            }
            self.0.change(name, |entry| {
                *entry = Entry { state: State::Waiting, startup: entry.startup, ..Entry::STOPPED }
            });
            let stop = CancellationToken::new();
            stops.insert(name, stop.clone());
            keeper::start(&self.0, name, stop);
        }
    }

    /// Waits until these services and all that they need carry, or says who does not and why.
    pub async fn settled(&self, names: &[&str], within: Duration) -> Result<(), NotRaised> {
        let names = self.0.graph.with_needs(names);
        let mut entries = self.0.entries.subscribe();
        let all_carry = entries.wait_for(|entries| names.iter().all(|name| entries[name].state.carries()));
        if timeout(within, all_carry).await.is_ok() {
            return Ok(());
        }
        let entries = self.0.entries.borrow();
        let late = names.iter().filter(|name| !entries[*name].state.carries());
        let why = |name: &&'static str| {
            let entry = &entries[*name];
            let needs = self.0.graph.nodes().iter().find(|node| node.name == *name).map(|node| node.needs.join(", "));
            let cause = match (&entry.cause, entry.state) {
                (Some(cause), _) => cause.clone(),
                (None, State::Waiting) => format!("it waits for {}", needs.unwrap_or_default()),
                (None, _) => "it has not said that it is healthy yet".to_owned(),
            };
            (*name, cause)
        };
        Err(NotRaised(late.map(why).collect()))
    }

    /// Fells these services and all that stands on them, the top first; each finishes what it had taken on. Gives the
    /// names of the tasks that did not end in time.
    pub async fn fell(&self, names: &[&str]) -> Vec<String> {
        let mut late = Vec::new();
        for name in self.0.graph.with_dependents(names) {
            let stop = self.0.stops.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
            let Some(stop) = stop else { continue };
            stop.cancel();
            let mut entries = self.0.entries.subscribe();
            // Its sender lives in this supervisor, so the channel is open.
            if let Ok(entries) = entries.wait_for(|entries| entries[name].state == State::Stopped).await {
                late.extend(entries[name].late.iter().cloned());
            }
        }
        late
    }

    /// Every service as it is now, each after all that it needs.
    pub fn statuses(&self) -> Vec<Status> {
        let entries = self.0.entries.borrow().clone();
        self.0.graph.nodes().iter().map(|node| self.0.status(node.name, &entries[node.name])).collect()
    }

    /// Waits for the next change of any state.
    pub async fn changed(&self) {
        let mut entries = self.0.entries.subscribe();
        entries.mark_unchanged();
        // The channel is open as long as `self` is borrowed.
        let _ = entries.changed().await;
    }
}

impl Inner {
    fn change(&self, name: &'static str, change: impl FnOnce(&mut Entry)) {
        self.entries.send_modify(|entries| {
            if let Some(entry) = entries.get_mut(name) {
                change(entry);
                // What stands has no cause to tell.
                entry.cause = entry.cause.take().filter(|_| !entry.state.carries());
            }
        });
    }

    fn status(&self, name: &str, entry: &Entry) -> Status {
        let service = &self.services[name];
        let runs = matches!(entry.state, State::Starting | State::Healthy | State::Unhealthy);
        Status {
            state: entry.state,
            cause: entry.cause.clone(),
            port: service.port().filter(|_| runs),
            url: service.url().filter(|_| runs),
            memory_bytes: service.memory_bytes().filter(|_| runs),
            restarts: entry.restarts,
            uptime_seconds: entry.raised.filter(|_| runs).map(|raised| raised.elapsed().as_secs_f64()),
            startup_seconds: entry.startup.map(|startup| startup.as_secs_f64()),
            doing: service.doing().filter(|_| runs),
            figures: if runs { service.figures() } else { Vec::new() },
            ..Status::stopped(name)
        }
    }
}

#[cfg(test)]
mod tests;
