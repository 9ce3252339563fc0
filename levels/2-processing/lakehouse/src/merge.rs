//! Sorted files to one sorted file, bit by bit, so that memory does not grow with the files but for the one that is made.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, interleave_record_batch};
use arrow::error::ArrowError;
use arrow::row::{Row, RowConverter, Rows, SortField};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::Result;
use parquet::file::reader::{ChunkReader, Length};

use crate::parquet_file::Encoder;
use crate::{Encoded, TableSpec};

/// Rows of each file that are at hand.
const BATCH: usize = 2_048;

/// Which rows of a batch stay.
pub type Keep<'a> = dyn Fn(&RecordBatch) -> std::result::Result<BooleanArray, ArrowError> + 'a;

/// Merges files of one table, each sorted by the table's key, into one; `None` when no row stays. CPU only, but for what
/// fetching the files takes.
pub fn merge<F: ChunkReader + 'static>(
    spec: &TableSpec,
    files: Vec<F>,
    keep: &Keep<'_>,
    now_ms: i64,
) -> Result<Option<Encoded>> {
    let schema = (spec.schema)();
    let fields = spec.key.iter().map(|name| schema.field_with_name(name));
    let fields = fields.map(|field| Ok(SortField::new(field?.data_type().clone())));
    let sorter = RowConverter::new(fields.collect::<std::result::Result<_, ArrowError>>()?)?;
    let bytes: u64 = files.iter().map(Length::len).sum();
    let mut encoder = Encoder::with_capacity(spec, bytes as usize)?;
    let mut runs = Vec::with_capacity(files.len());
    for file in files {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH).build()?;
        runs.extend(Run::next(reader, spec, &sorter, keep)?);
    }
    while let Some(done) = step(&mut runs, &mut encoder)? {
        let run = runs.swap_remove(done);
        runs.extend(Run::next(run.reader, spec, &sorter, keep)?);
    }
    encoder.finish(now_ms)
}

/// What is left of a file, and the batch of it that is being merged.
struct Run {
    reader: ParquetRecordBatchReader,
    batch: RecordBatch,
    keys: Rows,
    at: usize,
}

impl Run {
    /// Goes on with the next batch of which a row stays.
    fn next(
        mut reader: ParquetRecordBatchReader,
        spec: &TableSpec,
        sorter: &RowConverter,
        keep: &Keep<'_>,
    ) -> Result<Option<Self>> {
        while let Some(batch) = reader.next().transpose()? {
            let batch = filter_record_batch(&batch, &keep(&batch)?)?;
            if batch.num_rows() > 0 {
                let column = |name: &&str| {
                    let column = batch.column_by_name(name).cloned();
                    column.ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
                };
                let columns = spec.key.iter().map(column).collect::<std::result::Result<Vec<_>, _>>()?;
                let keys = sorter.convert_columns(&columns)?;
                return Ok(Some(Self { reader, batch, keys, at: 0 }));
            }
        }
        Ok(None)
    }

    fn key(&self) -> Row<'_> {
        self.keys.row(self.at)
    }

    fn is_done(&self) -> bool {
        self.at == self.batch.num_rows()
    }
}

/// Writes rows in their order until a run's batch is used up, and says which.
fn step(runs: &mut [Run], encoder: &mut Encoder) -> Result<Option<usize>> {
    if let [run] = runs {
        encoder.write(&run.batch.slice(run.at, run.batch.num_rows() - run.at))?;
        return Ok(Some(0));
    }
    let mut picked = Vec::new();
    let done = 'used: loop {
        let Some((least, next)) = least_two(runs) else { return Ok(None) };
        // A patient's rows follow on each other: most often one run has many before another's next.
        loop {
            picked.push((least, runs[least].at));
            runs[least].at += 1;
            if runs[least].is_done() {
                break 'used least;
            }
            if runs[next].key() < runs[least].key() {
                break;
            }
        }
    };
    let batches: Vec<&RecordBatch> = runs.iter().map(|run| &run.batch).collect();
    encoder.write(&interleave_record_batch(&batches, &picked)?)?;
    Ok(Some(done))
}

/// The run whose key is least, and the one that comes next; of two or more.
fn least_two(runs: &[Run]) -> Option<(usize, usize)> {
    let (mut least, mut next) = if runs.get(1)?.key() < runs[0].key() { (1, 0) } else { (0, 1) };
    for (at, run) in runs.iter().enumerate().skip(2) {
        if run.key() < runs[least].key() {
            (least, next) = (at, least);
        } else if run.key() < runs[next].key() {
            next = at;
        }
    }
    Some((least, next))
}
