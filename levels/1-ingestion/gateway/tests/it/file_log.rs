//! A small durable log: one file, a record a line after its topic, key and time.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use strata_gateway::{EventLog, Record, Unavailable};

/// What the log does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Behind,
    Gone,
    /// It never answers.
    Stuck,
    /// It takes this many appends more and is gone then.
    GoneAfter(u32),
}

pub(crate) struct FileLog {
    path: PathBuf,
    file: Arc<Mutex<File>>,
    mood: Mutex<Mood>,
}

impl FileLog {
    pub(crate) fn create(folder: &Path) -> Self {
        let path = folder.join("log.tsv");
        let file = OpenOptions::new().create(true).append(true).open(&path).expect("the folder is there");
        Self { path, file: Arc::new(Mutex::new(file)), mood: Mutex::new(Mood::Well) }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().expect("nobody panics under it") = mood;
    }

    /// Topic, key and line of each record.
    pub(crate) fn records(&self) -> Vec<(String, String, String)> {
        let text = std::fs::read_to_string(&self.path).expect("the log is text");
        let record = |line: &str| {
            let mut parts = line.splitn(4, '\t').map(str::to_owned);
            let (topic, key, _time) = (parts.next()?, parts.next()?, parts.next()?);
            Some((topic, key, parts.next()?))
        };
        text.lines().map(|line| record(line).expect("four columns")).collect()
    }

    fn answer(&self, appends: bool) -> Option<Result<(), Unavailable>> {
        let mut mood = self.mood.lock().expect("nobody panics under it");
        let gone = || Err(Unavailable::Unreachable("connection refused".into()));
        match *mood {
            Mood::Well => Some(Ok(())),
            Mood::Behind => Some(Err(Unavailable::Behind { retry_after: Duration::from_secs(3) })),
            Mood::Gone | Mood::GoneAfter(0) => Some(gone()),
            Mood::Stuck => None,
            Mood::GoneAfter(more) => {
                *mood = Mood::GoneAfter(more - u32::from(appends));
                Some(Ok(()))
            }
        }
    }
}

impl EventLog for FileLog {
    fn append(&self, records: Vec<Record>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            match self.answer(true) {
                None => std::future::pending::<()>().await,
                Some(answer) => answer?,
            }
            let file = Arc::clone(&self.file);
            let write = move || {
                let mut text = Vec::new();
                for record in records {
                    let Record { topic, patient_id, line, ingested_at } = record;
                    write!(text, "{topic}\t{patient_id}\t{}\t", ingested_at.0)?;
                    text.extend_from_slice(&line);
                    text.push(b'\n');
                }
                let mut file = file.lock().expect("nobody panics under it");
                file.write_all(&text)?;
                file.sync_data()
            };
            let written = tokio::task::spawn_blocking(write).await.expect("it does not panic");
            written.map_err(|error: std::io::Error| Unavailable::Unreachable(error.to_string()))
        })
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            match self.answer(false) {
                None => std::future::pending().await,
                Some(answer) => answer,
            }
        })
    }
}
