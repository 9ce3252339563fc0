//! The levels and the profiles: the one table that the command line, the pages and the documents are made of.

use strata_control::{Level, Profile};

/// From the ground up. A level needs all levels below it.
pub const LEVELS: [Level; 5] = [
    Level {
        number: 0,
        name: "infrastructure",
        purpose: "event log, objects, key-value store, database",
        older_names: &["infra"],
    },
    Level {
        number: 1,
        name: "ingestion",
        purpose: "events in: over HTTP, FHIR and Kafka's protocol, into bronze",
        older_names: &["data-ingestion"],
    },
    Level {
        number: 2,
        name: "processing",
        purpose: "bronze to silver: clean tables, and what was refused",
        older_names: &["data-processing"],
    },
    Level {
        number: 3,
        name: "features",
        purpose: "120 features, point-in-time correct",
        older_names: &["feature-engineering", "feature-store"],
    },
    Level {
        number: 4,
        name: "models",
        purpose: "models trained and calibrated, predictions with their reasons",
        older_names: &["ml-pipeline", "training", "serving"],
    },
];

/// Sets of services that people ask for by a word. Each brings what it needs.
pub const PROFILES: [Profile; 4] = [
    Profile { name: "ingest", services: &["gateway", "landing"] },
    Profile { name: "train", services: &["model"] },
    Profile { name: "serve", services: &["online", "serving"] },
    Profile { name: "full", services: &["s3", "key-value", "database", "gateway", "online", "serving"] },
];
