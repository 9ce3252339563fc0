//! A record batch, as Kafka lays it out (message format 2): what the log has to know of it.
//!
//! The records themselves stay opaque, compressed or not. Of the header (61 bytes) the log sets the base offset, the
//! leader epoch and, where the log's own time counts, the time stamps; it verifies the checksum once, on the way in.
//! Layout: Kafka's documentation, "Record Batch". The checksum (CRC-32C) covers everything from the attributes on, so
//! that the offset can be set without a second pass; the time stamps lie behind it, and the checksum of header and
//! records is put together from its two parts.

use bytes::Bytes;

/// Bytes of a batch's header.
pub(crate) const HEADER: usize = 61;
/// Bytes before the part that `length` counts: base offset and length.
const PREFIX: usize = 12;

const LENGTH: usize = 8;
const LEADER_EPOCH: usize = 12;
const MAGIC: usize = 16;
const CRC: usize = 17;
const ATTRIBUTES: usize = 21;
const LAST_DELTA: usize = 23;
const BASE_TIME: usize = 27;
const MAX_TIME: usize = 35;
const PRODUCER: usize = 43;
const EPOCH: usize = 51;
const SEQUENCE: usize = 53;
const COUNT: usize = 57;

const LOG_APPEND_TIME: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;

/// What a batch's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Offset of the first record.
    pub(crate) base_offset: i64,
    /// Bytes of the whole batch, header included.
    pub(crate) size: usize,
    /// Offset of the last record less that of the first.
    pub(crate) last_delta: i32,
    attributes: i16,
    /// Milliseconds since the epoch.
    pub(crate) base_time: i64,
    /// Milliseconds since the epoch, of the newest record.
    pub(crate) max_time: i64,
    /// Who sent it; negative when the sender does not number its batches.
    pub(crate) producer: i64,
    pub(crate) epoch: i16,
    /// Number of the first record among those that its sender wrote to the partition.
    pub(crate) sequence: i32,
    /// Records.
    pub(crate) count: i32,
    crc: u32,
}

/// Why bytes are no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// The batch ends before it should.
    #[error("the batch is cut off")]
    Short,
    /// The batch is of an older format.
    #[error("message format {0} is not spoken here; send format 2 (clients of Kafka 0.11 and later do)")]
    Format(i8),
    /// The checksum does not match.
    #[error("the batch's checksum does not match its bytes: it was damaged on its way")]
    Checksum,
    /// The header contradicts itself.
    #[error("the batch's header contradicts itself")]
    Header,
    /// There is something behind the batch.
    #[error("more than one batch for a partition in one request")]
    Several,
    /// It belongs to a transaction.
    #[error("this log has no transactions; produce without transactional.id")]
    Transactional,
}

impl Header {
    /// Reads the header at the start of the bytes; says nothing of the records.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() < HEADER {
            return Err(Malformed::Short);
        }
        let magic = bytes[MAGIC] as i8;
        if magic != 2 {
            return Err(Malformed::Format(magic));
        }
        let length = i32::from_be_bytes(array(bytes, LENGTH));
        let header = Self {
            base_offset: i64::from_be_bytes(array(bytes, 0)),
            size: PREFIX + usize::try_from(length).map_err(|_| Malformed::Header)?,
            last_delta: i32::from_be_bytes(array(bytes, LAST_DELTA)),
            attributes: i16::from_be_bytes(array(bytes, ATTRIBUTES)),
            base_time: i64::from_be_bytes(array(bytes, BASE_TIME)),
            max_time: i64::from_be_bytes(array(bytes, MAX_TIME)),
            producer: i64::from_be_bytes(array(bytes, PRODUCER)),
            epoch: i16::from_be_bytes(array(bytes, EPOCH)),
            sequence: i32::from_be_bytes(array(bytes, SEQUENCE)),
            count: i32::from_be_bytes(array(bytes, COUNT)),
            crc: u32::from_be_bytes(array(bytes, CRC)),
        };
        let sound = header.size >= HEADER && header.count > 0 && header.last_delta == header.count - 1;
        let sound = sound && (header.producer < 0 || (header.epoch >= 0 && header.sequence >= 0));
        if sound && header.base_offset >= 0 { Ok(header) } else { Err(Malformed::Header) }
    }

    /// Reads a whole batch at the start of the bytes and verifies its checksum.
    pub(crate) fn verify(bytes: &[u8]) -> Result<Self, Malformed> {
        let header = Self::read(bytes)?;
        let batch = bytes.get(..header.size).ok_or(Malformed::Short)?;
        if crc32c::crc32c(&batch[ATTRIBUTES..]) == header.crc { Ok(header) } else { Err(Malformed::Checksum) }
    }

    /// The offset after the last record.
    pub(crate) fn next_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_delta) + 1
    }

    /// The sender's number of the last record. Numbers start again at 0 after the greatest.
    pub(crate) fn last_sequence(&self) -> i32 {
        ((i64::from(self.sequence) + i64::from(self.last_delta)) & i64::from(i32::MAX)) as i32
    }
}

/// A whole batch on its way into the log: verified, its place still to be given.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) header: Header,
    /// The header's bytes, of which the log sets some.
    head: [u8; HEADER],
    records: Bytes,
    records_crc: u32,
}

impl Batch {
    /// Takes what a client sent for a partition.
    pub(crate) fn received(bytes: &Bytes) -> Result<Self, Malformed> {
        let mut head = array::<HEADER>(bytes.get(..HEADER).ok_or(Malformed::Short)?, 0);
        // Clients are free to send any base offset; the log gives it.
        head[..LENGTH].fill(0);
        let header = Header::read(&head)?;
        if bytes.len() != header.size {
            return Err(if bytes.len() < header.size { Malformed::Short } else { Malformed::Several });
        }
        if header.attributes & (TRANSACTIONAL | CONTROL) != 0 {
            return Err(Malformed::Transactional);
        }
        let records = bytes.slice(HEADER..);
        let records_crc = crc32c::crc32c(&records);
        let crc = crc32c::crc32c_combine(crc32c::crc32c(&head[ATTRIBUTES..]), records_crc, records.len());
        if crc != header.crc {
            return Err(Malformed::Checksum);
        }
        Ok(Self { header, head, records, records_crc })
    }

    /// A batch of one record without a key, sent by nobody who numbers.
    pub(crate) fn of_one(value: &[u8], time_ms: i64) -> Self {
        let records = Bytes::from(record(value));
        let mut head = [0; HEADER];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(LENGTH, &((HEADER - PREFIX + records.len()) as i32).to_be_bytes());
        put(MAGIC, &[2]);
        put(BASE_TIME, &time_ms.to_be_bytes());
        put(MAX_TIME, &time_ms.to_be_bytes());
        put(PRODUCER, &(-1_i64).to_be_bytes());
        put(EPOCH, &(-1_i16).to_be_bytes());
        put(SEQUENCE, &(-1_i32).to_be_bytes());
        put(COUNT, &1_i32.to_be_bytes());
        let records_crc = crc32c::crc32c(&records);
        let crc = crc32c::crc32c_combine(crc32c::crc32c(&head[ATTRIBUTES..]), records_crc, records.len());
        head[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        let header = Header::read(&head).expect("a header that was just laid out");
        Self { header, head, records, records_crc }
    }

    /// Gives the batch its place in the log and, if the log's own time counts, its time (ms since the epoch).
    pub(crate) fn place(&mut self, base_offset: i64, log_time_ms: Option<i64>) {
        self.head[..LENGTH].copy_from_slice(&base_offset.to_be_bytes());
        self.head[LEADER_EPOCH..MAGIC].copy_from_slice(&0_i32.to_be_bytes());
        if let Some(time) = log_time_ms {
            let attributes = self.header.attributes | LOG_APPEND_TIME;
            self.head[ATTRIBUTES..LAST_DELTA].copy_from_slice(&attributes.to_be_bytes());
            self.head[MAX_TIME..PRODUCER].copy_from_slice(&time.to_be_bytes());
            let crc = crc32c::crc32c(&self.head[ATTRIBUTES..]);
            let crc = crc32c::crc32c_combine(crc, self.records_crc, self.records.len());
            self.head[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        }
        self.header = Header::read(&self.head).expect("a header stays one when its offset and time are set");
    }

    /// The batch as it lies in the log: header and records.
    pub(crate) fn parts(&self) -> (&[u8], &[u8]) {
        (&self.head, &self.records)
    }

    /// Both parts in one piece.
    #[cfg(test)]
    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut whole = Vec::with_capacity(self.header.size);
        whole.extend_from_slice(&self.head);
        whole.extend_from_slice(&self.records);
        Bytes::from(whole)
    }
}

/// The value of the only record of a batch that [`Batch::of_one`] made.
pub(crate) fn only_value(batch: &Bytes) -> Option<Bytes> {
    let mut at = HEADER;
    let mut varint = || {
        let (value, used) = read_varint(batch.get(at..)?)?;
        at += used;
        Some(value)
    };
    let _length = varint()?;
    let _attributes = varint()?;
    let (_time, _offset, _key) = (varint()?, varint()?, varint()?);
    let length = usize::try_from(varint()?).ok()?;
    (batch.len() >= at + length).then(|| batch.slice(at..at + length))
}

/// A record without key and headers: length, attributes, time and offset deltas, key length -1, value, header count.
fn record(value: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 1];
    put_varint(&mut body, value.len() as i64);
    body.extend_from_slice(value);
    body.push(0);
    let mut record = Vec::with_capacity(body.len() + 5);
    put_varint(&mut record, body.len() as i64);
    record.extend_from_slice(&body);
    record
}

/// Zigzag, seven bits a byte, the lowest first.
fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_varint(bytes: &[u8]) -> Option<(i64, usize)> {
    let mut raw = 0_u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        raw |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(((raw >> 1) as i64 ^ -((raw & 1) as i64), at + 1));
        }
    }
    None
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

#[cfg(test)]
pub(crate) mod made_up {
    use super::*;

    /// A batch of `count` records whose bytes are `payload`, numbered by `producer` from `sequence` on.
    pub(crate) fn batch(count: i32, payload: &[u8], producer: i64, epoch: i16, sequence: i32) -> Bytes {
        let mut batch = Batch::of_one(payload, 7).to_bytes().to_vec();
        let mut put = |at: usize, bytes: &[u8]| batch[at..at + bytes.len()].copy_from_slice(bytes);
        put(LAST_DELTA, &(count - 1).to_be_bytes());
        put(COUNT, &count.to_be_bytes());
        put(PRODUCER, &producer.to_be_bytes());
        put(EPOCH, &epoch.to_be_bytes());
        put(SEQUENCE, &sequence.to_be_bytes());
        let crc = crc32c::crc32c(&batch[ATTRIBUTES..]);
        batch[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        Bytes::from(batch)
    }
}

#[cfg(test)]
mod tests;
