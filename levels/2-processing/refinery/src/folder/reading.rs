//! A reading of the contract: from a line, and as the 64 bytes that it is kept in between the passes.
//!
//! A line of memory each: the id (16 bytes where it is a UUID as such are written), the patient, the source, the two times, and
//! the six vitals as the digits that came. What does not fit (another id, more digits) lies in the chunk's heap.

use std::borrow::Cow;

use serde::Deserialize;
use strata_types::Timestamp;
use strata_types::unit::ucum;
use uuid::Uuid;

use super::store::Chunk;
use crate::parse::own_id;
use crate::scan::{Clock, Decimal, Fields, Scalar};

/// The vitals, in the order of the contract.
pub(super) const VITALS: [&str; 6] =
    ["heart_rate", "blood_pressure_systolic", "blood_pressure_diastolic", "respiratory_rate", "spo2", "temperature"];

/// The members of a line, in the order in which they are expected.
pub(super) const MEMBERS: usize = 12;
pub(super) static FIELDS: Fields<MEMBERS> = Fields::new([
    "event_id\"",
    "patient_id\"",
    "timestamp\"",
    "ingested_at\"",
    "source\"",
    "heart_rate\"",
    "blood_pressure_systolic\"",
    "blood_pressure_diastolic\"",
    "respiratory_rate\"",
    "spo2\"",
    "temperature\"",
    "temperature_unit\"",
]);

/// A reading as a line gives it.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    /// The sender's id; else the line's own.
    pub(super) event_id: Option<&'a [u8]>,
    pub(super) patient: &'a [u8],
    pub(super) source: &'a [u8],
    pub(super) time: i64,
    /// `None` is before every time.
    pub(super) ingested_at: Option<i64>,
    vitals: [Given; 6],
    unit: Unit,
}

/// A vital as it came.
#[derive(Clone, Copy, Debug)]
enum Given {
    Nothing,
    Digits(Decimal),
    Value(f64),
}

/// The unit of a temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Celsius,
    Fahrenheit,
    Unknown,
}

impl Unit {
    fn of(text: &[u8]) -> Self {
        match text {
            b"Cel" => Self::Celsius,
            b"[degF]" => Self::Fahrenheit,
            other => match std::str::from_utf8(other).map(ucum) {
                Ok("Cel") => Self::Celsius,
                Ok("[degF]") => Self::Fahrenheit,
                _ => Self::Unknown,
            },
        }
    }
}

/// A line that is read by the definition, `serde_json`.
#[derive(Debug, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default)]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    patient_id: Cow<'a, str>,
    timestamp: Timestamp,
    #[serde(default)]
    ingested_at: Option<Timestamp>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(default)]
    heart_rate: Option<f64>,
    #[serde(default)]
    blood_pressure_systolic: Option<f64>,
    #[serde(default)]
    blood_pressure_diastolic: Option<f64>,
    #[serde(default)]
    respiratory_rate: Option<f64>,
    #[serde(default)]
    spo2: Option<f64>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(borrow, default)]
    temperature_unit: Option<Cow<'a, str>>,
}

const UNKNOWN_SOURCE: &[u8] = b"unknown";

impl Line<'_> {
    /// The line as a reading; `None` where it is none: an array is no object, and an empty id is nobody's.
    pub(super) fn read(text: &[u8]) -> Option<Line<'_>> {
        let is_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let line: Line<'_> = serde_json::from_slice(text).ok().filter(|_| is_object)?;
        (!line.patient_id.is_empty()).then_some(line)
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        let vitals = [
            self.heart_rate,
            self.blood_pressure_systolic,
            self.blood_pressure_diastolic,
            self.respiratory_rate,
            self.spo2,
            self.temperature,
        ];
        Reading {
            event_id: self.event_id.as_deref().map(str::as_bytes),
            patient: self.patient_id.as_bytes(),
            source: self.source.as_deref().map_or(UNKNOWN_SOURCE, str::as_bytes),
            time: self.timestamp.0,
            ingested_at: self.ingested_at.map(|time| time.0),
            vitals: vitals.map(|vital| vital.map_or(Given::Nothing, Given::Value)),
            unit: self.temperature_unit.as_deref().map_or(Unit::Celsius, |unit| Unit::of(unit.as_bytes())),
        }
    }
}

impl<'a> Reading<'a> {
    /// The members of a line as a reading; `None` when the definition has to decide.
    #[inline]
    pub(super) fn of(members: &[Scalar<'a>; MEMBERS], clocks: &mut [Clock; 2]) -> Option<Self> {
        let [event_id, patient, time, ingested_at, source, vitals @ .., unit] = members;
        let text = |member: &Scalar<'a>| match member {
            Scalar::Text(text) => Some(Some(*text)),
            Scalar::Absent | Scalar::Null => Some(None),
            _ => None,
        };
        let mut given = [Given::Nothing; 6];
        for (given, vital) in given.iter_mut().zip(vitals) {
            *given = match vital {
                Scalar::Number(digits) => Given::Digits(*digits),
                Scalar::Absent | Scalar::Null => Given::Nothing,
                _ => return None,
            };
        }
        let [clock, ingestion] = clocks;
        Some(Self {
            event_id: text(event_id)?,
            patient: text(patient)?.filter(|id| !id.is_empty())?,
            source: text(source)?.unwrap_or(UNKNOWN_SOURCE),
            time: clock.read(text(time)??)?,
            ingested_at: match text(ingested_at)? {
                Some(text) => Some(ingestion.read(text)?),
                None => None,
            },
            vitals: given,
            unit: text(unit)?.map_or(Unit::Celsius, Unit::of),
        })
    }
}

impl Reading<'_> {
    /// The vitals as they came.
    pub(super) fn vitals(&self) -> [Option<f64>; 6] {
        self.vitals.map(|vital| match vital {
            Given::Nothing => None,
            Given::Digits(digits) => Some(digits.value()),
            Given::Value(value) => Some(value),
        })
    }
}

/// A packed reading.
pub(super) type Row = [u8; 64];

/// In the source's word: the id lies in the heap.
const LONG_ID: u32 = 1 << 31;
const UNIT: u32 = 29;
/// In the source's word: the number of the source.
const SOURCE: u32 = (1 << UNIT) - 1;
/// A vital that is missing.
const NOTHING: u32 = u32::MAX;
/// A vital that lies in the heap; below it, three bits of scale and the digits.
const LONG: u32 = 1 << 31;
/// Before every time.
const NEVER: i64 = i64::MIN;

impl Reading<'_> {
    /// Packs it; what does not fit joins the heap. `line` is what a reading without an id gets its id of.
    #[inline]
    pub(super) fn pack(&self, patient: u32, source: u32, line: &[u8], heap: &mut Vec<u8>) -> Row {
        let mut row = [0; 64];
        let mut word = source | (self.unit as u32) << UNIT;
        let id = match self.event_id {
            Some(text) => uuid_of(text).unwrap_or_else(|| {
                word |= LONG_ID;
                let mut place = [0; 16];
                place[..4].copy_from_slice(&(heap.len() as u32).to_le_bytes());
                place[4..8].copy_from_slice(&(text.len() as u32).to_le_bytes());
                heap.extend_from_slice(text);
                place
            }),
            None => own_id(line).into_bytes(),
        };
        row[..16].copy_from_slice(&id);
        row[16..20].copy_from_slice(&patient.to_le_bytes());
        row[20..24].copy_from_slice(&word.to_le_bytes());
        row[24..32].copy_from_slice(&self.time.to_le_bytes());
        row[32..40].copy_from_slice(&self.ingested_at.unwrap_or(NEVER).to_le_bytes());
        for (place, vital) in row[40..].chunks_exact_mut(4).zip(&self.vitals) {
            let code = match *vital {
                Given::Nothing => NOTHING,
                Given::Digits(Decimal { negative: false, mantissa: digits @ ..0x1000_0000, scale: scale @ ..8 }) => {
                    (digits as u32) << 3 | u32::from(scale)
                }
                Given::Digits(digits) => long(digits.value(), heap),
                Given::Value(value) => long(value, heap),
            };
            place.copy_from_slice(&code.to_le_bytes());
        }
        row
    }
}

fn long(value: f64, heap: &mut Vec<u8>) -> u32 {
    let place = heap.len() as u32;
    heap.extend_from_slice(&value.to_le_bytes());
    LONG | place
}

/// The bytes of a UUID that is written as such are: 36 characters, in lower case.
#[inline]
fn uuid_of(text: &[u8]) -> Option<[u8; 16]> {
    const NO_DIGIT: u8 = 0xff;
    const DIGITS: [u8; 256] = {
        let mut digits = [NO_DIGIT; 256];
        let mut value = 0;
        while value < 16 {
            digits[b"0123456789abcdef"[value] as usize] = value as u8;
            value += 1;
        }
        digits
    };
    const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let text: &[u8; 36] = text.try_into().ok()?;
    if [text[8], text[13], text[18], text[23]] != *b"----" {
        return None;
    }
    let (mut id, mut all) = ([0; 16], 0);
    for (byte, pair) in id.iter_mut().zip(PAIRS) {
        let (high, low) = (DIGITS[usize::from(text[pair])], DIGITS[usize::from(text[pair + 1])]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (all != NO_DIGIT).then_some(id)
}

/// A packed reading and the chunk that it lies in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    row: &'a Row,
    chunk: &'a Chunk,
}

impl<'a> Packed<'a> {
    /// Of a row, or of a copy of it.
    #[inline]
    pub(super) fn new(chunk: &'a Chunk, row: &'a Row) -> Self {
        Self { row, chunk }
    }

    #[inline]
    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.row[at], self.row[at + 1], self.row[at + 2], self.row[at + 3]])
    }

    #[inline]
    fn long(&self, at: usize) -> i64 {
        let [low, high] = [self.word(at), self.word(at + 4)];
        (u64::from(high) << 32 | u64::from(low)) as i64
    }

    /// Whose numbers its ids are.
    pub(super) fn worker(&self) -> usize {
        self.chunk.worker
    }

    #[inline]
    pub(super) fn patient(&self) -> u32 {
        self.word(16)
    }

    #[inline]
    pub(super) fn source(&self) -> u32 {
        self.word(20) & SOURCE
    }

    #[inline]
    pub(super) fn time(&self) -> i64 {
        self.long(24)
    }

    #[inline]
    pub(super) fn ingested_at(&self) -> Option<i64> {
        Some(self.long(32)).filter(|time| *time != NEVER)
    }

    /// Its id as text, which may be written into `buffer`.
    #[inline]
    pub(super) fn event_id<'b>(&self, buffer: &'b mut [u8; 36]) -> &'b str
    where
        'a: 'b,
    {
        if self.word(20) & LONG_ID == 0 {
            let mut id = [0; 16];
            id.copy_from_slice(&self.row[..16]);
            return Uuid::from_bytes(id).hyphenated().encode_lower(buffer);
        }
        let (from, bytes) = (self.word(0) as usize, self.word(4) as usize);
        std::str::from_utf8(&self.chunk.heap[from..from + bytes]).expect("only texts are read as ids")
    }

    /// The vitals in their units; of a temperature in an unknown unit, the number as it came.
    #[inline]
    pub(super) fn vitals(&self) -> [Option<f64>; 6] {
        let mut vitals = [None; 6];
        for (number, vital) in vitals.iter_mut().enumerate() {
            let code = self.word(40 + 4 * number);
            *vital = match code {
                NOTHING => None,
                LONG.. => {
                    let at = (code & !LONG) as usize;
                    let bytes = self.chunk.heap[at..at + 8].try_into();
                    Some(f64::from_le_bytes(bytes.expect("eight bytes")))
                }
                _ => {
                    let scale = (code & 7) as u8;
                    Some(Decimal { negative: false, mantissa: u64::from(code >> 3), scale }.value())
                }
            };
        }
        if self.unit() == Unit::Fahrenheit as u32 {
            vitals[5] = vitals[5].map(|fahrenheit| (fahrenheit - 32.0) * 5.0 / 9.0);
        }
        vitals
    }

    /// Whether its temperature is in a unit that nobody knows.
    #[inline]
    pub(super) fn has_unknown_unit(&self) -> bool {
        self.unit() == Unit::Unknown as u32
    }

    #[inline]
    fn unit(&self) -> u32 {
        self.word(20) >> UNIT & 3
    }
}
