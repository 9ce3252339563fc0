//! One part of the readings to its files: sorted, one reading a key, validated, derived, written.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Float64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use strata_lakehouse::PlainFile;
use strata_types::Timestamp;

use super::judge::{Failed, Vitals, derive};
use super::names::Ranked;
use super::reading::{Packed, VITALS};
use super::store::{CHUNK_BITS, Chunk};
use super::{FolderError, cannot_write};
use crate::OnInvalid;
use crate::column::time_type;

/// Rows that are built before they are written.
const BATCH: usize = 8_192;
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
    fn place(self) -> (usize, usize) {
        let number = self.0 as usize & ((1 << NUMBER_BITS) - 1);
        (number >> CHUNK_BITS, number & ((1 << CHUNK_BITS) - 1))
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
        let (silver, rejects) = (Columns::new(Extra::derived()), Columns::new(Extra::reason()));
        let path = draft.join("rejects").join(format!("part-{worker:04}.parquet"));
        let rejected = PlainFile::create(&path, Arc::clone(&rejects.schema), &["event_id"])?;
        let nulled = (on_invalid == OnInvalid::Cell).then_some(0);
        let counts = Settled { nulled, ..Settled::default() };
        Ok(Self { on_invalid, patients, sources, draft: draft.into(), silver, rejects, rejected, counts })
    }

    /// Writes a part: a file for each of its dates.
    pub(super) fn settle(&mut self, part: usize, chunks: &[Chunk]) -> Result<(), FolderError> {
        let order = self.order(chunks);
        let mut left = &order[..];
        let mut open: Option<(i64, PlainFile)> = None;
        while let Some(first) = left.first() {
            let rivals = left.iter().skip(1).take_while(|key| key.meets(*first)).count() + 1;
            let (met, others) = left.split_at(rivals);
            left = others;
            if open.as_ref().is_none_or(|(day, _)| *day != first.day()) {
                self.close(open.take())?;
                open = Some((first.day(), self.file(first.day(), part)?));
            }
            let Some((_, file)) = &mut open else { continue };
            if let [only] = met {
                self.judge(only.patient(), packed(chunks, *only), file)?;
            } else {
                let winners = self.winners(met.iter().map(|key| packed(chunks, *key)).collect());
                self.counts.duplicates += (met.len() - winners.len()) as u64;
                for winner in winners {
                    self.judge(first.patient(), winner, file)?;
                }
            }
        }
        self.close(open)
    }

    fn order(&self, chunks: &[Chunk]) -> Vec<Key> {
        let mut order = Vec::with_capacity(chunks.iter().map(|chunk| chunk.rows.len()).sum());
        for (number, chunk) in chunks.iter().enumerate() {
            order.extend((0..chunk.rows.len()).map(|row| {
                let packed = Packed::new(chunk, row);
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
        let (patient, source) = (self.patients.text(patient), self.sources.text(self.source(&packed)));
        if !failed.is_none() {
            self.rejects.add(patient, source, &packed, &vitals);
            self.rejects.extra.add_reason(failed);
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
        self.silver.add(patient, source, &packed, &vitals);
        self.silver.extra.add_derived(&vitals);
        self.silver.write_full(file)
    }

    fn file(&self, day: i64, part: usize) -> Result<PlainFile, FolderError> {
        let folder = self.draft.join("silver").join(format!("date={}", Timestamp(day * DAY).date()));
        std::fs::create_dir_all(&folder).map_err(cannot_write(&folder))?;
        let path = folder.join(format!("part-{part:04}.parquet"));
        Ok(PlainFile::create(&path, Arc::clone(&self.silver.schema), &["event_id"])?)
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

#[inline]
fn packed(chunks: &[Chunk], key: Key) -> Packed<'_> {
    let (chunk, row) = key.place();
    Packed::new(&chunks[chunk], row)
}

/// Rows to be, column by column.
#[derive(Debug)]
struct Columns {
    schema: SchemaRef,
    event_id: StringBuilder,
    patient_id: StringBuilder,
    timestamp: TimestampMicrosecondBuilder,
    ingested_at: TimestampMicrosecondBuilder,
    source: StringBuilder,
    vitals: [Float64Builder; 6],
    extra: Extra,
    rows: usize,
}

/// The columns that silver and the rejects do not share.
#[derive(Debug)]
enum Extra {
    Derived([Float64Builder; 3], Float64Builder),
    Reason(StringBuilder),
}

impl Columns {
    fn new(extra: Extra) -> Self {
        let float = |name: &&str| Field::new(*name, DataType::Float64, true);
        let mut fields = vec![
            Field::new("event_id", DataType::Utf8, false),
            Field::new("patient_id", DataType::Utf8, false),
            Field::new("timestamp", time_type(), false),
            Field::new("ingested_at", time_type(), true),
            Field::new("source", DataType::Utf8, false),
        ];
        fields.extend(VITALS.iter().map(float));
        match &extra {
            Extra::Derived(..) => {
                fields.extend(["pulse_pressure", "mean_arterial_pressure", "shock_index"].iter().map(float));
                fields.push(Field::new("quality_score", DataType::Float64, false));
            }
            Extra::Reason(_) => fields.push(Field::new("reason", DataType::Utf8, false)),
        }
        let time = || TimestampMicrosecondBuilder::with_capacity(BATCH).with_data_type(time_type());
        Self {
            schema: Arc::new(Schema::new(fields)),
            event_id: StringBuilder::with_capacity(BATCH, 36 * BATCH),
            patient_id: StringBuilder::with_capacity(BATCH, 16 * BATCH),
            timestamp: time(),
            ingested_at: time(),
            source: StringBuilder::with_capacity(BATCH, 16 * BATCH),
            vitals: std::array::from_fn(|_| Float64Builder::with_capacity(BATCH)),
            extra,
            rows: 0,
        }
    }

    /// Adds a row but for its extra columns.
    #[inline]
    fn add(&mut self, patient: &str, source: &str, packed: &Packed<'_>, vitals: &Vitals) {
        self.rows += 1;
        self.event_id.append_value(packed.event_id(&mut [0; 36]));
        self.patient_id.append_value(patient);
        self.timestamp.append_value(packed.time());
        self.ingested_at.append_option(packed.ingested_at());
        self.source.append_value(source);
        for (column, vital) in self.vitals.iter_mut().zip(vitals) {
            column.append_option(*vital);
        }
    }

    #[inline]
    fn write_full(&mut self, file: &mut PlainFile) -> Result<(), FolderError> {
        if self.rows < BATCH { Ok(()) } else { self.write(file) }
    }

    fn write(&mut self, file: &mut PlainFile) -> Result<(), FolderError> {
        let mut columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(self.event_id.finish()),
            Arc::new(self.patient_id.finish()),
            Arc::new(self.timestamp.finish()),
            Arc::new(self.ingested_at.finish()),
            Arc::new(self.source.finish()),
        ];
        let float = |column: &mut Float64Builder| Arc::new(column.finish()) as _;
        columns.extend(self.vitals.iter_mut().map(float));
        match &mut self.extra {
            Extra::Derived(derived, quality) => {
                columns.extend(derived.iter_mut().map(float));
                columns.push(float(quality));
            }
            Extra::Reason(reason) => columns.push(Arc::new(reason.finish())),
        }
        self.rows = 0;
        Ok(file.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?)
    }
}

impl Extra {
    fn derived() -> Self {
        let column = || Float64Builder::with_capacity(BATCH);
        Self::Derived([column(), column(), column()], column())
    }

    fn reason() -> Self {
        Self::Reason(StringBuilder::new())
    }

    #[inline]
    fn add_derived(&mut self, vitals: &Vitals) {
        if let Self::Derived(columns, quality) = self {
            let (derived, score) = derive(vitals);
            for (column, value) in columns.iter_mut().zip(derived) {
                column.append_option(value);
            }
            quality.append_value(score);
        }
    }

    fn add_reason(&mut self, failed: Failed) {
        if let Self::Reason(column) = self {
            column.append_value(failed.reason());
        }
    }
}
