//! The embedded store through its port: a million values of 1,000 bytes, half of them noise, in random order.
//!
//! `cargo bench -p strata-key-value --bench store [COUNT]`
#![expect(clippy::print_stdout, reason = "a bench talks to who runs it")]
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use strata_key_value::{Embedded, Entry, KeyValue};
use strata_runtime::clock::System;

const BATCH: u64 = 1_000;
const READS: u64 = 100_000;

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(measure(folder.path(), count));
}

async fn measure(folder: &Path, count: u64) {
    let store = Embedded::open(folder, Arc::new(System)).unwrap();
    // An odd factor visits every number below a power of two once, in no order that a tree would like.
    let span = count.next_power_of_two();
    let shuffled = (0..span).map(|number| number.wrapping_mul(0x9E37_79B1) % span).filter(|number| *number < count);
    let numbers: Vec<u64> = shuffled.collect();

    let start = Instant::now();
    for batch in numbers.chunks(BATCH as usize) {
        store.put_many(batch.iter().map(|number| entry(*number, 1)).collect()).await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("load of {count}, {BATCH} at once, each synced: {:.0}/s", count as f64 / seconds);
    println!("on disk: {} MB; memory: {}", size(folder) >> 20, memory());

    let mut puts = Vec::new();
    for number in numbers.iter().take(500) {
        let start = Instant::now();
        store.put_many(vec![entry(*number, 2)]).await.unwrap();
        puts.push(start.elapsed());
    }
    tell("one put, synced", puts);
    let start = Instant::now();
    let writers = numbers.iter().take(20_000).map(|number| store.put_many(vec![entry(*number, 3)]));
    futures::future::try_join_all(writers).await.unwrap();
    println!("single puts at once, synced together: {:.0}/s", 20_000.0 / start.elapsed().as_secs_f64());

    let mut reads = Vec::new();
    for read in 0..READS {
        let key = key(noise(read) % count);
        let start = Instant::now();
        assert!(store.get(&key).await.unwrap().is_some());
        reads.push(start.elapsed());
    }
    tell("one random read", reads);
    println!("on disk: {} MB; memory: {}", size(folder) >> 20, memory());
    drop(store);
    let start = Instant::now();
    let _again = Embedded::open(folder, Arc::new(System)).unwrap();
    println!("opened again in {:?}", start.elapsed());
}

fn key(number: u64) -> Bytes {
    format!("features/v1/S{number:08}").into()
}

fn entry(number: u64, version: i64) -> Entry {
    let mut value = vec![b'0'; 1_000];
    for (at, chunk) in value[..500].chunks_mut(8).enumerate() {
        let bytes = noise(number ^ ((at as u64) << 40) ^ version.cast_unsigned()).to_le_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
    Entry::new(key(number), version, value)
}

/// `SplitMix64`.
fn noise(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 1_000];
    println!("{what}: p50 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("RssAnon"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
