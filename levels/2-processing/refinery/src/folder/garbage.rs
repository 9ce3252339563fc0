//! Lines that are no reading, as they came.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use strata_lakehouse::PlainFile;

use super::FolderError;

/// Bytes of lines that wait to be written.
const WAITING: usize = 4 << 20;

/// The malformed lines of one thread.
#[derive(Debug)]
pub(super) struct Garbage {
    path: PathBuf,
    /// Whether there is a file even without lines: one thread's is enough for the layout to be whole.
    is_first: bool,
    schema: SchemaRef,
    file: Option<PlainFile>,
    lines: StringBuilder,
    count: u64,
}

impl Garbage {
    pub(super) fn new(draft: &Path, worker: usize) -> Self {
        Self {
            path: draft.join("malformed").join(format!("part-{worker:04}.parquet")),
            is_first: worker == 0,
            schema: Arc::new(Schema::new(vec![Field::new("line", DataType::Utf8, false)])),
            file: None,
            lines: StringBuilder::new(),
            count: 0,
        }
    }

    /// Keeps a line; of bytes that are no text, what stands for them.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), FolderError> {
        self.count += 1;
        self.lines.append_value(String::from_utf8_lossy(line));
        if self.lines.values_slice().len() >= WAITING { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), FolderError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(PlainFile::create(&self.path, Arc::clone(&self.schema), &["line"])?),
        };
        let lines = RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(self.lines.finish())])?;
        Ok(file.write(&lines)?)
    }

    /// How many there were.
    pub(super) fn finish(mut self) -> Result<u64, FolderError> {
        if self.is_first || !self.lines.values_slice().is_empty() {
            self.write()?;
        }
        if let Some(file) = self.file {
            file.finish()?;
        }
        Ok(self.count)
    }
}
