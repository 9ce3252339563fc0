//! The queue to the files, and the thread behind it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use serde_json::Map;
use strata_runtime::Clock;
use strata_types::Timestamp;
use tracing::Level;

use crate::file::LogFile;
use crate::folder::{self, Claim};
use crate::{Error, FileLayer, Line, Rotation, STRATA};

/// Lines that may wait. A line has some hundred bytes, so this is about a megabyte.
const WAITING: usize = 4096;

/// Lines after which everything gathered is written, even if more are waiting: a quiet service shows beside a loud one.
const AT_ONCE: usize = 256;

/// What the disk is given to take the last lines.
const GRACE: Duration = Duration::from_secs(5);

/// Where logs go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder, of the [data folder](crate::folder); it is made when it is first needed.
    pub folder: PathBuf,
    /// The services that have a file, beside [`STRATA`].
    pub services: Vec<String>,
    /// How much is kept of each.
    pub rotation: Rotation,
}

/// Starts writing; what the layer is told is in the files soon, at the latest when the guard is dropped.
///
/// The folder is looked at when there is something to write: what cannot be written is dropped, counted and tried again,
/// and is no error here. One process at a time writes in a folder; a second one's lines are dropped and counted.
pub fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<(FileLayer, Guard), Error> {
    let (layer, writer) = queue(settings, clock, WAITING)?;
    let counts = Arc::clone(&layer.intake.counts);
    let wake = layer.intake.sender.clone();
    let (ended, end) = mpsc::sync_channel(0);
    let work = move || {
        // Dropped at the end, whichever it is.
        let _ended: SyncSender<()> = ended;
        writer.run();
    };
    thread::Builder::new().name("logs".to_owned()).spawn(work).map_err(Error::Thread)?;
    Ok((layer, Guard { counts, wake, end }))
}

/// Both ends of the queue.
fn queue(settings: Settings, clock: Arc<dyn Clock>, waiting: usize) -> Result<(FileLayer, Writer), Error> {
    let Settings { folder, services, rotation } = settings;
    if let Some(name) = services.iter().find(|name| !folder::is_name(name)) {
        return Err(Error::Name(name.clone()));
    }
    let mut names = vec![STRATA.to_owned()];
    names.extend(services.into_iter().filter(|name| name != STRATA));
    let (sender, receiver) = mpsc::sync_channel(waiting);
    let counts = Arc::<Counts>::default();
    let writer = Writer {
        receiver,
        counts: Arc::clone(&counts),
        told: 0,
        claim: Claim::on(&folder),
        files: names.iter().map(|name| LogFile::of(name.clone(), rotation)).collect(),
        clock: Arc::clone(&clock),
    };
    let services = names.into_iter().enumerate().map(|(file, name)| (name, file)).collect();
    Ok((FileLayer { intake: Intake { sender, counts }, services, clock }, writer))
}

/// Keeps the files written. Drop it last: it waits until what was said is in the files, but for no longer than 5 s.
/// What is said afterwards is dropped.
#[derive(Debug)]
pub struct Guard {
    counts: Arc<Counts>,
    wake: SyncSender<Message>,
    end: Receiver<()>,
}

impl Guard {
    /// Lines that were dropped since the start, because the queue was full or the disk did not take them.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.counts.ending.store(true, Ordering::SeqCst);
        // If the queue is full, nobody needs to be woken.
        let _ = self.wake.try_send(Message::Wake);
        if self.end.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the last lines of the logs were not written in time");
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    dropped: AtomicU64,
    ending: AtomicBool,
}

#[derive(Debug)]
enum Message {
    /// For which file.
    Line(usize, Vec<u8>),
    Wake,
}

/// The near end of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    sender: SyncSender<Message>,
    counts: Arc<Counts>,
}

impl Intake {
    /// Hands a line over, or counts it if there is no room.
    pub(crate) fn offer(&self, file: usize, line: Vec<u8>) {
        if self.counts.ending.load(Ordering::SeqCst) {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.sender.try_send(Message::Line(file, line)) {
            self.counts.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The far end.
#[derive(Debug)]
struct Writer {
    receiver: Receiver<Message>,
    counts: Arc<Counts>,
    /// Of the dropped lines, those that the log tells of.
    told: u64,
    claim: Claim,
    files: Vec<LogFile>,
    clock: Arc<dyn Clock>,
}

impl Writer {
    /// Until the guard is dropped and the queue is empty. Nothing gathered is held while it waits.
    fn run(mut self) {
        loop {
            let ending = self.counts.ending.load(Ordering::SeqCst);
            let first = if ending { self.receiver.try_recv().ok() } else { self.receiver.recv().ok() };
            let Some(first) = first else { break };
            self.take(first);
            for _ in 1..AT_ONCE {
                let Ok(message) = self.receiver.try_recv() else { break };
                self.take(message);
            }
            self.flush();
        }
    }

    fn take(&mut self, message: Message) {
        if let Message::Line(file, line) = message {
            let lost = self.files[file].take(&line, &mut self.claim);
            self.counts.dropped.fetch_add(lost, Ordering::SeqCst);
        }
    }

    fn flush(&mut self) {
        let lost = self.files.iter_mut().map(|file| file.flush(&mut self.claim)).sum();
        let dropped = self.counts.dropped.fetch_add(lost, Ordering::SeqCst) + lost;
        if dropped > self.told {
            let note = self.note(dropped - self.told).to_bytes();
            let file = &mut self.files[0];
            // A note that is lost is no lost line: the next one tells of the same.
            if file.take(&note, &mut self.claim) + file.flush(&mut self.claim) == 0 {
                self.told = dropped;
            }
        }
    }

    fn note(&self, dropped: u64) -> Line {
        Line {
            time: Timestamp(self.clock.now_micros()),
            level: Level::WARN,
            service: STRATA.to_owned(),
            target: module_path!().to_owned(),
            message: "lines were dropped: more was said than the disk took".to_owned(),
            span: String::new(),
            fields: Map::from_iter([("dropped".to_owned(), dropped.into())]),
        }
    }
}

#[cfg(test)]
mod tests;
