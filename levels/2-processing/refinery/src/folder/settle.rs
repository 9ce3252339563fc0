//! One part of the readings to its files: sorted, one reading a key, validated, derived, written.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use strata_lakehouse::PlainFile;
use strata_types::Timestamp;

use super::columns::{Columns, Of};
use super::judge::Failed;
use super::names::Ranked;
use super::reading::{Packed, Row};
use super::store::{CHUNK_BITS, Chunk};
use super::{FolderError, cannot_write};
use crate::OnInvalid;

const DAY: i64 = 86_400_000_000;
/// Days from the least date that there is to 1970.
const EPOCH: i64 = 719_528;

/// What one thread settles.
#[derive(Debug)]
pub(super) struct Settling<'a> {
    on_invalid: OnInvalid,
    patients: &'a Ranked,
    sources: &'a Ranked,
    draft: PathBuf,
    silver: Columns,
    rejects: Columns,
    rejected: PlainFile,
    counts: Settled,
}

/// What became of the readings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settled {
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    pub(super) written: u64,
    pub(super) nulled: Option<u64>,
}

/// The order of a reading: its day, its patient's rank, its time of day; and its number, by which it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

const TIME_BITS: u32 = 37;
const NUMBER_BITS: u32 = 37;

impl Key {
    #[inline]
    fn new(time: i64, patient: u32, number: usize) -> Self {
        let day = (time.div_euclid(DAY) + EPOCH) as u128;
        let time = time.rem_euclid(DAY) as u128;
        Self((((day << 32 | u128::from(patient)) << TIME_BITS) | time) << NUMBER_BITS | number as u128)
    }

    #[inline]
    fn day(self) -> i64 {
        (self.0 >> (32 + TIME_BITS + NUMBER_BITS)) as i64 - EPOCH
    }

    #[inline]
    fn patient(self) -> u32 {
        (self.0 >> (TIME_BITS + NUMBER_BITS)) as u32
    }

    /// Whether it is of the same patient and time.
    #[inline]
    fn meets(self, other: Self) -> bool {
        (self.0 ^ other.0) >> NUMBER_BITS == 0
    }

    #[inline]
    fn number(self) -> usize {
        self.0 as usize & ((1 << NUMBER_BITS) - 1)
    }

    #[inline]
    fn chunk(self, chunks: &[Chunk]) -> &Chunk {
        &chunks[self.number() >> CHUNK_BITS]
    }

    #[inline]
    fn row(self, chunks: &[Chunk]) -> &Row {
        &self.chunk(chunks).rows[self.number() & ((1 << CHUNK_BITS) - 1)]
    }
}

/// Copies of the rows that are next. They lie all over memory: fetched one by one, each would be waited for; together, once.
#[derive(Debug, Default)]
struct Near {
    from: usize,
    rows: Vec<Row>,
}

/// How many rows are fetched together.
const NEAR: usize = 64;

impl Near {
    #[inline]
    fn get<'a>(&'a mut self, chunks: &'a [Chunk], order: &[Key], at: usize) -> Packed<'a> {
        if at < self.from || at >= self.from + self.rows.len() {
            self.rows.clear();
            self.rows.extend(order[at..].iter().take(NEAR).map(|key| key.row(chunks)));
            self.from = at;
        }
        Packed::new(order[at].chunk(chunks), &self.rows[at - self.from])
    }
}

impl<'a> Settling<'a> {
    pub(super) fn new(
        on_invalid: OnInvalid,
        patients: &'a Ranked,
        sources: &'a Ranked,
        draft: &Path,
        worker: usize,
    ) -> Result<Self, FolderError> {
        let (silver, rejects) = (Columns::new(Of::Silver), Columns::new(Of::Rejects));
        let path = draft.join("rejects").join(format!("part-{worker:04}.parquet"));
        let rejected = PlainFile::create(&path, rejects.schema(), &["event_id"])?;
        let nulled = (on_invalid == OnInvalid::Cell).then_some(0);
        let counts = Settled { nulled, ..Settled::default() };
        Ok(Self { on_invalid, patients, sources, draft: draft.into(), silver, rejects, rejected, counts })
    }

    /// Writes a part: a file for each of its dates.
    pub(super) fn settle(&mut self, part: usize, chunks: &[Chunk]) -> Result<(), FolderError> {
        let order = self.order(chunks);
        let mut near = Near::default();
        let mut open: Option<(i64, PlainFile)> = None;
        let mut at = 0;
        while let Some(first) = order.get(at) {
            let rivals = order[at + 1..].iter().take_while(|key| key.meets(*first)).count();
            if open.as_ref().is_none_or(|(day, _)| *day != first.day()) {
                self.close(open.take())?;
                open = Some((first.day(), self.file(first.day(), part)?));
            }
            let Some((_, file)) = &mut open else { break };
            if rivals == 0 {
                self.judge(first.patient(), near.get(chunks, &order, at), file)?;
            } else {
                let met = order[at..=at + rivals].iter();
                let winners = self.winners(met.map(|key| Packed::new(key.chunk(chunks), key.row(chunks))).collect());
                self.counts.duplicates += (rivals + 1 - winners.len()) as u64;
                for winner in winners {
                    self.judge(first.patient(), winner, file)?;
                }
            }
            at += rivals + 1;
        }
        self.close(open)
    }

    fn order(&self, chunks: &[Chunk]) -> Vec<Key> {
        let mut order = Vec::with_capacity(chunks.iter().map(|chunk| chunk.rows.len()).sum());
        for (number, chunk) in chunks.iter().enumerate() {
            order.extend((0..chunk.rows.len()).map(|row| {
                let packed = Packed::new(chunk, &chunk.rows[row]);
                let patient = self.patients.rank(chunk.worker, packed.patient());
                Key::new(packed.time(), patient, number << CHUNK_BITS | row)
            }));
        }
        order.sort_unstable();
        order
    }

    /// Of readings of one patient and time, the greatest of each source: by when they arrived, by their id, and, so that the
    /// order in which they were read never matters, by what they say.
    #[cold]
    fn winners<'b>(&self, mut met: Vec<Packed<'b>>) -> Vec<Packed<'b>> {
        met.sort_by_cached_key(|packed| {
            let id = packed.event_id(&mut [0; 36]).to_owned();
            let says = (packed.has_unknown_unit(), packed.vitals().map(|vital| vital.map(f64::to_bits)));
            (self.source(packed), Reverse((packed.ingested_at(), id, says)))
        });
        met.dedup_by_key(|packed| self.source(packed));
        met
    }

    fn source(&self, packed: &Packed<'_>) -> u32 {
        self.sources.rank(packed.worker(), packed.source())
    }

    #[inline]
    fn judge(&mut self, patient: u32, packed: Packed<'_>, file: &mut PlainFile) -> Result<(), FolderError> {
        let mut vitals = packed.vitals();
        let failed = Failed::of(&vitals, packed.has_unknown_unit());
        let mut buffer = [0; 36];
        let source = self.sources.text(self.source(&packed));
        let ids = [packed.event_id(&mut buffer), self.patients.text(patient), source];
        let times = (packed.time(), packed.ingested_at());
        if !failed.is_none() {
            self.rejects.add(ids, times, &vitals);
            self.rejects.add_reason(&failed.reason());
            self.rejects.write_full(&mut self.rejected)?;
            if self.on_invalid == OnInvalid::Row {
                self.counts.rejected += 1;
                return Ok(());
            }
            let nulled = failed.null(&mut vitals);
            if vitals.iter().all(Option::is_none) {
                self.counts.rejected += 1;
                return Ok(());
            }
            *self.counts.nulled.get_or_insert_default() += nulled;
        }
        self.counts.written += 1;
        self.silver.add(ids, times, &vitals);
        self.silver.write_full(file)
    }

    fn file(&self, day: i64, part: usize) -> Result<PlainFile, FolderError> {
        let folder = self.draft.join("silver").join(format!("date={}", Timestamp(day * DAY).date()));
        std::fs::create_dir_all(&folder).map_err(cannot_write(&folder))?;
        let path = folder.join(format!("part-{part:04}.parquet"));
        Ok(PlainFile::create(&path, self.silver.schema(), &["event_id"])?)
    }

    fn close(&mut self, file: Option<(i64, PlainFile)>) -> Result<(), FolderError> {
        let Some((_, mut file)) = file else { return Ok(()) };
        self.silver.write(&mut file)?;
        Ok(file.finish()?)
    }

    pub(super) fn finish(mut self) -> Result<Settled, FolderError> {
        self.rejects.write(&mut self.rejected)?;
        self.rejected.finish()?;
        Ok(self.counts)
    }
}
