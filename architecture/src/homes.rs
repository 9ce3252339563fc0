//! Heavy dependencies stay at home: each is named by the crates that exist to keep it from the rest.

use crate::Crate;

/// A dependency, the only crates that may name it, and why.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    /// The dependency.
    pub dependency: &'static str,
    /// Who may name it.
    pub homes: &'static [&'static str],
    /// Why nobody else may.
    pub reason: &'static str,
}

const LAKE: &[&str] = &["strata-lakehouse"];
const LOG: &[&str] = &["strata-broker"];
const HTTP: &[&str] = &[
    "strata-http",
    "strata-gateway",
    "strata-feature-server",
    "strata-serving",
    "strata-artifacts",
    "strata-registry",
    "strata-registry-ui",
    "strata-tracking",
    "strata-console",
];
const METRICS: &[&str] = &["strata-gateway", "strata-feature-server", "strata-serving", "strata-stack"];
const KEY_VALUE: &[&str] = &["strata-key-value"];
const COMMAND: &[&str] = &["strata"];

/// All of them.
pub const HOMES: &[Home] = &[
    Home { dependency: "datafusion", homes: LAKE, reason: "a long build, and its types change with every release" },
    Home { dependency: "deltalake", homes: LAKE, reason: "a table's log is written in one place" },
    Home { dependency: "ballista-core", homes: LAKE, reason: "a cluster's words and types end at the batch jobs" },
    Home { dependency: "ballista-executor", homes: LAKE, reason: "a cluster's words and types end at the batch jobs" },
    Home { dependency: "ballista-scheduler", homes: LAKE, reason: "a cluster's words and types end at the batch jobs" },
    Home { dependency: "tonic", homes: LAKE, reason: "gRPC is the cluster's; everything else is spoken over HTTP" },
    Home {
        dependency: "parquet",
        homes: &["strata-lakehouse", "strata-sources"],
        reason: "how files are laid out is the lake's business; the sources read and write the sets of others that are Parquet (MEDS)",
    },
    Home { dependency: "csv", homes: &["strata-sources"], reason: "tables of others end at the sources" },
    Home {
        dependency: "object_store",
        homes: &["strata-objects", "strata-lakehouse", "strata-artifacts"],
        reason: "objects are its face for everyone else; the table format and streams of artifacts ask for it by name",
    },
    Home { dependency: "rdkafka", homes: LOG, reason: "a C library, and one way to any log" },
    Home { dependency: "kafka-protocol", homes: LOG, reason: "Kafka's words end at the wire" },
    Home { dependency: "s3s", homes: &["strata-s3"], reason: "S3 is spoken in one place" },
    Home { dependency: "fjall", homes: KEY_VALUE, reason: "which store it is, is decided behind the port" },
    Home { dependency: "redis", homes: KEY_VALUE, reason: "which store it is, is decided behind the port" },
    Home { dependency: "sqlx", homes: &["strata-database"], reason: "what it is asked with, the database gives on" },
    Home { dependency: "burn", homes: &["strata-training"], reason: "what was trained is served without it" },
    Home {
        dependency: "prost",
        homes: &["strata-model", "strata-registry"],
        reason: "ONNX is spoken in one place, and OpenTelemetry's spans are heard in one",
    },
    Home { dependency: "axum", homes: HTTP, reason: "HTTP ends at the edge" },
    Home { dependency: "utoipa", homes: HTTP, reason: "the contract stands beside the handlers that keep it" },
    Home {
        dependency: "prometheus-client",
        homes: METRICS,
        reason: "metrics are defined where they are scraped, or where all services are seen",
    },
    Home {
        dependency: "hmac",
        homes: &["strata-gateway", "strata-artifacts", "strata-registry"],
        reason: "pseudonyms are made at the door, addresses of S3 are signed where they are given out, and messages where \
                 they are sent",
    },
    Home { dependency: "subtle", homes: &["strata-gateway"], reason: "secrets are compared at the door" },
    Home {
        dependency: "flate2",
        homes: &["strata-gateway", "strata-sources", "strata-refinery", "strata-registry"],
        reason: "gzip is what others send and publish; Strata's own files are compressed with zstd",
    },
    Home {
        dependency: "maud",
        homes: &["strata-console", "strata-evaluation"],
        reason: "there are two pages: the status and the model report",
    },
    Home { dependency: "clap", homes: COMMAND, reason: "arguments end at the command" },
    Home { dependency: "indicatif", homes: COMMAND, reason: "only the command has a terminal" },
    Home {
        dependency: "comfy-table",
        homes: &["strata", "strata-lakehouse"],
        reason: "only the command has a terminal; the lake draws a query's rows as it also writes them as CSV and JSON",
    },
];

/// The crates that name a dependency whose home they are not, in tests too: a test's build is as long.
pub fn violations(crates: &[Crate], homes: &[Home]) -> Vec<String> {
    let mut found = Vec::new();
    for user in crates {
        for edge in &user.dependencies {
            for home in homes.iter().filter(|home| home.dependency == edge.name) {
                if !home.homes.contains(&user.name.as_str()) {
                    let (homes, reason) = (home.homes.join(" and "), home.reason);
                    found.push(format!("{} names {}, which lives in {homes}: {reason}", user.name, edge.name));
                }
            }
        }
    }
    found
}

/// Homes that are no crates, so that a renamed crate does not leave its rule behind.
pub fn homes_that_are_gone(crates: &[Crate], homes: &[Home]) -> Vec<String> {
    let exists = |name: &str| crates.iter().any(|known| known.name == name);
    let named = homes.iter().flat_map(|home| home.homes.iter().map(|name| (home.dependency, *name)));
    named.filter(|(_, name)| !exists(name)).map(|(used, name)| format!("{name}, the home of {used}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::made_up::{member, tested_with};

    #[test]
    fn a_heavy_dependency_away_from_home_is_caught() {
        let at_home = member("levels/2-processing/lakehouse", "strata-lakehouse", &["datafusion", "serde"]);
        let away = member("levels/3-features/feature-store", "strata-feature-store", &["datafusion"]);
        let in_tests = tested_with(member("levels/4-models/model", "strata-model", &[]), "deltalake");
        assert_eq!(violations(std::slice::from_ref(&at_home), HOMES), Vec::<String>::new());
        assert_eq!(
            violations(&[at_home, away, in_tests], HOMES),
            [
                "strata-feature-store names datafusion, which lives in strata-lakehouse: a long build, and its types \
                 change with every release",
                "strata-model names deltalake, which lives in strata-lakehouse: a table's log is written in one place",
            ]
        );
    }

    #[test]
    fn a_home_that_is_gone_is_caught() {
        let homes = [Home { dependency: "burn", homes: &["strata-training"], reason: "" }];
        assert_eq!(homes_that_are_gone(&[], &homes), ["strata-training, the home of burn"]);
    }
}
