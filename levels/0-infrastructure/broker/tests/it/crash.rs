//! A broker's process is killed while records are on their way, again and again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use strata_broker::client::{Options, Producer, ProducerSettings};
use strata_broker::embedded::{Broker, Settings};
use strata_runtime::{Scope, clock};
use tokio::net::TcpListener;

use crate::world::read;

const FOLDER: &str = "STRATA_TEST_BROKER_FOLDER";
const PORT: &str = "STRATA_TEST_BROKER_PORT";
const RECORDS: usize = 60_000;
const KILLS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_record_is_there_once_however_often_the_broker_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), 0);
    let address = process.address;
    let options = Options::new(address.to_string());
    let settings = ProducerSettings { queue_records: 20_000, ..ProducerSettings::default() };
    let producer = Producer::new(&options, &settings).unwrap();
    let sender = producer.clone();
    let sending = async {
        let mut deliveries = Vec::new();
        for number in 0..RECORDS {
            let (key, payload) = (format!("P{}", number % 997), format!("{number} {}", "x".repeat(270)));
            deliveries.push(sender.send("vitals", Some(key.as_bytes()), payload.as_bytes()).await.unwrap());
        }
        deliveries
    };
    let killing = async {
        for kill in 1..=KILLS {
            // In the midst of it: some are acknowledged, some in the log and not acknowledged, some on their way.
            while (producer.tally().delivered as usize) < RECORDS * kill / (KILLS + 2) {
                tokio::task::yield_now().await;
            }
            process.kill();
            process = Process::start(folder.path(), address.port());
        }
    };
    let (deliveries, ()) = tokio::join!(sending, killing);

    let mut acknowledged = BTreeMap::new();
    for (number, delivery) in deliveries.into_iter().enumerate() {
        let at = delivery.await.expect("the broker came back each time");
        assert_eq!(acknowledged.insert((at.partition, at.offset), number), None, "two records in one place");
    }
    // Once more, so that what is read comes from the disk.
    process.kill();
    let process = Process::start(folder.path(), address.port());
    let rows = read(&options, "vitals", 16, RECORDS).await;
    assert_eq!(rows.len(), RECORDS, "nothing is there twice");
    for row in rows {
        let text = String::from_utf8(row.payload).unwrap();
        let number: usize = text.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(acknowledged.get(&(row.partition, row.offset)), Some(&number));
    }
    drop(process);
}

/// Not a test: what the child process runs. It never ends by itself.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn process_that_serves() {
    let (folder, port) = (std::env::var_os(FOLDER).unwrap(), std::env::var(PORT).unwrap());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        // Small segments: what is killed is often at the turn from one to the next.
        let settings = Settings { segment_bytes: 256 << 10, ..Settings::default() };
        let broker = Broker::open(Path::new(&folder), settings, Arc::new(clock::System)).unwrap();
        let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
        let address = broker.serve(&Scope::root("broker"), listener).unwrap();
        println!("\nserving {address}");
        std::future::pending::<()>().await;
    });
}

struct Process {
    process: Child,
    address: SocketAddr,
}

impl Process {
    fn start(folder: &Path, port: u16) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a running test knows itself"))
            .args(["--exact", "crash::process_that_serves", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .env(PORT, port.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this binary runs");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("serving ")?.parse().ok());
        Self { address: address.expect("the process serves"), process }
    }

    /// Kills it as `kill -9` does.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone, unless an assertion failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
