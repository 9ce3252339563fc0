//! Which rows of a part are known, as time goes on, and which have left a window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use strata_types::Timestamp;

use crate::timeline::{AdverseEvent, Dose, Lab, Vitals};

/// What happened at one time and was known at another.
pub(super) trait Row {
    fn time(&self) -> Timestamp;
    fn known_at(&self) -> Timestamp;
}

/// The rows that happened and were known by a time that only moves forward.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// The first row that has not happened yet.
    next: usize,
    /// Rows that have happened and are not known yet, the next to be known on top.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
    known: Known,
    /// Those that come in with this step.
    new: Vec<usize>,
}

/// Which rows have come in.
#[derive(Debug)]
pub(super) struct Known {
    rows: Vec<bool>,
    /// After the newest of them.
    end: usize,
}

impl Arrivals {
    pub(super) fn new<R>(rows: &[R]) -> Self {
        let known = Known { rows: vec![false; rows.len()], end: 0 };
        Self { next: 0, waiting: BinaryHeap::new(), known, new: Vec::new() }
    }

    /// Goes on to `t`: `come` is told of every row that comes in, oldest first; each does once, whenever it is known.
    pub(super) fn advance<R: Row>(&mut self, rows: &[R], t: Timestamp, mut come: impl FnMut(&Known, usize, &R)) {
        self.new.clear();
        while let Some(Reverse((_, index))) = self.waiting.peek().filter(|first| first.0.0 <= t) {
            self.new.push(*index);
            self.waiting.pop();
        }
        self.new.sort_unstable();
        while let Some(row) = rows.get(self.next).filter(|row| row.time() <= t) {
            if row.known_at() <= t {
                self.new.push(self.next);
            } else {
                self.waiting.push(Reverse((row.known_at(), self.next)));
            }
            self.next += 1;
        }
        for index in &self.new {
            self.known.rows[*index] = true;
            self.known.end = self.known.end.max(index + 1);
            come(&self.known, *index, &rows[*index]);
        }
    }

    pub(super) const fn known(&self) -> &Known {
        &self.known
    }
}

impl Known {
    /// After the newest of them.
    pub(super) const fn end(&self) -> usize {
        self.end
    }

    /// The newest before this row.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        self.rows[..index].iter().rposition(|known| *known)
    }

    /// Those after this row, oldest first.
    pub(super) fn after(&self, index: usize) -> impl Iterator<Item = usize> {
        (index + 1..self.end).filter(|later| self.rows[*later])
    }
}

/// The old end of a window (t - w, t].
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The first row inside.
    first: usize,
}

impl Tail {
    /// Lets rows go that happened by `until`; of those that had come in, `leave` is told. Done before others come in.
    pub(super) fn advance<R: Row>(
        &mut self,
        rows: &[R],
        arrivals: &Arrivals,
        until: Timestamp,
        mut leave: impl FnMut(usize, &R),
    ) {
        while let Some(row) = rows.get(self.first).filter(|row| row.time() <= until) {
            if arrivals.known.rows[self.first] {
                leave(self.first, row);
            }
            self.first += 1;
        }
    }

    /// Whether a row that comes in is inside.
    pub(super) const fn holds(&self, index: usize) -> bool {
        index >= self.first
    }

    pub(super) const fn first(&self) -> usize {
        self.first
    }
}

impl Row for Vitals {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn known_at(&self) -> Timestamp {
        self.available_at
    }
}

impl Row for Lab {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn known_at(&self) -> Timestamp {
        self.available_at
    }
}

impl Row for Dose {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn known_at(&self) -> Timestamp {
        self.available_at
    }
}

impl Row for AdverseEvent {
    fn time(&self) -> Timestamp {
        self.onset
    }

    fn known_at(&self) -> Timestamp {
        self.reported_at
    }
}
