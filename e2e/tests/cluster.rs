//! Refining and computing features by the processes of a cluster: what comes of it is what one process makes.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use strata_e2e::{Node, Strata};

const HOSPITAL: [&str; 5] = ["generate", "--patients", "400", "--days", "3"];

const TABLES: [&str; 7] = ["patients", "vitals", "labs", "medications", "adverse_events", "quarantine", "features"];

/// A scheduler and executors on loopback.
struct Cluster {
    url: String,
    _scheduler: Node,
    executors: Vec<Node>,
}

impl Cluster {
    fn start(strata: &Strata, executors: usize, settings: &[&str]) -> Self {
        let scheduler = strata.node(&["cluster", "scheduler", "--bind", "127.0.0.1:0", "--lost-after", "8"]);
        let url = scheduler.text("url");
        let arguments = ["cluster", "executor", "--scheduler", &url, "--slots", "1"];
        let executors = (0..executors).map(|_| strata.node(&[&arguments, settings].concat())).collect();
        Self { url, _scheduler: scheduler, executors }
    }
}

/// Every row of every table, as text. Where a row lies, and when it was written, is no part of it.
fn contents(strata: &Strata, settings: &[&str]) -> Vec<(String, String)> {
    let rows = |table: &str| {
        let sql = format!("SELECT * FROM {table}");
        let answer = strata.run(&[&["query", &sql, "--format", "csv"], settings].concat());
        let mut lines: Vec<&str> = answer.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    TABLES.iter().map(|table| ((*table).to_owned(), rows(table))).collect()
}

fn same(one: &[(String, String)], other: &[(String, String)]) {
    for ((table, one), (_, other)) in one.iter().zip(other) {
        assert!(one.lines().count() > 1, "{table} is empty");
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert!(one == other, "{table}: {} and {} lines, {differs:?}", one.lines().count(), other.lines().count());
    }
}

/// What one process makes of the hospital.
fn embedded() -> Option<Vec<(String, String)>> {
    let strata = Strata::new()?;
    strata.json(&HOSPITAL);
    strata.json(&["refine"]);
    strata.json(&["features"]);
    Some(contents(&strata, &[]))
}

/// A folder that driver and executors share, two executors.
#[test]
fn a_cluster_makes_the_same_silver_and_features() {
    let Some(expected) = embedded() else { return };
    let Some(strata) = Strata::new() else { return };
    let mut cluster = Cluster::start(&strata, 2, &[]);
    strata.json(&HOSPITAL);
    strata.json(&["refine", "--engine", &cluster.url]);
    let engine = format!("cluster.engine={}", cluster.url);
    strata.json(&["features", "--set", &engine]);
    same(&expected, &contents(&strata, &[]));

    let status = strata.json(&["cluster", "status", "--scheduler", &cluster.url]);
    assert_eq!((&status["slots"], status["executors"].as_array().unwrap().len()), (&Value::from(2), 2), "{status}");
    // Who is asked to end says so to the scheduler, and is gone at once.
    assert_eq!(cluster.executors.pop().unwrap().terminate(), Some(0));
    let status = strata.json(&["cluster", "status", "--scheduler", &cluster.url]);
    assert_eq!(status["executors"].as_array().unwrap().len(), 1, "{status}");
}

/// One of two executors is killed while it works: its work is done again.
#[test]
fn a_killed_executor_changes_nothing() {
    let Some(expected) = embedded() else { return };
    let Some(strata) = Strata::new() else { return };
    let mut cluster = Cluster::start(&strata, 2, &[]);
    strata.json(&HOSPITAL);
    for command in ["refine", "features"] {
        let mut driver = strata.command(&[command, "--engine", &cluster.url, "--json"]).spawn().unwrap();
        // It works when it has written a file that no commit names yet, or the driver has ended.
        let tables = strata.folder().join("tables");
        let before = files(&tables);
        while files(&tables) == before && driver.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        cluster.executors.pop().unwrap().kill();
        let arguments = ["cluster", "executor", "--scheduler", &cluster.url, "--slots", "1"];
        cluster.executors.insert(0, strata.node(&arguments));
        assert!(driver.wait().unwrap().success(), "{command}");
    }
    same(&expected, &contents(&strata, &[]));
}

/// The lake in S3, which driver and executors reach each with a key of their own configuration.
#[test]
fn the_lake_may_lie_in_s3() {
    let Some(expected) = embedded() else { return };
    let (Some(store), Some(strata)) = (Strata::new(), Strata::new()) else { return };
    let s3 = store.node(&["s3", "--port", "0"]);
    let key = std::fs::read_to_string(s3.text("credentials")).unwrap();
    let key = |name: &str| {
        let line = key.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches([' ', '=']).trim().to_owned()
    };
    let settings = [
        "infrastructure.objects=s3://artifacts/lake".to_owned(),
        format!("infrastructure.objects_endpoint={}", s3.text("url")),
        format!("infrastructure.objects_access_key_id={}", key("aws_access_key_id")),
        format!("infrastructure.objects_secret_access_key={}", key("aws_secret_access_key")),
        "processing.tables=s3://artifacts/lake/tables".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let cluster = Cluster::start(&strata, 2, &settings);
    let with = |arguments: &[&str]| strata.json(&[arguments, &settings].concat());
    with(&HOSPITAL);
    with(&["refine", "--engine", &cluster.url]);
    with(&["features", "--engine", &cluster.url]);
    same(&expected, &contents(&strata, &settings));
    assert!(!strata.folder().join("tables/vitals").exists(), "the tables lie in S3 alone");
    // Nothing is new, so nothing is done.
    let again = with(&["refine", "--engine", &cluster.url]);
    assert!(again["refined"].as_array().unwrap().iter().all(|topic| topic["records"] == 0), "{again}");
}

/// A wrong word, a wrong place and a cluster without executors are told of, each with what to do.
#[test]
fn what_is_missing_is_told() {
    let Some(strata) = Strata::new() else { return };
    strata.json(&["generate", "--patients", "10", "--days", "1"]);
    let error = strata.refused(&["refine", "--engine", "spark://here:1"], 1);
    assert!(error.contains("ballista://HOST:PORT"), "{error}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("ballista://{}", taken.local_addr().unwrap());
    drop(taken);
    let soon = ["--set", "cluster.patience_seconds=1"];
    let error = strata.refused(&[&["refine", "--engine", &nobody], &soon[..]].concat(), 1);
    assert!(error.contains("strata cluster scheduler"), "{error}");
    let error = strata.refused(&[&["cluster", "executor", "--scheduler", &nobody], &soon[..]].concat(), 1);
    assert!(error.contains("strata cluster scheduler"), "{error}");
    let cluster = Cluster::start(&strata, 0, &[]);
    let error = strata.refused(&[&["refine", "--engine", &cluster.url], &soon[..]].concat(), 1);
    assert!(error.contains("strata cluster executor"), "{error}");
    assert!(!strata.refused(&["cluster", "status", "--scheduler", &cluster.url], 2).contains("error"));
    // Nothing of it is in the way of the work itself.
    strata.json(&["refine"]);
    assert!(strata.number("SELECT count(*) FROM vitals") > 0);
}

/// Whoever is not on this machine is not let in, unless somebody says that the network is private.
#[test]
fn no_port_is_open_to_others() {
    let Some(strata) = Strata::new() else { return };
    let error = strata.refused(&["cluster", "scheduler", "--bind", "0.0.0.0:0"], 1);
    assert!(error.contains("--private-network") && error.contains("cluster.tls_certificate"), "{error}");
    let open = strata.node(&["cluster", "scheduler", "--bind", "0.0.0.0:0", "--private-network"]);
    assert!(open.text("url").starts_with("ballista://0.0.0.0:"));
    assert_eq!(open.terminate(), Some(0));
}

/// Scheduler, executors and driver in network namespaces of their own, as on machines of their own.
#[test]
fn machines_of_their_own_need_only_reach_each_other() {
    let Some(expected) = embedded() else { return };
    let Some(strata) = Strata::new() else { return };
    let Some(network) = Network::new() else {
        return strata_testkit::skip("network namespaces need root and `ip`");
    };
    let start = |at: usize, arguments: &[&str]| strata.node_in(&network.namespace(at), arguments);
    let scheduler = start(0, &["cluster", "scheduler", "--bind", "0.0.0.0:50050", "--private-network"]);
    let url = format!("ballista://{}:50050", Network::address(0));
    let executor =
        ["cluster", "executor", "--scheduler", &url, "--bind", "0.0.0.0:0", "--private-network", "--slots", "1"];
    let executors = [start(1, &executor), start(2, &executor)];
    assert!(executors[0].text("place").starts_with(&Network::address(1)), "{}", executors[0].said);
    strata.json(&HOSPITAL);
    for command in ["refine", "features"] {
        let done = strata.command_in(&network.namespace(3), &[command, "--engine", &url]).status().unwrap();
        assert!(done.success(), "{command}");
    }
    same(&expected, &contents(&strata, &[]));
    drop(scheduler);
}

/// Four namespaces on one bridge, taken away at the end.
struct Network {
    name: String,
}

impl Network {
    fn new() -> Option<Self> {
        let network = Self { name: format!("st{}", std::process::id() % 100_000) };
        let bridge = format!("{}b", network.name);
        let made = ip(&format!("link add {bridge} type bridge")) && ip(&format!("link set {bridge} up"));
        let joined = made
            && (0..4).all(|at| {
                let (space, inside, outside) = (network.namespace(at), "eth0", format!("{}v{at}", network.name));
                ip(&format!("netns add {space}"))
                    && ip(&format!("link add {outside} type veth peer name {inside} netns {space}"))
                    && ip(&format!("link set {outside} master {bridge} up"))
                    && ip(&format!("-n {space} address add {}/24 dev {inside}", Network::address(at)))
                    && ip(&format!("-n {space} link set {inside} up"))
                    && ip(&format!("-n {space} link set lo up"))
            });
        joined.then_some(network)
    }

    fn namespace(&self, at: usize) -> String {
        format!("{}n{at}", self.name)
    }

    fn address(at: usize) -> String {
        format!("10.213.7.{}", at + 1)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for at in 0..4 {
            ip(&format!("netns del {}", self.namespace(at)));
        }
        ip(&format!("link del {}b", self.name));
    }
}

fn ip(arguments: &str) -> bool {
    Command::new("ip").args(arguments.split(' ')).output().is_ok_and(|run| run.status.success())
}

/// How many Parquet files lie below.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| {
            let path = entry.path();
            if path.is_dir() { files(&path) } else { usize::from(path.extension().is_some_and(|end| end == "parquet")) }
        })
        .sum()
}
