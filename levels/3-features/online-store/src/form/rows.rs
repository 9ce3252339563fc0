//! The rows of a kind, each coded by its difference from the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_types::Timestamp;

use super::{Damaged, Reader, Writer, read_tie, write_tie};
use crate::Recent;
use crate::change::Rank;
use crate::part::{Entry, Kind, Part};

const ROW: u8 = 1;
const RANKED: u8 = 2;
const SAME_NAME: u8 = 4;
const TIED: u8 = 8;
/// It was taken in at another time than it became known: an import, or what was reported at a time of its own.
const IMPORTED: u8 = 16;

/// Microseconds in which times are counted: the greatest that divides them all.
const UNITS: [i64; 4] = [60_000_000, 1_000_000, 1_000, 1];

/// How a kind's rows are coded.
pub(super) trait Form: Kind {
    /// What is remembered from row to row.
    type Coder;

    /// Whether its keys have a code.
    const CODED: bool = false;

    /// Looks at all rows, and says how they are coded.
    fn write_coder(rows: &mut dyn Iterator<Item = &Self>, to: &mut Writer) -> Self::Coder;

    fn read_coder(from: &mut Reader) -> Result<Self::Coder, Damaged>;

    fn write(&self, coder: &mut Self::Coder, to: &mut Writer);

    fn read(place: Place, coder: &mut Self::Coder, from: &mut Reader) -> Result<Self, Damaged>;
}

/// What is known of a row before it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) time: Timestamp,
    pub(super) known: Timestamp,
    pub(super) code: u8,
}

/// The names that keys with a rank have, numbered anew.
#[derive(Debug)]
pub(super) struct Names<'a> {
    texts: Vec<&'a Arc<str>>,
    new: BTreeMap<u32, u64>,
}

impl<'a> Names<'a> {
    pub(super) fn used(recent: &'a Recent) -> Self {
        fn of<R>(part: &Part<R>) -> impl Iterator<Item = u32> {
            part.0.iter().filter(|entry| entry.rank.is_some()).map(|entry| entry.name)
        }
        let mut used = Self { texts: Vec::new(), new: BTreeMap::new() };
        let all = of(&recent.vitals).chain(of(&recent.labs)).chain(of(&recent.medications));
        for old in all.chain(of(&recent.adverse_events)) {
            let Some(text) = recent.names.get(old as usize) else { continue };
            used.new.entry(old).or_insert_with(|| {
                used.texts.push(text);
                used.texts.len() as u64
            });
        }
        used
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.number(self.texts.len() as u64);
        self.texts.iter().for_each(|text| to.text(text));
    }

    fn number(&self, old: u32) -> u64 {
        self.new.get(&old).copied().unwrap_or(0)
    }
}

/// What is remembered from entry to entry.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    time: i64,
    step: i64,
    lag: i64,
    ingested: i64,
    name: u64,
}

pub(super) fn write_rows<R: Form>(to: &mut Writer, part: &Part<R>, names: &Names) {
    to.number(part.0.len() as u64);
    if part.0.is_empty() {
        return;
    }
    let time_unit = unit(&part.0.iter().map(|entry| entry.time.0));
    let lag_unit = unit(&part.0.iter().filter_map(|entry| Some(entry.row.as_ref()?.known().0 - entry.time.0)));
    to.byte(((time_unit << 4) | lag_unit) as u8);
    let (time_unit, lag_unit) = (UNITS[time_unit], UNITS[lag_unit]);
    let mut coder = R::write_coder(&mut part.0.iter().filter_map(|entry| entry.row.as_ref()), to);
    let mut before = Before::default();
    for entry in &part.0 {
        let known = entry.row.as_ref().map(Kind::known);
        let name = names.number(entry.name);
        let imported = entry.rank.as_ref().is_some_and(|rank| known != Some(rank.ingested_at));
        let tie = entry.rank.as_ref().and_then(|rank| rank.tie.as_ref());
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        to.byte(
            flag(known.is_some(), ROW)
                | flag(entry.rank.is_some(), RANKED)
                | flag(name == before.name, SAME_NAME)
                | flag(tie.is_some(), TIED)
                | flag(imported, IMPORTED),
        );
        let step = (entry.time.0 - before.time) / time_unit;
        to.signed(step.wrapping_sub(before.step));
        (before.time, before.step) = (entry.time.0, step);
        if R::CODED {
            to.byte(entry.code);
        }
        if let Some(known) = known {
            let lag = (known.0 - entry.time.0) / lag_unit;
            to.signed(lag.wrapping_sub(before.lag));
            before.lag = lag;
        }
        if let Some(rank) = &entry.rank {
            if name != before.name {
                to.number(name);
                before.name = name;
            }
            if imported {
                to.signed(rank.ingested_at.0 - before.ingested);
                before.ingested = rank.ingested_at.0;
            }
            if tie.is_some() {
                write_tie(to, tie);
            }
        }
        if let Some(row) = &entry.row {
            row.write(&mut coder, to);
        }
    }
}

pub(super) fn read_rows<R: Form>(from: &mut Reader, give: &mut dyn FnMut(Entry<R>)) -> Result<(), Damaged> {
    let count = from.number()?;
    if count == 0 {
        return Ok(());
    }
    let units = from.byte()?;
    let unit = |index: u8| UNITS.get(usize::from(index)).copied().ok_or(Damaged);
    let (time_unit, lag_unit) = (unit(units >> 4)?, unit(units & 15)?);
    let mut coder = R::read_coder(from)?;
    let mut before = Before::default();
    for _ in 0..count {
        let flags = from.byte()?;
        before.step = before.step.wrapping_add(from.signed()?);
        before.time = before.time.wrapping_add(before.step.wrapping_mul(time_unit));
        let time = Timestamp(before.time);
        let code = if R::CODED { from.byte()? } else { 0 };
        let mut known = time;
        if flags & ROW != 0 {
            before.lag = before.lag.wrapping_add(from.signed()?);
            known = Timestamp(before.time.wrapping_add(before.lag.wrapping_mul(lag_unit)));
        }
        let mut rank = None;
        if flags & RANKED != 0 {
            if flags & SAME_NAME == 0 {
                before.name = from.number()?;
            }
            let mut ingested_at = known;
            if flags & IMPORTED != 0 {
                before.ingested = before.ingested.wrapping_add(from.signed()?);
                ingested_at = Timestamp(before.ingested);
            }
            rank = Some(Rank { ingested_at, tie: if flags & TIED != 0 { read_tie(from)? } else { None } });
        }
        let name = if rank.is_some() { before.name as u32 } else { 0 };
        let row = if flags & ROW != 0 { Some(R::read(Place { time, known, code }, &mut coder, from)?) } else { None };
        give(Entry { time, code, name, rank, row });
    }
    Ok(())
}

fn unit(micros: &(impl Iterator<Item = i64> + Clone)) -> usize {
    let divides = |unit: &i64| micros.clone().all(|micros| micros % unit == 0);
    UNITS.iter().position(divides).unwrap_or(UNITS.len() - 1)
}
