//! How much memory a large artifact takes on its way up and down: as much as a small one. A process of its own, because
//! memory is the process's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use strata_artifacts::{Artifacts, router};
use strata_objects::S3;
use strata_runtime::{Scope, memory};

const MEBIBYTE: usize = 1 << 20;
/// What the two ways together may take: their buffers, and what the allocator keeps of them.
const ALLOWED: u64 = 48 << 20;

/// One gibibyte, up and down again, into a directory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_artifact_takes_no_more_memory_than_a_small_one() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(&folder.path().display().to_string(), &S3::default()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let scope = Scope::root("test");
    let stop = scope.token().cancelled_owned();
    let serve = axum::serve(listener, router(artifacts)).with_graceful_shutdown(stop);
    scope.spawn("server", async move { serve.await });

    round_trip(address, 1).await;
    let Some(before) = memory::peak_bytes() else { return };
    let begun = Instant::now();
    round_trip(address, 1_024).await;
    let grown = memory::peak_bytes().unwrap() - before;
    println!("1 GiB up and down in {:?}, {:.1} MiB more at the peak", begun.elapsed(), grown as f64 / MEBIBYTE as f64);
    assert!(grown < ALLOWED, "{} MiB", grown >> 20);
    scope.close(std::time::Duration::from_secs(10)).await.unwrap();
}

async fn round_trip(address: SocketAddr, mebibytes: usize) {
    let there_and_back = move || {
        let mut client = TcpStream::connect(address).unwrap();
        let path = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/large.bin";
        let size = mebibytes * MEBIBYTE;
        write!(client, "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n").unwrap();
        let piece = |number: usize| (number as u64).to_le_bytes().repeat(MEBIBYTE / 8);
        for number in 0..mebibytes {
            client.write_all(&piece(number)).unwrap();
        }
        assert!(head(&mut client).starts_with("HTTP/1.1 200"));
        write!(client, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(head(&mut client).contains(&format!("content-length: {size}")));
        let mut read = vec![0; MEBIBYTE];
        for number in 0..mebibytes {
            client.read_exact(&mut read).unwrap();
            assert!(read == piece(number), "mebibyte {number}");
        }
    };
    tokio::task::spawn_blocking(there_and_back).await.unwrap();
}

/// The head of an answer, to the empty line.
fn head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
