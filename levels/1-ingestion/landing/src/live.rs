//! The live log to bronze, each record exactly once.
//!
//! No offset is kept anywhere but in bronze: an object is named by the offset of its first record, so what has landed says
//! where to go on, after whatever end. A record that was read and not committed is read again; one that was committed is
//! not. Nothing else writes the live log's objects, because the data folder has one stack.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use futures::{StreamExt, TryStreamExt, stream};
use strata_broker::client::{Consumer, ConsumerSettings, Options, Record, Start};
use strata_objects::Objects;
use strata_types::{PARTITIONS, Timestamp, Topic};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::manifest::{Availability, Draft};
use crate::writer::commit;
use crate::{Bronze, Error};

/// The name of the live log in bronze.
pub const LIVE: &str = "live";

/// The topics that arrive live. Labels come with historical sets alone.
pub const LIVE_TOPICS: [Topic; 5] =
    [Topic::Vitals, Topic::Medications, Topic::Labs, Topic::AdverseEvents, Topic::Patients];

/// Records that are taken at once.
const MOST: usize = 20_000;
/// How often is looked for objects that are old enough, while nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// What is given to land the rest when it is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// How many objects are written at once.
const WRITERS: usize = 4;

/// When an object is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSettings {
    /// Raw bytes of one object.
    pub object_bytes: usize,
    /// Raw bytes of all open objects together: the bound on memory.
    pub open_bytes: usize,
    /// Since the object's first record was read: the bound on how late bronze is.
    pub age: Duration,
}

/// Reads the live log into bronze.
#[derive(Debug)]
pub struct Landing {
    objects: Objects,
    options: Options,
    settings: LiveSettings,
}

/// Objects that are being filled.
#[derive(Debug, Default)]
struct Open {
    drafts: BTreeMap<(Topic, u8), Filling>,
    /// The next offset of each partition.
    next: BTreeMap<(Topic, u8), u64>,
    bytes: usize,
}

#[derive(Debug)]
struct Filling {
    draft: Draft,
    since: Instant,
}

impl Landing {
    /// Lands the log at `options` in `objects`. Its topics have to exist, with 16 partitions each.
    pub fn new(objects: Objects, options: Options, settings: LiveSettings) -> Self {
        Self { objects, options, settings }
    }

    /// Runs until it is told to stop; then lands what the log holds, and commits. Says of each partition how far bronze goes, at the
    /// start and after each commit: what lies before may go from the log.
    pub async fn run(
        &self,
        stop: &CancellationToken,
        landed: &(dyn Fn(Topic, u8, u64) + Send + Sync),
    ) -> Result<(), Error> {
        let mut open = Open::default();
        let bronze = Bronze::new(self.objects.clone());
        for topic in LIVE_TOPICS {
            let ends = bronze.ends(topic, LIVE).await?;
            for partition in 0..PARTITIONS {
                let end = ends.get(&partition).copied().unwrap_or(0);
                open.next.insert((topic, partition), end);
                landed(topic, partition, end);
            }
        }
        let starts = open
            .next
            .iter()
            .map(|(&(topic, partition), &end)| (topic.name(), i32::from(partition), Start::At(end as i64)));
        let starts: Vec<_> = starts.collect();
        let consumer = Consumer::assign(&self.options, &ConsumerSettings::default(), &starts)?;
        let mut stopped = None;
        loop {
            if stop.is_cancelled() {
                stopped.get_or_insert_with(Instant::now);
            }
            let mut misfit = None;
            let taking = consumer.take(MOST, TICK, |record| {
                if misfit.is_none() {
                    misfit = open.take(record).err();
                }
            });
            let taken = tokio::select! {
                biased;
                taken = taking => taken?,
                () = stop.cancelled(), if stopped.is_none() => continue,
            };
            // What the log holds when it is told to stop lands too, as far as time allows.
            let drained = stopped.is_some_and(|since: Instant| taken == 0 || since.elapsed() > DRAIN);
            if let Some(drafts) = open.ripe(&self.settings, drained || misfit.is_some()) {
                self.land(drafts, landed).await?;
            }
            if let Some(misfit) = misfit {
                return Err(misfit);
            }
            if drained {
                return Ok(());
            }
        }
    }

    async fn land(&self, drafts: Vec<Draft>, landed: &(dyn Fn(Topic, u8, u64) + Send + Sync)) -> Result<(), Error> {
        let commits = stream::iter(drafts).map(|draft| async {
            let (topic, partition) = (draft.topic, draft.partition);
            let (manifest, _) = commit(&self.objects, LIVE, Availability::AtArrival, draft).await?;
            landed(topic, partition, manifest.end_offset());
            Ok::<_, Error>(())
        });
        commits.buffer_unordered(WRITERS).try_collect().await
    }
}

impl Open {
    fn take(&mut self, record: Record<'_>) -> Result<(), Error> {
        let Ok(topic) = record.topic.parse::<Topic>() else { return Ok(()) };
        let (partition, offset) = (record.partition as u8, record.offset as u64);
        let next = self.next.entry((topic, partition)).or_default();
        if offset != *next {
            return Err(Error::Gap { topic, partition, landed: *next, found: offset });
        }
        *next += 1;
        let filling = self
            .drafts
            .entry((topic, partition))
            .or_insert_with(|| Filling { draft: Draft::new(topic, partition, offset), since: Instant::now() });
        let before = filling.draft.lines.len();
        filling.draft.push(&line(record.payload.unwrap_or(b"null")), Timestamp(record.time_ms * 1_000));
        self.bytes += filling.draft.lines.len() - before;
        Ok(())
    }

    /// Takes out what is to be committed now.
    fn ripe(&mut self, settings: &LiveSettings, all: bool) -> Option<Vec<Draft>> {
        let all = all || self.bytes >= settings.open_bytes;
        let is_ripe = |filling: &Filling| {
            all || filling.draft.lines.len() >= settings.object_bytes || filling.since.elapsed() >= settings.age
        };
        let ripe: Vec<Draft> =
            self.drafts.extract_if(.., |_, filling| is_ripe(filling)).map(|(_, filling)| filling.draft).collect();
        self.bytes -= ripe.iter().map(|draft| draft.lines.len()).sum::<usize>();
        (!ripe.is_empty()).then_some(ripe)
    }
}

/// A record as a line. What is no line of UTF-8 becomes a JSON string, `"base64:..."`, which keeps every byte: bronze has
/// one record a line, and the refinery refuses a string with its reason.
fn line(payload: &[u8]) -> Cow<'_, [u8]> {
    if !payload.contains(&b'\n') && std::str::from_utf8(payload).is_ok() {
        return payload.into();
    }
    format!("\"base64:{}\"", base64::engine::general_purpose::STANDARD.encode(payload)).into_bytes().into()
}

/// The bytes that a line of bronze stands for, as they came.
pub fn as_it_came(line: &[u8]) -> Cow<'_, [u8]> {
    let text = line.strip_prefix(b"\"base64:").and_then(|rest| rest.strip_suffix(b"\""));
    let bytes = text.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    // Whatever could have been a line came as this very string.
    bytes.filter(|bytes| *self::line(bytes) == *line).map_or(Cow::Borrowed(line), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_record_comes_back(payload in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n')], 0..40)) {
            prop_assert_eq!(&*as_it_came(&line(&payload)), &payload);
        }
    }

    #[test]
    fn a_record_that_looks_like_one_that_is_none_is_itself() {
        for own in [&br#""base64:YQ==""#[..], br#""base64:?""#, br#""base64:""#] {
            assert_eq!(&*as_it_came(&line(own)), own);
        }
    }

    #[test]
    fn what_is_no_line_keeps_its_bytes() {
        assert_eq!(&*line(br#"{"a":1}"#), br#"{"a":1}"#);
        assert_eq!(&*line(b"a\nb"), b"\"base64:YQpi\"");
        assert_eq!(&*line(&[0xff]), b"\"base64:/w==\"");
    }
}
