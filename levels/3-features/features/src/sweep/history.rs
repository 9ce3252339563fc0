//! Who had the last word on each sign after each reading, and what that made of the hours of the last day.

use strata_types::{HOUR, Timestamp};

use super::arrivals::Known;
use crate::scores::news2::News2;
use crate::sign::COUNT;
use crate::snapshot::{HOURS, Latest, Snapshot};
use crate::timeline::Vitals;

/// After a reading: for each sign, then oxygen, then consciousness, the newest known reading up to it that says
/// anything, counted from 1.
type Words = [u32; COUNT + 2];

/// The words after every known reading, and the hours before t.
#[derive(Debug)]
pub(super) struct History {
    words: Vec<Words>,
    t: Option<Timestamp>,
    /// NEWS2's total at t, t - 1 h, ..., one more than it is; 0 is unknown.
    totals: [u8; HOURS],
}

impl History {
    pub(super) fn new(rows: &[Vitals]) -> Self {
        Self { words: vec![Words::default(); rows.len()], t: None, totals: [0; HOURS] }
    }

    /// Takes in a row that is known now. Readings after it keep their words where those are newer.
    pub(super) fn take(&mut self, known: &Known, index: usize, row: &Vitals) {
        let said = said(row);
        let word = index as u32 + 1;
        let mut words = known.before(index).map_or(Words::default(), |before| self.words[before]);
        for (slot, said) in words.iter_mut().zip(said) {
            *slot = if said { word } else { *slot };
        }
        self.words[index] = words;
        for later in known.after(index) {
            let mut changed = false;
            for (slot, said) in self.words[later].iter_mut().zip(said) {
                if said && *slot < word {
                    *slot = word;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Goes on to `t`: hours that lie before `changed` and were looked at move on, the others are looked at.
    pub(super) fn advance(
        &mut self,
        rows: &[Vitals],
        known: &Known,
        changed: Option<Timestamp>,
        snapshot: &mut Snapshot,
    ) {
        let t = snapshot.t;
        let step = self.t.map(|before| t.0 - before.0).filter(|step| step % HOUR == 0 && *step < HOURS as i64 * HOUR);
        let moved = step.map_or(HOURS, |step| (step / HOUR) as usize);
        let touched = changed.map_or(0, |changed| (t.0 - changed.0) / HOUR + 1).min(HOURS as i64) as usize;
        let stale = moved.max(touched);
        self.t = Some(t);
        self.totals.copy_within(..HOURS - moved, moved);
        self.totals[..stale].fill(0);
        let charted = &mut snapshot.windows.charted;
        for hours in &mut *charted {
            *hours = ((u64::from(*hours) << moved >> stale << stale) & ((1 << HOURS) - 1)) as u32;
        }
        let mut seen = None;
        let mut end = known.end();
        for hour in 0..stale {
            let at = t - hour as i64 * HOUR;
            end = rows[..end].partition_point(|row| row.time <= at);
            let Some(newest) = known.before(end) else { break };
            if seen == Some(newest) {
                self.totals[hour] = self.totals[hour - 1];
            } else {
                let latest = self.latest(rows, newest);
                let score = News2::of(&latest.for_news2(snapshot.patient.spo2_scale_2));
                self.totals[hour] = score.total().map_or(0, |total| total + 1);
                if hour == 0 {
                    (snapshot.latest, snapshot.warning.now) = (latest, score);
                }
            }
            seen = Some(newest);
            for (hours, word) in charted.iter_mut().zip(&self.words[newest]) {
                let within = row(rows, *word).is_some_and(|row| row.time > at - HOUR);
                *hours |= u32::from(within) << hour;
            }
        }
        snapshot.warning.six_hours_ago = self.totals[6].checked_sub(1);
        snapshot.warning.max_24h = self.totals.into_iter().max().and_then(|most| most.checked_sub(1));
    }

    /// The newest word on everything, after a reading.
    fn latest(&self, rows: &[Vitals], index: usize) -> Latest {
        let words = &self.words[index];
        let mut latest = Latest::NONE;
        for (sign, word) in words[..COUNT].iter().enumerate() {
            if let Some(row) = row(rows, *word) {
                latest.take_sign(sign, row);
            }
        }
        row(rows, words[COUNT]).inspect(|row| latest.take_oxygen(row));
        row(rows, words[COUNT + 1]).inspect(|row| latest.take_mind(row));
        latest
    }
}

/// The reading of a word.
fn row(rows: &[Vitals], word: u32) -> Option<&Vitals> {
    rows.get((word as usize).wrapping_sub(1))
}

/// Of what a reading says anything.
fn said(row: &Vitals) -> [bool; COUNT + 2] {
    let mut said = [false; COUNT + 2];
    for (said, value) in said.iter_mut().zip(&row.signs) {
        *said = !value.is_nan();
    }
    said[COUNT] = row.says_oxygen();
    said[COUNT + 1] = row.says_mind();
    said
}
