//! A way in for the fuzzer (`cargo xtask fuzz body`): what a body's bytes go through, without the request around them.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use strata_types::{Event, Timestamp};

use crate::body::{Batch, Packing, Splitter, Unpacker};
use crate::intake::{EVENTS, Intake};
use crate::pseudonym::Pseudonyms;

/// The longest record, in bytes: short, so that too long ones are found soon.
const LONGEST: usize = 512;
/// What is unpacked at most, in bytes: a few can become gigabytes.
const MOST: usize = 256 * 1024;
/// 2026-03-01T12:00:00Z.
const NOON: Timestamp = Timestamp(1_772_366_400_000_000);

/// Without and with a key of pseudonyms.
static INTAKES: LazyLock<[Intake; 2]> =
    LazyLock::new(|| [None, Some(Pseudonyms::new(&[7; 32]))].map(|key| Intake::new(key, Arc::default())));

/// Unpacks, cuts and judges a body, and panics where one of the gateway's promises does not hold.
///
/// The first byte chooses packing (2 bits), form and key (a bit each) and topic; the second is the size of the chunks in
/// which the rest arrives.
pub fn body(input: &[u8]) {
    let [choice, chunk, body @ ..] = input else { return };
    let packing = [Packing::Identity, Packing::Gzip, Packing::Zstd][usize::from(choice & 3) % 3];
    let topic = EVENTS[usize::from(choice >> 4) % EVENTS.len()];
    let form = if choice & 4 == 0 { Splitter::lines } else { Splitter::json };
    let whole = records(packing, form(topic, LONGEST), body, body.len());
    let cut = records(packing, form(topic, LONGEST), body, usize::from(*chunk));
    assert_eq!(whole, cut, "the chunks make a difference");
    if let Some(batch) = whole {
        judge(&INTAKES[usize::from(choice >> 3 & 1)], &batch);
    }
}

/// The records of a body that comes in chunks of this size; `None` if it cannot be unpacked or is too long.
fn records(packing: Packing, mut splitter: Splitter, body: &[u8], chunk: usize) -> Option<Batch> {
    let mut unpacker = Unpacker::new(packing).ok()?;
    let (mut batch, mut buffer, mut unpacked) = (Batch::default(), [0; 4096], 0);
    let mut chunks = body.chunks(chunk.max(1));
    loop {
        match unpacker.read(&mut buffer).ok()? {
            0 => match chunks.next() {
                Some(chunk) => unpacker.feed(Bytes::copy_from_slice(chunk)),
                None => break,
            },
            bytes => {
                unpacked += bytes;
                splitter.push(&buffer[..bytes], &mut batch);
            }
        }
        if unpacked > MOST {
            return None;
        }
    }
    unpacker.end();
    loop {
        match unpacker.read(&mut buffer).ok()? {
            0 => break,
            bytes => splitter.push(&buffer[..bytes], &mut batch),
        }
    }
    splitter.finish(&mut batch);
    Some(batch)
}

fn judge(intake: &Intake, batch: &Batch) {
    let judged = intake.judge(batch, NOON);
    let became = judged.records.len() + judged.duplicates.len() + judged.rejected.len();
    assert_eq!(became, batch.pieces.len(), "each record becomes one thing");
    for record in judged.records {
        assert!(!record.line.contains(&b'\n'), "a record is one line");
        let read = Event::parse(record.topic, &record.line);
        assert!(read.is_ok_and(|event| *event.patient_id() == record.patient_id), "what enters can be read");
    }
}

#[cfg(test)]
mod tests {
    /// What the fuzzer starts from, and what it found once, holds.
    #[test]
    fn the_seeds_hold() {
        for seed in strata_testkit::fuzz_seeds("body") {
            super::body(&seed);
        }
    }
}
