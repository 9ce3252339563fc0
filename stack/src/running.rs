//! A stack that runs: its services under one supervisor, told what to do over a socket, remembered when it is gone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use futures::FutureExt;
use futures::future::BoxFuture;
use strata_console::Window;
use strata_control::{Choice, Controlled, Lock, Memory, StackStatus};
use strata_runtime::Scope;
use strata_services::{Node, Policy, State, Status, Supervisor};
use strata_types::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::folder::Writer;
use crate::services::{Services, View};
use crate::{Stack, Worker, ports};

/// Without a step at work, a start that takes longer is told as it is.
const PATIENCE: Duration = Duration::from_mins(1);
/// A service that fell so often since it was asked for is not waited for.
const TRIES: u32 = 2;
/// How long is listened to the last questions, when everything is felled.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running stack. Whoever holds it is the only one on its folder.
pub struct Running {
    stack: Arc<Stack>,
    services: Services,
    supervisor: Supervisor,
    scope: Scope,
    /// The services that it may raise, in the order of raising.
    within: Vec<&'static str>,
    wanted: Mutex<BTreeSet<&'static str>>,
    /// Held while it is written down what runs.
    remembering: Mutex<()>,
    started_at: Timestamp,
    left: Notify,
    _lock: Lock,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("folder", &self.stack.folder.root()).finish_non_exhaustive()
    }
}

impl Running {
    /// Takes the folder, and listens at its socket. Nothing is raised yet.
    ///
    /// With [`Choice::Only`] there are no other services than the chosen ones in this stack, now or later.
    pub fn start(stack: Stack, worker: &Worker, choice: &Choice, scope: &Scope) -> Result<Arc<Self>> {
        let lock = stack.folder.lock(Writer::Stack, "strata up")?;
        let stack = Arc::new(stack);
        let services = Services::new(&stack, worker)?;
        let within = match choice {
            Choice::Only(_) => services.chart.choose(choice)?,
            _ => services.chart.choose(&Choice::All)?,
        };
        ports::check(&services.chart, &services.chart.choose(choice)?)?;
        let nodes = services.chart.graph().nodes().iter().filter(|node| within.contains(&node.name)).map(|node| {
            let needs = node.needs.iter().copied().filter(|need| within.contains(need)).collect();
            (Node { name: node.name, needs }, Arc::clone(&services.by_name[node.name]))
        });
        let policy = Policy { ask_standing: Duration::from_secs(5), ..Policy::default() };
        let supervisor = Supervisor::new(scope.clone(), nodes.collect(), policy)?;
        let started_at = Timestamp(stack.clock().now_micros());
        services.outlook.open(View {
            chart: services.chart.clone(),
            supervisor: supervisor.clone(),
            data_dir: stack.folder.root().to_owned(),
            started_at,
        });
        let running = Arc::new(Self {
            stack,
            services,
            supervisor,
            scope: scope.clone(),
            within,
            wanted: Mutex::default(),
            remembering: Mutex::default(),
            started_at,
            left: Notify::new(),
            _lock: lock,
        });
        strata_control::serve(running.stack.folder.run(), &scope.child("control"), Arc::clone(&running) as _)?;
        Ok(running)
    }

    /// The services that a choice means here.
    pub fn choose(&self, choice: &Choice) -> Result<Vec<String>> {
        let chosen = self.services.chart.choose(choice)?;
        Ok(chosen.into_iter().map(str::to_owned).collect())
    }

    /// Waits until somebody has asked over the socket that everything be felled, and it is.
    pub async fn left(&self) {
        self.left.notified().await;
    }

    /// Fells everything, the top first, and gives who did not end in time.
    pub async fn fell_all(&self) -> Result<Vec<String>> {
        let late = self.supervisor.fell(&self.within).await;
        self.lock_wanted().clear();
        // What came in is in bronze, and the log is left so that it opens quickly.
        self.services.close().await?;
        self.remember(true);
        Ok(late)
    }

    /// Answers the last questions, and lets go of the socket.
    pub async fn end(&self) {
        let _ = self.scope.close(LAST_WORDS).await;
    }

    fn lock_wanted(&self) -> std::sync::MutexGuard<'_, BTreeSet<&'static str>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names as the supervisor knows them.
    fn known(&self, names: &[String]) -> Result<Vec<&'static str>, String> {
        let known = |name: &String| {
            let member = self.services.chart.service(name).map_err(|error| error.to_string())?;
            if !self.within.contains(&member.name) {
                return Err(format!("`{name}` is not part of this stack, which was raised with --only"));
            }
            Ok(member.name)
        };
        names.iter().map(known).collect()
    }

    fn remember(&self, felled: bool) {
        let _turn = self.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        let statuses = self.supervisor.statuses();
        let memory = Memory {
            pid: std::process::id(),
            started_at: self.started_at,
            wanted: self.lock_wanted().iter().map(|name| (*name).to_owned()).collect(),
            felled,
            startup_seconds: statuses.into_iter().filter_map(|s| Some((s.name, s.startup_seconds?))).collect(),
        };
        if let Err(error) = self.stack.folder.run().remember(&memory) {
            tracing::warn!(%error, "what runs will not be known when this stack is gone");
        }
    }

    async fn raise_known(&self, names: &[&'static str]) -> Result<(), String> {
        let sleeping: Vec<_> = {
            let statuses = self.supervisor.statuses();
            let sleeps = |name: &&str| statuses.iter().any(|s| s.name == *name && s.state == State::Stopped);
            self.supervisor.graph().with_needs(names).into_iter().filter(sleeps).collect()
        };
        ports::check(&self.services.chart, &sleeping).map_err(|error| error.to_string())?;
        self.lock_wanted().extend(names);
        self.remember(false);
        self.supervisor.want(names);
        let settled = self.settle(names).await;
        self.remember(false);
        settled
    }

    /// Waits until all of them carry, or those that do not are not worth waiting for; then says why.
    async fn settle(&self, names: &[&'static str]) -> Result<(), String> {
        let names = self.supervisor.graph().with_needs(names);
        let before: Vec<_> = self.supervisor.statuses().into_iter().map(|s| (s.name, s.restarts)).collect();
        let mut idle_since = Instant::now();
        loop {
            let statuses: Vec<Status> =
                self.supervisor.statuses().into_iter().filter(|s| names.contains(&s.name.as_str())).collect();
            if statuses.iter().all(|status| status.state.carries()) {
                return Ok(());
            }
            if statuses.iter().any(|status| status.doing.is_some()) {
                idle_since = Instant::now();
            }
            let fell = |status: &Status| {
                let restarts =
                    before.iter().find(|(name, _)| *name == status.name).map_or(0, |(_, restarts)| *restarts);
                status.restarts >= restarts + TRIES
            };
            let hopeless: Vec<&str> = statuses.iter().filter(|s| fell(s)).map(|s| s.name.as_str()).collect();
            let lost = self.supervisor.graph().with_dependents(&hopeless);
            let done = statuses.iter().all(|s| s.state.carries() || lost.contains(&s.name.as_str()));
            if done || idle_since.elapsed() > PATIENCE {
                let ill = statuses.iter().filter(|s| !s.state.carries() && s.cause.is_some());
                let told: Vec<_> =
                    ill.map(|s| format!("{}: {}", s.name, s.cause.as_deref().unwrap_or_default())).collect();
                return Err(if told.is_empty() { "not healthy in time".to_owned() } else { told.join("\n") });
            }
            let _ = timeout(Duration::from_secs(1), self.supervisor.changed()).await;
        }
    }
}

impl Controlled for Running {
    fn status(&self) -> StackStatus {
        self.services.outlook.status()
    }

    fn raise<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
        async move { self.raise_known(&self.known(services)?).await }.boxed()
    }

    fn fell<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<Vec<String>, String>> {
        async move {
            let names = self.known(services)?;
            let felled = self.supervisor.graph().with_dependents(&names);
            let late = self.supervisor.fell(&names).await;
            self.lock_wanted().retain(|name| !felled.contains(name));
            if felled.contains(&"log") {
                self.services.close().await.map_err(|error| format!("{error:#}"))?;
            }
            self.remember(false);
            Ok(late)
        }
        .boxed()
    }

    fn leave(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        async move { self.fell_all().await.map_err(|error| format!("{error:#}")) }.boxed()
    }

    fn left(&self) {
        self.left.notify_one();
    }
}
