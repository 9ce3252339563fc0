//! Clients that others wrote: `e2e/python/check_broker.py`.

use std::process::Command;

use strata_broker::embedded::Settings;

use crate::world::Served;

#[tokio::test(flavor = "multi_thread")]
async fn confluent_kafka_and_kafka_python_produce_consume_and_share() {
    let Some(python) = strata_testkit::python() else { return };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../e2e/python/check_broker.py");
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings::default()).await;
    let mut command = Command::new(python);
    command.arg(script).arg(format!("127.0.0.1:{}", served.port));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    served.broker.check().await.unwrap();
    served.stop().await;
}
