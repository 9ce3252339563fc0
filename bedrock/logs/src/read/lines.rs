//! Several services' lines, merged by time.

use std::collections::{BTreeMap, VecDeque};

use super::Reader;
use super::track::Track;
use crate::{Error, Line, folder};

/// The lines that a [`Reader`] wants, the earliest first; in memory is one of each service, and the [last](Reader::last)
/// so many if that was asked for.
///
/// The end means that there is no more now: asked again, it gives what came since.
#[derive(Debug)]
pub struct Lines {
    reader: Reader,
    tracks: BTreeMap<String, Head>,
    /// The last lines of those that were there at the start.
    last: VecDeque<Line>,
    /// Whether every track has been asked since the last end.
    asked: bool,
    skipped: u64,
}

/// A track and its next line.
#[derive(Debug)]
struct Head {
    track: Track,
    next: Option<Line>,
    /// Whether there was none when it was last asked.
    at_its_end: bool,
}

impl Lines {
    pub(super) fn of(reader: Reader) -> Result<Self, Error> {
        let last = reader.last;
        let mut lines = Self { reader, tracks: BTreeMap::new(), last: VecDeque::new(), asked: false, skipped: 0 };
        if let Some(last) = last {
            lines.skip_to_last(last)?;
        }
        Ok(lines)
    }

    /// What was passed over because it is no line: torn by a crash, longer than a line can be, or not ours.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn skip_to_last(&mut self, lines: usize) -> Result<(), Error> {
        self.find_tracks()?;
        let Self { reader, tracks, .. } = self;
        for head in tracks.values_mut() {
            head.track.skip_to_last(lines, |line| reader.wants(line)).map_err(Error::read(&reader.folder))?;
        }
        let mut last = VecDeque::new();
        while let Some(line) = self.merged()? {
            last.push_back(line);
            if last.len() > lines {
                last.pop_front();
            }
        }
        self.last = last;
        Ok(())
    }

    /// The earliest line that is next on any track.
    fn merged(&mut self) -> Result<Option<Line>, Error> {
        if !self.asked {
            self.find_tracks()?;
            self.tracks.values_mut().for_each(|head| head.at_its_end = false);
            self.asked = true;
        }
        for head in self.tracks.values_mut() {
            while head.next.is_none() && !head.at_its_end {
                let next = head.track.next().map_err(Error::read(&self.reader.folder))?;
                head.at_its_end = next.is_none();
                head.next = next.filter(|line| self.reader.wants(line));
                self.skipped += head.track.take_skipped();
            }
        }
        let waiting = self.tracks.values_mut().filter(|head| head.next.is_some());
        let earliest = waiting.min_by_key(|head| head.next.as_ref().map(|line| line.time));
        let line = earliest.and_then(|head| head.next.take());
        self.asked = line.is_some();
        Ok(line)
    }

    /// Services come as they say their first line. Names are taken from the folder, so that asking names no file.
    fn find_tracks(&mut self) -> Result<(), Error> {
        let Self { reader, tracks, .. } = self;
        let read = || Error::read(&reader.folder);
        for (service, _) in folder::list(&reader.folder).map_err(read())? {
            if !reader.wants_service(&service) || tracks.contains_key(&service) {
                continue;
            }
            let mut track = Track::new(&reader.folder, &service);
            if let Some(since) = reader.since {
                track.skip_to(since).map_err(read())?;
            }
            tracks.insert(service, Head { track, next: None, at_its_end: false });
        }
        Ok(())
    }
}

impl Iterator for Lines {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.last.pop_front() {
            Some(line) => Some(Ok(line)),
            None => self.merged().transpose(),
        }
    }
}
