//! Jobs on a cluster in this process: a scheduler and executors on loopback, each as its own process has it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, BinaryArray, RecordBatch, UInt64Array};
use arrow::datatypes::UInt64Type;
use async_trait::async_trait;
use bytes::Bytes;
use strata_lakehouse::batch::{Address, Cluster, Engine, Error, Failure, Job, Jobs, Partition};
use strata_lakehouse::cluster::{self, Door, Executor, Scheduler, Settings, Tls};
use strata_runtime::Scope;

const LOST_AFTER: Duration = Duration::from_secs(8);
const PATIENCE: Duration = Duration::from_secs(20);

/// Gives each number as many bytes as it says, and the sum of the numbers with the parameter's length.
#[derive(Debug, Default)]
struct Inflate {
    runs: AtomicUsize,
}

#[async_trait]
impl Job for Inflate {
    fn name(&self) -> &'static str {
        "inflate"
    }

    async fn run(&self, parameters: &[u8], partition: Partition) -> Result<Partition, Failure> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut given = Vec::new();
        for batch in &partition {
            for number in batch.column(0).as_primitive::<UInt64Type>().values() {
                if *number == 13 {
                    return Err("13 brings \"bad\" luck:\nnobody may have it \\ not here".into());
                }
                let bytes = vec![*number as u8; *number as usize];
                let sum: ArrayRef = Arc::new(UInt64Array::from(vec![number + parameters.len() as u64]));
                let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![&bytes]));
                given.push(RecordBatch::try_from_iter([("sum", sum), ("bytes", bytes)])?);
            }
        }
        Ok(given)
    }
}

/// A cluster that ends with its test.
struct Processes {
    scope: Scope,
    address: SocketAddr,
    tls: Option<Tls>,
    work: tempfile::TempDir,
}

impl Processes {
    async fn start(tls: Option<Tls>) -> Self {
        let scope = Scope::root("cluster");
        let scheduler = Scheduler::bind(&door(tls.clone()), LOST_AFTER).await.unwrap();
        let address = scheduler.address();
        let stop = scope.token();
        scope.spawn("scheduler", async move { scheduler.run(stop.cancelled()).await });
        Self { scope, address, tls, work: tempfile::tempdir().unwrap() }
    }

    async fn executor(&self, name: &str, slots: usize) -> (Scope, Arc<Inflate>) {
        let job = Arc::new(Inflate::default());
        let settings = Settings {
            scheduler: self.address.to_string(),
            door: door(self.tls.clone()),
            host: None,
            slots,
            work: self.work.path().join(name),
            patience: PATIENCE,
        };
        let jobs = Jobs::new([Arc::clone(&job) as Arc<dyn Job>]);
        let executor = Executor::start(&settings, jobs).await.unwrap();
        let scope = self.scope.child(name);
        let stop = scope.token();
        scope.spawn(name, async move { executor.run(stop.cancelled(), |_| {}).await });
        (scope, job)
    }

    fn engine(&self, patience: Duration) -> Engine {
        Engine::Cluster(Cluster::new(&self.address.to_string(), self.tls.clone(), patience))
    }
}

fn door(tls: Option<Tls>) -> Door {
    Door { address: (Ipv4Addr::LOCALHOST, 0).into(), tls, is_private: false }
}

fn numbers(numbers: &[u64]) -> Partition {
    if numbers.is_empty() {
        return Vec::new();
    }
    let numbers: ArrayRef = Arc::new(UInt64Array::from(numbers.to_vec()));
    vec![RecordBatch::try_from_iter([("number", numbers)]).unwrap()]
}

async fn run(engine: &Engine, partitions: &[Partition]) -> Result<Vec<Partition>, Error> {
    engine.run(Arc::new(Inflate::default()), Bytes::from_static(b"four"), partitions.to_vec(), &mut |_| {}).await
}

/// What a cluster gives is what this process gives: empty partitions, many batches, and more bytes than a message takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_gives_what_this_process_gives() {
    let processes = Processes::start(None).await;
    let (_a, first) = processes.executor("a", 1).await;
    let (_b, second) = processes.executor("b", 2).await;
    let partitions: Vec<_> =
        [vec![1, 2, 3], vec![], vec![9_000_000, 5], vec![0], vec![7; 300]].iter().map(|n| numbers(n)).collect();
    let here = run(&Engine::Embedded, &partitions).await.unwrap();
    let there = run(&processes.engine(PATIENCE), &partitions).await.unwrap();
    assert_eq!(here, there);
    assert_eq!(here[1], Vec::<RecordBatch>::new());
    // They did it, each partition once.
    assert_eq!(first.runs.load(Ordering::Relaxed) + second.runs.load(Ordering::Relaxed), partitions.len());
    assert_eq!(processes.engine(PATIENCE).width().await.unwrap(), 3);
    assert!(run(&processes.engine(PATIENCE), &[]).await.unwrap().is_empty());
}

/// A job that gives up says why, in its own words, and is not tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_keeps_its_words() {
    let processes = Processes::start(None).await;
    let (_a, job) = processes.executor("a", 1).await;
    let partitions = [numbers(&[13])];
    let here = run(&Engine::Embedded, &partitions).await.unwrap_err().to_string();
    let there = run(&processes.engine(PATIENCE), &partitions).await.unwrap_err().to_string();
    assert_eq!(here, there);
    assert_eq!(job.runs.load(Ordering::Relaxed), 1);
    assert!(here.starts_with("job `inflate`: 13 brings \"bad\" luck:\nnobody"), "{here}");
}

/// Whoever is not there is told of in a bounded time; whoever comes late is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_waited_for_in_vain() {
    let processes = Processes::start(None).await;
    let soon = Duration::from_millis(300);
    let error = run(&processes.engine(soon), &[numbers(&[1])]).await.unwrap_err();
    assert!(matches!(error, Error::NoExecutors { .. }), "{error}");
    assert!(error.to_string().contains("strata cluster executor --scheduler ballista://127.0.0.1:"), "{error}");

    let (engine, work) = (processes.engine(PATIENCE), [numbers(&[1])]);
    let waiting = run(&engine, &work);
    let (given, _executor) = tokio::join!(waiting, processes.executor("late", 1));
    assert_eq!(given.unwrap().len(), 1);

    // A port that somebody took and does not listen on.
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let place = taken.local_addr().unwrap().to_string();
    drop(taken);
    let error = run(&Engine::Cluster(Cluster::new(&place, None, soon)), &[numbers(&[1])]).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("strata cluster scheduler"), "{error}");
}

/// An executor that ends before its results are fetched takes nothing with it: what is missing is done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_executor_that_leaves_is_done_without() {
    let processes = Processes::start(None).await;
    let (leaving, _) = processes.executor("leaving", 1).await;
    let partitions: Vec<_> = (0..40).map(|number| numbers(&[number + 100; 20])).collect();
    let here = run(&Engine::Embedded, &partitions).await.unwrap();
    let engine = processes.engine(PATIENCE);
    let leaves = async {
        let staying = processes.executor("staying", 1).await;
        leaving.close(PATIENCE).await.unwrap();
        staying
    };
    let (there, _staying) = tokio::join!(run(&engine, &partitions), leaves);
    assert_eq!(here, there.unwrap());
}

/// With certificates, whoever has none of the cluster's authority neither asks nor works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_stay_outside() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(ours), Some(theirs)) =
        (certificates(&folder.path().join("ours")), certificates(&folder.path().join("theirs")))
    else {
        return strata_testkit::skip("there is no `openssl` to make certificates with");
    };
    let processes = Processes::start(Some(ours.clone())).await;
    let _executor = processes.executor("a", 1).await;
    assert_eq!(run(&processes.engine(PATIENCE), &[numbers(&[1])]).await.unwrap().len(), 1);
    let place = processes.address.to_string();
    for stranger in [None, Some(theirs)] {
        let engine = Engine::Cluster(Cluster::new(&place, stranger, Duration::from_millis(300)));
        let error = run(&engine, &[numbers(&[1])]).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    }
    // With certificates others may come in; without, they may not.
    let everywhere = |tls| Door { address: (Ipv4Addr::UNSPECIFIED, 0).into(), tls, is_private: false };
    assert!(Scheduler::bind(&everywhere(Some(ours)), LOST_AFTER).await.is_ok());
    let refused = Scheduler::bind(&everywhere(None), LOST_AFTER).await.unwrap_err();
    assert!(matches!(refused, cluster::Error::Exposed(_)), "{refused}");
}

#[test]
fn engines_have_addresses() {
    for (text, place) in [
        ("", None),
        ("embedded", None),
        ("ballista://10.0.0.7:50050", Some("10.0.0.7:50050")),
        ("ballista://scheduler.strata.svc:50050/", Some("scheduler.strata.svc:50050")),
        ("ballista://[::1]:50050", Some("[::1]:50050")),
    ] {
        let address: Address = text.parse().unwrap();
        assert_eq!(address, place.map_or(Address::Embedded, |place| Address::Cluster(place.to_owned())), "{text}");
        assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }
    for text in ["spark://host:7077", "ballista://host", "ballista://host:0", "ballista://:50050", "ballista://u@h:1/x"]
    {
        let error = text.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains("ballista://HOST:PORT"), "{error}");
    }
}

/// A member's certificate of an authority of its own.
fn certificates(folder: &Path) -> Option<Tls> {
    std::fs::create_dir_all(folder).unwrap();
    let openssl = |arguments: &str| {
        let run = std::process::Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
        run.ok().filter(|run| run.status.success()).map(|_| ())
    };
    std::fs::write(folder.join("member.ext"), "subjectAltName=DNS:strata-cluster\n").unwrap();
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=authority -keyout ca.key -out ca.crt",
    )?;
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=member -keyout member.key -out member.csr",
    )?;
    openssl(
        "x509 -req -in member.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile member.ext -out member.crt",
    )?;
    let file = |name: &str| folder.join(name);
    Some(Tls::read(&file("ca.crt"), &file("member.crt"), &file("member.key")).unwrap())
}
