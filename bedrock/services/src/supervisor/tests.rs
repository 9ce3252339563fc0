//! A made-up house of services that write down what happens to them.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::*;
use crate::{BoxError, Kind};

const LONG: Duration = Duration::from_secs(20);

fn quick() -> Policy {
    Policy {
        ask_starting: Duration::from_millis(1),
        ask_standing: Duration::from_millis(2),
        answer_within: Duration::from_millis(200),
        start_within: LONG,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(4),
        forgiven_after: LONG,
        grace: Duration::from_millis(50),
    }
}

type Journal = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
struct Made {
    name: &'static str,
    kind: Kind,
    journal: Journal,
    /// What the next starts answer; then all go well.
    starts: Mutex<VecDeque<Start>>,
    /// How often health is denied after a start.
    unwell: AtomicU64,
    ill: AtomicBool,
    /// Falls as soon as it is set.
    trip: tokio::sync::Notify,
    /// Does not hear that it is to end.
    deaf: bool,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    Fails,
    Panics,
}

impl Made {
    fn say(&self, what: &str) {
        self.journal.lock().unwrap().push(format!("{} {what}", self.name));
    }
}

impl Service for Arc<Made> {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            self.say("raised");
            let start = self.starts.lock().unwrap().pop_front();
            match start {
                Some(Start::Fails) => return Err("no disk".into()),
                Some(Start::Panics) => panic!("no hope"),
                None => {}
            }
            if self.kind == Kind::Running {
                let made = Self::clone(self);
                let stopping = scope.token();
                scope.spawn_service("work", async move {
                    if made.deaf {
                        std::future::pending::<()>().await;
                    }
                    tokio::select! {
                        () = stopping.cancelled() => {
                            made.say("ended");
                            Ok(())
                        }
                        () = made.trip.notified() => Err("tripped"),
                    }
                });
            }
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            if self.unwell.load(Ordering::SeqCst) > 0 {
                self.unwell.fetch_sub(1, Ordering::SeqCst);
                return Err("warming up".into());
            }
            if self.ill.load(Ordering::SeqCst) {
                return Err("the disk is full".into());
            }
            self.say("well");
            Ok(())
        }
        .boxed()
    }

    fn kind(&self) -> Kind {
        self.kind
    }
}

struct House {
    supervisor: Supervisor,
    scope: Scope,
    made: BTreeMap<&'static str, Arc<Made>>,
    journal: Journal,
}

/// log <- landing <- refinery, log <- gateway; `migrate` is a step below landing.
fn house(change: impl Fn(&mut Made)) -> House {
    let journal = Journal::default();
    let plan: [(&str, &[&'static str], Kind); 5] = [
        ("log", &[], Kind::Running),
        ("migrate", &["log"], Kind::Step),
        ("landing", &["log", "migrate"], Kind::Running),
        ("refinery", &["landing"], Kind::Running),
        ("gateway", &["log"], Kind::Running),
    ];
    let mut made = BTreeMap::new();
    let mut services: Vec<(Node, Arc<dyn Service>)> = Vec::new();
    for (name, needs, kind) in plan {
        let mut one = Made {
            name,
            kind,
            journal: Arc::clone(&journal),
            starts: Mutex::default(),
            unwell: AtomicU64::new(0),
            ill: AtomicBool::new(false),
            trip: tokio::sync::Notify::new(),
            deaf: false,
        };
        change(&mut one);
        let one = Arc::new(one);
        made.insert(name, Arc::clone(&one));
        services.push((Node { name, needs: needs.to_vec() }, Arc::new(one)));
    }
    let scope = Scope::root("house");
    let supervisor = Supervisor::new(scope.clone(), services, quick()).unwrap();
    House { supervisor, scope, made, journal }
}

impl House {
    async fn raise(&self, names: &[&str]) -> Result<(), NotRaised> {
        self.supervisor.want(names);
        self.supervisor.settled(names, LONG).await
    }

    fn status(&self, name: &str) -> Status {
        self.supervisor.statuses().into_iter().find(|status| status.name == name).unwrap()
    }

    async fn until(&self, name: &str, holds: impl Fn(&Status) -> bool) -> Status {
        let mut entries = self.supervisor.0.entries.subscribe();
        let inner = &self.supervisor.0;
        let wait = entries.wait_for(|entries| holds(&inner.status(name, &entries[name])));
        drop(timeout(LONG, wait).await.expect("it never came to hold"));
        self.status(name)
    }

    fn said(&self) -> Vec<String> {
        let mut said = self.journal.lock().unwrap().clone();
        // Health is asked again and again.
        said.dedup();
        said
    }

    fn place(&self, line: &str) -> usize {
        self.said().iter().position(|said| said == line).unwrap_or_else(|| panic!("no `{line}` in {:?}", self.said()))
    }
}

/// Fault 4: health was "a container of that name exists", and nothing waited between levels.
#[tokio::test]
async fn what_stands_on_a_service_waits_for_its_health() {
    let house = house(|made| *made.unwell.get_mut() = 3);
    house.raise(&["refinery"]).await.unwrap();
    assert!(house.place("log well") < house.place("migrate raised"));
    assert!(house.place("migrate raised") < house.place("landing raised"));
    assert!(house.place("landing well") < house.place("refinery raised"));
    assert_eq!(house.status("refinery").state, State::Healthy);
    assert_eq!(house.status("gateway").state, State::Stopped, "nobody wanted it");
    assert!(house.status("refinery").startup().is_some());
}

/// Fault 3: a level with a one-shot step never counted as running, so every check started it again.
#[tokio::test]
async fn a_step_is_done_once_and_carries() {
    let house = house(|_| {});
    house.raise(&["landing"]).await.unwrap();
    house.raise(&["refinery"]).await.unwrap();
    assert_eq!(house.status("migrate").state, State::Done);
    assert_eq!(house.said().iter().filter(|line| *line == "migrate raised").count(), 1);
}

/// Fault 2: stopping a level left what stood on it standing on nothing.
#[tokio::test]
async fn felling_goes_from_the_top() {
    let house = house(|_| {});
    house.raise(&["refinery", "gateway"]).await.unwrap();
    assert_eq!(house.supervisor.fell(&["landing"]).await, Vec::<String>::new());
    assert!(house.place("refinery ended") < house.place("landing ended"));
    assert_eq!(house.status("landing").state, State::Stopped);
    assert_eq!(house.status("log").state, State::Healthy, "what lies below stays");
    assert_eq!(house.status("gateway").state, State::Healthy, "what stands beside stays");
    house.raise(&["refinery"]).await.unwrap();
    assert_eq!(house.status("refinery").restarts, 0, "to be felled and raised is no fall");
}

#[tokio::test]
async fn who_is_late_is_named() {
    let house = house(|made| made.deaf = made.name == "landing");
    house.raise(&["refinery"]).await.unwrap();
    assert_eq!(house.supervisor.fell(&["log"]).await, ["house/landing/work"]);
    assert!(house.supervisor.statuses().iter().all(|status| status.state == State::Stopped));
}

#[tokio::test]
async fn what_falls_is_raised_again_with_its_cause() {
    let house = house(|_| {});
    house.raise(&["landing"]).await.unwrap();
    house.made["landing"].trip.notify_one();
    let fallen = house.until("landing", |status| status.restarts == 1).await;
    assert_eq!(fallen.restarts, 1);
    let back = house.until("landing", |status| status.state == State::Healthy).await;
    assert_eq!((back.restarts, back.cause), (1, None));
    assert_eq!(house.status("log").restarts, 0, "what lies below did not fall");
    assert!(house.scope.failure().is_some(), "the owner of the scope above hears it too");
}

#[tokio::test]
async fn a_start_that_fails_or_panics_is_tried_again() {
    let house = house(|made| {
        if made.name == "log" {
            *made.starts.get_mut().unwrap() = [Start::Fails, Start::Panics].into();
        }
    });
    house.raise(&["gateway"]).await.unwrap();
    assert_eq!(house.status("log").restarts, 2);
}

#[tokio::test]
async fn ill_health_is_shown_with_its_cause_and_passes() {
    let house = house(|_| {});
    house.raise(&["log"]).await.unwrap();
    house.made["log"].ill.store(true, Ordering::SeqCst);
    let ill = house.until("log", |status| status.state == State::Unhealthy).await;
    assert_eq!(ill.cause.as_deref(), Some("the disk is full"));
    assert_eq!(ill.restarts, 0, "a restart empties no disk");
    house.made["log"].ill.store(false, Ordering::SeqCst);
    let well = house.until("log", |status| status.state == State::Healthy).await;
    assert_eq!(well.cause, None);
}

#[tokio::test]
async fn who_does_not_stand_in_time_is_named_with_why() {
    let house = house(|made| *made.ill.get_mut() = made.name == "landing");
    house.supervisor.want(&["refinery"]);
    house.until("landing", |status| status.cause.is_some()).await;
    let error = house.supervisor.settled(&["refinery"], Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "not healthy in time: landing (the disk is full); refinery (it waits for landing)");
    assert_eq!(house.supervisor.fell(&["log"]).await, Vec::<String>::new(), "what never stood is felled all the same");
}

#[tokio::test]
async fn closing_the_scope_ends_everything() {
    let house = house(|_| {});
    house.raise(&["refinery", "gateway"]).await.unwrap();
    house.scope.close(LONG).await.unwrap();
    assert!(house.place("refinery ended") > 0);
}
