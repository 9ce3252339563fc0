//! What a caller says of what it did, in the words of IHE ATNA and FHIR's `AuditEvent`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strata_types::PatientId;

/// No text of a record is longer, in characters: a log of errors is another thing.
const LONGEST: usize = 300;
/// No record names more entities.
const MOST: usize = 64;

/// One thing that was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(crate) who: Agent,
    pub(crate) what: String,
    pub(crate) action: Action,
    pub(crate) on: Vec<Entity>,
    pub(crate) outcome: Outcome,
    pub(crate) detail: Option<String>,
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Entry {
    /// Somebody did something, and it went well.
    pub fn new(who: Agent, what: &str, action: Action) -> Self {
        let (on, counts) = (Vec::new(), BTreeMap::new());
        Self { who, what: bounded(what), action, on, outcome: Outcome::Success, detail: None, counts }
    }

    /// On this; the first 64 are kept.
    #[must_use]
    pub fn on(mut self, entity: Entity) -> Self {
        if self.on.len() < MOST {
            self.on.push(entity);
        }
        self
    }

    /// It did not go well, and why: the first line of an error, without data of patients.
    #[must_use]
    pub fn failed(mut self, outcome: Outcome, why: &str) -> Self {
        self.outcome = outcome;
        self.detail = Some(bounded(why.lines().next().unwrap_or_default()));
        self
    }

    /// How many of something.
    #[must_use]
    pub fn count(mut self, of: &str, number: u64) -> Self {
        self.counts.insert(bounded(of), number);
        self
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub(crate) kind: AgentKind,
    pub(crate) name: String,
}

impl Agent {
    /// An agent by name.
    pub fn new(kind: AgentKind, name: &str) -> Self {
        Self { kind, name: bounded(name) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What kind of agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentKind {
    /// A person, by the name of the account.
    Person,
    /// Whoever holds an API token, by the token's name.
    Token,
    /// Nobody that could be known: a caller on this machine without a token.
    Anonymous,
    /// A part of Strata itself.
    Service,
}

/// What was done, as FHIR's `AuditEvent.action` divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Something came to be.
    Create,
    /// Something was looked at.
    Read,
    /// Something was changed.
    Update,
    /// Something was removed.
    Delete,
    /// Something was run.
    Execute,
}

/// How it ended, as FHIR's `AuditEvent.outcome` divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Well.
    Success,
    /// Refused or done in part; the caller can set it right.
    MinorFailure,
    /// Not done.
    SeriousFailure,
    /// Not done, and the system is not available.
    MajorFailure,
}

/// What it was done on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    pub(crate) kind: EntityKind,
    pub(crate) id: String,
}

impl Entity {
    /// A patient, by the pseudonym.
    pub fn patient(patient_id: &PatientId) -> Self {
        Self { kind: EntityKind::Patient, id: patient_id.as_str().to_owned() }
    }

    /// The folder that holds all data.
    pub fn data_folder(path: &str) -> Self {
        Self { kind: EntityKind::DataFolder, id: bounded(path) }
    }

    /// A topic of events.
    pub fn topic(name: &str) -> Self {
        Self { kind: EntityKind::Topic, id: bounded(name) }
    }

    /// A training run.
    pub fn run(id: &str) -> Self {
        Self { kind: EntityKind::Run, id: bounded(id) }
    }

    /// An experiment of the registry, by its id or name.
    pub fn experiment(id: &str) -> Self {
        Self { kind: EntityKind::Experiment, id: bounded(id) }
    }

    /// A registered model, or a prompt.
    pub fn model(name: &str) -> Self {
        Self { kind: EntityKind::Model, id: bounded(name) }
    }

    /// Somebody who may come in.
    pub fn user(name: &str) -> Self {
        Self { kind: EntityKind::User, id: bounded(name) }
    }

    /// A trace of a program's work.
    pub fn trace(id: &str) -> Self {
        Self { kind: EntityKind::Trace, id: bounded(id) }
    }

    /// Where events are sent.
    pub fn webhook(id: &str) -> Self {
        Self { kind: EntityKind::Webhook, id: bounded(id) }
    }

    /// A service or level.
    pub fn service(name: &str) -> Self {
        Self { kind: EntityKind::Service, id: bounded(name) }
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> EntityKind {
        self.kind
    }

    /// Which one it is.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The kinds of things that are acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is said by its constructor in `Entity`")]
pub enum EntityKind {
    Patient,
    DataFolder,
    Topic,
    Run,
    Experiment,
    Model,
    User,
    Trace,
    Webhook,
    Service,
}

impl EntityKind {
    /// Its name in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::DataFolder => "data-folder",
            Self::Topic => "topic",
            Self::Run => "run",
            Self::Experiment => "experiment",
            Self::Model => "model",
            Self::User => "user",
            Self::Trace => "trace",
            Self::Webhook => "webhook",
            Self::Service => "service",
        }
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
