//! Who is no client of Kafka is shown out, and disturbs nobody.

use strata_broker::embedded::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::Served;

/// Sends bytes; gives what comes back before the connection is closed.
async fn answer_to(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // Closed or reset: both are an end.
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_answered_by_an_end_and_the_broker_stays_well() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings::default()).await;
    let huge_array = [&[0, 0, 0, 17][..], &[0, 3, 0, 8, 0, 0, 0, 1, 0, 0], &[0x7f, 0xff, 0xff, 0xff], &[0; 3]].concat();
    let frames: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
        &[0xff; 64],
        &[0, 0, 0, 4, 1, 2, 3, 4],
        // An API that there is not.
        &[0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 1, 0, 0],
        &huge_array,
    ];
    for frame in frames {
        assert_eq!(answer_to(served.port, frame).await, b"", "{frame:?}");
    }
    // A client that is too new is told what is spoken.
    let too_new = [0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 0, 0];
    let answer = answer_to(served.port, &too_new).await;
    assert_eq!(answer[4..10], [0, 0, 0, 7, 0, 35], "UNSUPPORTED_VERSION and the list");
    served.broker.check().await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_connections() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings { connections: 2, ..Settings::default() }).await;
    let versions = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0, 0];
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
        stream.write_all(&versions).await.unwrap();
        // Answered: it is in.
        stream.read_u32().await.unwrap();
        open.push(stream);
    }
    assert_eq!(answer_to(served.port, &versions).await, b"");
    assert_eq!(served.broker.stats().connections, 2);
    drop(open);
    served.stop().await;
}
