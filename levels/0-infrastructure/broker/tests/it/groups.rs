//! A group shares its topics, and goes on from where it has committed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use strata_broker::client::{Consumer, ConsumerSettings, Owner, Start};
use strata_broker::embedded::Settings;

use crate::world::{SOON, Served};

#[derive(Debug, Default)]
struct Owned {
    starts: Mutex<Vec<(String, i32)>>,
    revoked: Mutex<Vec<(String, i32)>>,
}

impl Owner for Owned {
    fn start(&self, topic: &str, partition: i32) -> Start {
        self.starts.lock().unwrap().push((topic.to_owned(), partition));
        Start::Committed
    }

    fn revoked(&self, partitions: &[(String, i32)]) {
        self.revoked.lock().unwrap().extend_from_slice(partitions);
    }
}

fn member(served: &Served, owner: &Arc<Owned>) -> Consumer {
    let settings = ConsumerSettings { session: Duration::from_secs(6), ..ConsumerSettings::default() };
    let owner: Arc<dyn Owner> = Arc::<Owned>::clone(owner);
    Consumer::subscribe(&served.options(), &settings, "landing", &["vitals"], owner).unwrap()
}

async fn read_some(consumer: &Consumer, into: &mut Vec<(i32, i64)>) {
    consumer
        .take(1000, Duration::from_millis(100), |record| into.push((record.partition, record.offset)))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_share_partitions_and_their_successor_goes_on_where_they_committed() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings::default()).await;
    let producer = served.producer();
    for number in 0..1600 {
        let key = format!("P{number}");
        producer.post("vitals", Some(key.as_bytes()), b"{}").await.unwrap();
    }
    assert_eq!(producer.flush().await.delivered, 1600);

    let (first_owner, second_owner) = (Arc::new(Owned::default()), Arc::new(Owned::default()));
    let first = member(&served, &first_owner);
    let mut read = Vec::new();
    while read.len() < 1600 {
        read_some(&first, &mut read).await;
    }
    assert_eq!(first.assignment().len(), 16);
    // All of partition 3, half of partition 5, and nothing else.
    let half = read.iter().filter(|(partition, _)| *partition == 5).count() as i64 / 2;
    let all = read.iter().filter(|(partition, _)| *partition == 3).count() as i64;
    first.commit(&[("vitals", 3, all), ("vitals", 5, half)]).await.unwrap();

    let second = member(&served, &second_owner);
    let mut again = Vec::new();
    while first.assignment().len() != 8 || second.assignment().len() != 8 {
        read_some(&first, &mut again).await;
        read_some(&second, &mut again).await;
    }
    assert_eq!(first_owner.revoked.lock().unwrap().len(), 16, "everything is given back before it is shared anew");
    let shared: BTreeSet<_> = first.assignment().into_iter().chain(second.assignment()).collect();
    assert_eq!(shared.len(), 16);
    drop((first, second));
    served.stop().await;

    // Committed offsets outlive the broker's process.
    let served = Served::start(folder.path(), Settings::default()).await;
    let third = member(&served, &Arc::new(Owned::default()));
    let (mut rest, expected) = (Vec::new(), 1600 - (all + half) as usize);
    while rest.len() < expected {
        let taken = third.take(1000, SOON, |record| rest.push((record.partition, record.offset)));
        assert!(taken.await.unwrap() > 0, "{} of {expected}", rest.len());
    }
    assert!(rest.iter().all(|(partition, _)| *partition != 3));
    assert_eq!(rest.iter().filter(|(partition, _)| *partition == 5).map(|(_, offset)| *offset).min(), Some(half));
    assert_eq!(rest.len(), expected);
    drop(third);
    served.stop().await;
}
