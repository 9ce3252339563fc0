//! The least that the job could cost: one pass of the parser and the Parquet writer, and nothing else.

use std::path::Path;

use strata_lakehouse::PlainFile;

use super::columns::{Columns, Of};
use super::intake::Intake;
use super::reading::{FIELDS, MEMBERS, Reading};
use super::{FolderError, cannot_write, on_threads};
use crate::scan::{Clock, Scalar, line_end};

/// Parses the lines of a folder and writes what they say as Parquet, unsorted, one file a thread, lines that are no reading
/// left out. To measure [`refine_folder`](crate::refine_folder) against; gives how many rows there were.
#[doc(hidden)]
pub fn folder_floor(from: &Path, to: &Path, threads: usize) -> Result<u64, FolderError> {
    let intake = Intake::open(from)?;
    std::fs::create_dir_all(to).map_err(cannot_write(to))?;
    let rows = on_threads(threads, |number| {
        let mut columns = Columns::new(Of::Bronze);
        let mut file = PlainFile::create(&to.join(format!("{number}.parquet")), columns.schema(), &["event_id"])?;
        let (mut block, mut clocks) = (Vec::new(), <[Clock; 2]>::default());
        let mut rows = 0;
        while let Some(mut at) = intake.next(number, &mut block)? {
            let mut members = [Scalar::Absent; MEMBERS];
            while at < block.len() {
                let end = FIELDS.read(&block, at, &mut members).and_then(|end| line_end(&block, end));
                let reading = end.and_then(|end| Some((end, Reading::of(&members, &mut clocks)?)));
                let Some((end, reading)) = reading else {
                    at = memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |length| at + length + 1);
                    continue;
                };
                let ids = [reading.event_id.unwrap_or_default(), reading.patient, reading.source];
                let ids = ids.map(|id| std::str::from_utf8(id).unwrap_or_default());
                columns.add(ids, (reading.time, reading.ingested_at), &reading.vitals());
                columns.write_full(&mut file)?;
                rows += 1;
                at = end + 1;
            }
        }
        columns.write(&mut file)?;
        file.finish()?;
        Ok(rows)
    })?;
    Ok(rows.iter().sum())
}
