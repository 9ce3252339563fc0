//! The rows of one kind: who stands at each key, and which rows still matter.

use std::cmp::Ordering;

use strata_features::Timeline;
use strata_types::{MINUTE, Timestamp};

use crate::change::{Rank, Tie};

/// So long after the patient's newest record ties are remembered.
const TIES: i64 = 10 * MINUTE;

/// What a kind of rows is to the store.
pub(crate) trait Kind: Clone {
    /// How far back its rows count one by one, in microseconds.
    const WINDOW: i64;

    /// When it happened, and of labs the variable.
    fn place(&self) -> (Timestamp, u8);

    /// When it became known.
    fn known(&self) -> Timestamp;

    /// The order of a timeline; rows that are equal in it are the same row.
    fn order(&self, other: &Self) -> Ordering;

    /// Of rows older than the window, in the order of a timeline, those that a vector as of t or later can still see.
    fn keep(old: &[Self], t: Timestamp) -> Vec<bool>;

    /// The part of a timeline that is made of them.
    fn of(timeline: &mut Timeline) -> &mut Vec<Self>;
}

/// The rows of one kind, by time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part<R>(pub(crate) Vec<Entry<R>>);

/// Who stands at a key; or an old row of which nothing but itself is known any more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<R> {
    pub(crate) time: Timestamp,
    /// Of labs, the variable.
    pub(crate) code: u8,
    /// The number of its name; 0 where the rank is gone.
    pub(crate) name: u32,
    /// `None` of an old row, which is known to have won.
    pub(crate) rank: Option<Rank>,
    /// `None` of a refused record.
    pub(crate) row: Option<R>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It stands.
    Stands,
    /// Something greater stands, or the same.
    Falls,
    /// It cannot be judged here: its key has been let go, or how to decide a tie.
    Late,
}

impl<R> Default for Part<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Kind> Part<R> {
    /// Lets a record have its say.
    pub(crate) fn apply(&mut self, entry: Entry<R>) -> Taken {
        let from = self.0.partition_point(|other| other.time < entry.time);
        let same = self.0[from..].iter().take_while(|other| other.time == entry.time);
        let same = same
            .enumerate()
            .find(|(_, other)| other.rank.is_some() && other.code == entry.code && other.name == entry.name);
        let Some((at, standing)) = same else {
            let after = self.0[from..].partition_point(|other| other.time == entry.time);
            self.0.insert(from + after, entry);
            return Taken::Stands;
        };
        match compare(entry.rank.as_ref(), standing.rank.as_ref()) {
            Some(Ordering::Greater) => {
                self.0[from + at] = entry;
                Taken::Stands
            }
            Some(_) => Taken::Falls,
            // Whichever of two equal rows stands does not matter.
            None if is_same(standing.row.as_ref(), entry.row.as_ref()) => Taken::Falls,
            None => Taken::Late,
        }
    }

    /// The newest time at which a row stands.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.0.iter().rev().find(|entry| entry.row.is_some()).map(|entry| entry.time)
    }

    /// The newest time at which anything became known.
    pub(crate) fn known(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|entry| entry.row.as_ref().map(Kind::known)).max()
    }

    /// Lets go what no vector as of `t` or later can see: of what is not after `horizon`. Gives when the newest of what was
    /// looked at became known.
    pub(crate) fn settle(&mut self, t: Timestamp, horizon: Timestamp) -> Option<Timestamp> {
        let old = self.0.partition_point(|entry| entry.time <= horizon);
        if self.0[..old].iter().all(|entry| entry.rank.is_none()) {
            return None;
        }
        let recent = self.0.split_off(old);
        let mut timeline = Timeline::default();
        R::of(&mut timeline).extend(self.0.drain(..).filter_map(|entry| entry.row));
        timeline.sort();
        let rows = std::mem::take(R::of(&mut timeline));
        let known = rows.iter().map(Kind::known).max();
        let kept = R::keep(&rows, t);
        self.0.extend(rows.into_iter().zip(kept).filter(|(_, keep)| *keep).map(|(row, _)| Entry::old(row)));
        self.0.extend(recent);
        known
    }

    /// Forgets how ties are decided among records that came long before `newest`.
    pub(crate) fn forget_ties(&mut self, newest: Timestamp) {
        for rank in self.0.iter_mut().filter_map(|entry| entry.rank.as_mut()) {
            if rank.ingested_at < newest - TIES {
                rank.tie = None;
            }
        }
    }

    /// When the newest of its records was taken in.
    pub(crate) fn ingested(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|entry| entry.rank.as_ref().map(|rank| rank.ingested_at)).max()
    }
}

impl<R: Kind> Entry<R> {
    /// A row that is known to have won.
    fn old(row: R) -> Self {
        let (time, code) = R::place(&row);
        Self { time, code, name: 0, rank: None, row: Some(row) }
    }
}

fn is_same<R: Kind>(a: Option<&R>, b: Option<&R>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.order(b).is_eq(),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Which rank is greater; `None` when that is not known any more.
pub(crate) fn compare(new: Option<&Rank>, standing: Option<&Rank>) -> Option<Ordering> {
    let (new, standing) = new.zip(standing)?;
    let ties = |a: &Option<Tie>, b: &Option<Tie>| Some(a.as_ref()?.cmp(b.as_ref()?));
    match new.ingested_at.cmp(&standing.ingested_at) {
        Ordering::Equal => ties(&new.tie, &standing.tie),
        decided => Some(decided),
    }
}
