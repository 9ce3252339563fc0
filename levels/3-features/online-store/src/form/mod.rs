//! How a recent timeline lies in the store: a version, what is common, and the rows by kind, each coded by its difference
//! from the one before. Nothing is rounded.

mod adverse_events;
mod bytes;
mod decimal;
mod labs;
mod medications;
mod rows;
mod vitals;

use strata_features::{AdverseEvent, Dose, Lab, PatientFacts, Timeline, Vitals};
use strata_types::drug::DRUGS;
use strata_types::{Timestamp, VARIABLES};
use uuid::{Uuid, fmt::Hyphenated};

use crate::Recent;
use crate::change::{Rank, Tie};
pub(crate) use bytes::{Reader, Writer};
use rows::{Names, read_rows, write_rows};

/// The version of the form. Another one is not read: what it said is in silver.
const VERSION: u8 = 1;

const SETTLED: u8 = 1;
const WAITS: u8 = 2;
const PATIENT: u8 = 4;
const ENROLLED: u8 = 8;

/// Bytes that are no recent timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a patient's online record is damaged, or of another version")]
pub struct Damaged;

/// A number that changes with the form and with the tables whose places it names. What was written under another one is
/// read anew from silver.
pub(crate) fn fingerprint() -> u64 {
    let names = VARIABLES.iter().map(|variable| variable.name).chain(DRUGS.iter().map(|drug| drug.name));
    // FNV-1a.
    let bytes = names.flat_map(|name| name.bytes().chain([0xff])).chain([VERSION]);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Recent {
    /// As it lies in the store.
    pub fn bytes(&self) -> Vec<u8> {
        let mut to = Writer(Vec::with_capacity(1024));
        to.byte(VERSION);
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        let facts = self.patient.as_ref().and_then(|(_, facts)| *facts);
        to.byte(
            flag(self.settled.is_some(), SETTLED)
                | flag(self.waits, WAITS)
                | flag(self.patient.is_some(), PATIENT)
                | flag(facts.is_some(), ENROLLED),
        );
        if let Some((t, lateness)) = self.settled {
            to.signed(t.0);
            to.signed(lateness);
            to.signed(self.since.map_or(0, |since| since.0 - t.0));
        }
        if let Some((rank, _)) = &self.patient {
            to.signed(rank.ingested_at.0);
            write_tie(&mut to, rank.tie.as_ref());
        }
        if let Some(facts) = facts {
            write_facts(&mut to, &facts);
        }
        let names = Names::used(self);
        names.write(&mut to);
        write_rows(&mut to, &self.vitals, &names);
        write_rows(&mut to, &self.labs, &names);
        write_rows(&mut to, &self.medications, &names);
        write_rows(&mut to, &self.adverse_events, &names);
        to.0
    }

    /// What [`bytes`](Self::bytes) gave.
    pub fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let (mut recent, mut from) = head(bytes)?;
        recent.names.push("".into());
        for _ in 0..from.number()? {
            recent.names.push(from.text()?.into());
        }
        read_rows(&mut from, &mut |entry| recent.vitals.0.push(entry))?;
        read_rows(&mut from, &mut |entry| recent.labs.0.push(entry))?;
        read_rows(&mut from, &mut |entry| recent.medications.0.push(entry))?;
        read_rows(&mut from, &mut |entry| recent.adverse_events.0.push(entry))?;
        if from.0.is_empty() { Ok(recent) } else { Err(Damaged) }
    }

    /// The timeline alone, which is what a vector is made of, and what else is known of it but its rows.
    pub(crate) fn read_timeline(bytes: &[u8]) -> Result<(Self, Timeline), Damaged> {
        let (recent, mut from) = head(bytes)?;
        let facts = recent.patient.as_ref().and_then(|(_, facts)| *facts);
        let mut timeline = Timeline { patient: facts.unwrap_or_default(), ..Timeline::default() };
        for _ in 0..from.number()? {
            from.text()?;
        }
        read_rows::<Vitals>(&mut from, &mut |entry| timeline.vitals.extend(entry.row))?;
        read_rows::<Lab>(&mut from, &mut |entry| timeline.labs.extend(entry.row))?;
        read_rows::<Dose>(&mut from, &mut |entry| timeline.medications.extend(entry.row))?;
        read_rows::<AdverseEvent>(&mut from, &mut |entry| timeline.adverse_events.extend(entry.row))?;
        timeline.sort();
        Ok((recent, timeline))
    }
}

/// All but the rows.
fn head(bytes: &[u8]) -> Result<(Recent, Reader<'_>), Damaged> {
    let mut from = Reader(bytes);
    if from.byte()? != VERSION {
        return Err(Damaged);
    }
    let flags = from.byte()?;
    let mut recent = Recent { waits: flags & WAITS != 0, ..Recent::default() };
    if flags & SETTLED != 0 {
        let t = Timestamp(from.signed()?);
        recent.settled = Some((t, from.signed()?));
        recent.since = Some(t + from.signed()?);
    }
    if flags & PATIENT != 0 {
        let rank = Rank { ingested_at: Timestamp(from.signed()?), tie: read_tie(&mut from)? };
        let facts = if flags & ENROLLED != 0 { Some(read_facts(&mut from)?) } else { None };
        recent.patient = Some((rank, facts));
    }
    Ok((recent, from))
}

fn write_facts(to: &mut Writer, facts: &PatientFacts) {
    let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
    to.byte(
        flag(facts.age_years.is_some(), 1)
            | flag(facts.sex_male.is_some(), 2)
            | flag(facts.sex_male == Some(true), 4)
            | flag(facts.admitted_at.is_some(), 8)
            | flag(facts.spo2_scale_2, 16)
            | flag(facts.weight_kg.is_some(), 32),
    );
    for value in [facts.age_years, facts.weight_kg].into_iter().flatten() {
        write_value(to, value);
    }
    if let Some(admitted_at) = facts.admitted_at {
        to.signed(admitted_at.0);
    }
}

fn read_facts(from: &mut Reader) -> Result<PatientFacts, Damaged> {
    let flags = from.byte()?;
    let mut value = |flag: u8| if flags & flag != 0 { read_value(from).map(Some) } else { Ok(None) };
    let (age_years, weight_kg) = (value(1)?, value(32)?);
    let admitted_at = if flags & 8 != 0 { Some(Timestamp(from.signed()?)) } else { None };
    let sex_male = (flags & 2 != 0).then_some(flags & 4 != 0);
    Ok(PatientFacts { age_years, sex_male, admitted_at, spo2_scale_2: flags & 16 != 0, weight_kg })
}

/// A value by itself: how it is coded, then its digits.
fn write_value(to: &mut Writer, value: f64) {
    if let Some((decimals, digits)) = decimal::of(value) {
        to.byte(decimals);
        to.signed(digits);
    } else {
        to.byte(decimal::RAW);
        to.float(value);
    }
}

fn read_value(from: &mut Reader) -> Result<f64, Damaged> {
    match from.byte()? {
        decimal::RAW => from.float(),
        decimals => Ok(decimal::value_of(from.signed()?, decimals)),
    }
}

/// Nothing, a UUID in its usual form, or any other text; then the hash.
fn write_tie(to: &mut Writer, tie: Option<&Tie>) {
    let Some(tie) = tie else { return to.byte(0) };
    if let Some(uuid) = uuid_of(&tie.event_id) {
        to.byte(1);
        to.bytes(&uuid);
    } else {
        to.byte(2);
        to.text(&tie.event_id);
    }
    to.bytes(&tie.record_hash.to_le_bytes());
}

fn read_tie(from: &mut Reader) -> Result<Option<Tie>, Damaged> {
    let event_id = match from.byte()? {
        0 => return Ok(None),
        1 => text_of(from.array()?),
        2 => from.text()?.into(),
        _ => return Err(Damaged),
    };
    Ok(Some(Tie { event_id, record_hash: i64::from_le_bytes(from.array()?) }))
}

/// A UUID that is written as UUIDs usually are, so that its bytes say all of it.
fn uuid_of(text: &str) -> Option<[u8; 16]> {
    let uuid = Uuid::try_parse(text).ok()?;
    let mut usual = [0; Hyphenated::LENGTH];
    (*uuid.as_hyphenated().encode_lower(&mut usual) == *text).then(|| uuid.into_bytes())
}

fn text_of(uuid: [u8; 16]) -> Box<str> {
    let mut text = [0; Hyphenated::LENGTH];
    (*Uuid::from_bytes(uuid).as_hyphenated().encode_lower(&mut text)).into()
}
