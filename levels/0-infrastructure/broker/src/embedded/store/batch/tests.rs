//! Batches as they come and go.

use super::*;

#[test]
fn a_batch_of_one_is_sound_and_gives_its_value_back() {
    for length in [0, 1, 63, 64, 5000] {
        let value = vec![b'x'; length];
        let mut batch = Batch::of_one(&value, 1);
        batch.place(42, Some(1_700_000_000_000));
        let bytes = batch.to_bytes();
        let header = Header::verify(&bytes).unwrap();
        assert_eq!((header.base_offset, header.max_time, header.count), (42, 1_700_000_000_000, 1));
        assert_eq!(only_value(&bytes).unwrap(), value);
        Batch::received(&bytes).unwrap();
    }
}

#[test]
fn damage_anywhere_is_seen() {
    let sound = Batch::of_one(b"seventy-two", 1).to_bytes();
    for at in ATTRIBUTES..sound.len() {
        let mut damaged = sound.to_vec();
        damaged[at] ^= 0x10;
        assert!(Batch::received(&Bytes::from(damaged)).is_err(), "byte {at}");
    }
    for end in 0..sound.len() {
        assert_eq!(Batch::received(&sound.slice(..end)).unwrap_err(), Malformed::Short, "cut at {end}");
    }
    let twice = Bytes::from([&sound[..], &sound[..]].concat());
    assert_eq!(Batch::received(&twice).unwrap_err(), Malformed::Several);
}

#[test]
fn sequence_numbers_start_again() {
    let header = Header { sequence: i32::MAX, last_delta: 1, ..Batch::of_one(b"", 0).header };
    assert_eq!(header.last_sequence(), 0);
}
