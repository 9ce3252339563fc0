//! Statistics of any signals over windows of any lengths, at every step of a grid of times.
//!
//! Time is cut into panes so that every window is a whole number of them. A value is summed once, into its pane; the
//! windows then slide over panes, which is cheap because there are few, and exact because the [sums](crate::sums) are.

use strata_types::Timestamp;

use crate::highest::Highest;
use crate::sums::{Fixed, Line};

/// At which times which windows are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    start: Timestamp,
    every: i64,
    steps: usize,
    windows: Vec<i64>,
    closed: Closed,
    /// The length of a pane.
    pane: i64,
    /// Panes before the start, for the first windows.
    before: usize,
}

/// Which of its ends belongs to a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// (b - w, b]: what happened by b, as in every feature.
    Right,
    /// [b - w, b): what happened before b.
    Left,
}

/// What is said of a signal in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// The mean.
    Mean,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The sample standard deviation; null below two values.
    Std,
    /// The most recent value.
    Last,
    /// How many values there are; 0 in an empty window, where all others are null.
    Count,
    /// The least-squares slope per hour; null below two distinct times.
    Slope,
}

impl Stat {
    /// Every statistic.
    pub const ALL: [Self; 7] = [Self::Mean, Self::Min, Self::Max, Self::Std, Self::Last, Self::Count, Self::Slope];

    /// Its name in a column's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Std => "std",
            Self::Last => "last",
            Self::Count => "count",
            Self::Slope => "slope",
        }
    }
}

/// A grid that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidGrid(String);

/// More panes than this for one signal of one patient are no windows any more.
const MOST_PANES: i64 = 1_000_000;

impl Grid {
    /// The boundaries start + every, start + 2 every, ..., and at each the windows that end there.
    pub fn new(
        start: Timestamp,
        every: i64,
        steps: usize,
        windows: Vec<i64>,
        closed: Closed,
    ) -> Result<Self, InvalidGrid> {
        let refuse = |reason: &str| Err(InvalidGrid(reason.to_owned()));
        if every <= 0 || steps == 0 {
            return refuse("a grid needs a step above 0 and an end after its start");
        }
        let Some(longest) = windows.iter().copied().max().filter(|_| windows.iter().all(|window| *window > 0)) else {
            return refuse("windows are longer than 0, and there is at least one");
        };
        let pane = windows.iter().copied().fold(every, gcd);
        let before = (longest - every).max(0) / pane;
        if i128::from(every / pane) * steps as i128 + i128::from(before) > i128::from(MOST_PANES) {
            return refuse(
                "windows and step share only a short unit, so there are too many panes: choose rounder ones",
            );
        }
        Ok(Self { start, every, steps, windows, closed, pane, before: before as usize })
    }

    /// The boundaries, at which windows end.
    pub fn boundaries(&self) -> impl Iterator<Item = Timestamp> {
        (1..=self.steps as i64).map(|step| self.start + step * self.every)
    }

    /// The pane of a time; `None` when no window reaches it.
    pub fn pane(&self, time: Timestamp) -> Option<usize> {
        let since = time.0 - self.start.0 - i64::from(self.closed == Closed::Right);
        let pane = since.div_euclid(self.pane) + self.before as i64;
        usize::try_from(pane).ok().filter(|pane| *pane < self.panes())
    }

    fn panes(&self) -> usize {
        self.before + self.steps * (self.every / self.pane) as usize
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One patient's panes, of a number of signals.
#[derive(Clone, Debug)]
pub struct Panes {
    /// Signal by signal.
    panes: Vec<Pane>,
    of_signal: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pane {
    line: Line,
    min: f64,
    max: f64,
    last: f64,
    last_time: i64,
}

impl Pane {
    const NONE: Self =
        Self { line: Line::NONE, min: f64::INFINITY, max: f64::NEG_INFINITY, last: f64::NAN, last_time: i64::MIN };
}

impl Panes {
    /// Empty panes.
    pub fn new(grid: &Grid, signals: usize) -> Self {
        Self { panes: vec![Pane::NONE; grid.panes() * signals], of_signal: grid.panes() }
    }

    /// As when they were new, for another patient.
    pub fn clear(&mut self) {
        self.panes.fill(Pane::NONE);
    }

    /// Takes in values of a signal, with their times and [panes](Grid::pane), in any order. NaN is missing.
    ///
    /// Of several values of one time the one that comes last is the most recent.
    pub fn take(&mut self, grid: &Grid, signal: usize, values: impl Iterator<Item = (Timestamp, usize, f64)>) {
        let panes = &mut self.panes[signal * self.of_signal..][..self.of_signal];
        for (time, pane, value) in values {
            let Some(pane) = panes.get_mut(pane).filter(|_| !value.is_nan()) else { continue };
            pane.line.add(Fixed::of(value), time.0 - grid.start.0);
            pane.min = if value < pane.min { value } else { pane.min };
            pane.max = if value > pane.max { value } else { pane.max };
            if time.0 >= pane.last_time {
                (pane.last, pane.last_time) = (value, time.0);
            }
        }
    }

    /// Gives, for each signal, window and statistic in this order, its values at the boundaries; NaN is null.
    pub fn windows(&self, grid: &Grid, stats: &[Stat], mut give: impl FnMut(&[f64])) {
        let step = (grid.every / grid.pane) as usize;
        let mut values = vec![vec![f64::NAN; grid.steps]; stats.len()];
        for panes in self.panes.chunks(self.of_signal) {
            for window in &grid.windows {
                let length = (window / grid.pane) as usize;
                let mut slide = Slide::default();
                for boundary in 0..grid.steps {
                    let end = grid.before + (boundary + 1) * step;
                    slide.to(panes, end - length.min(end), end);
                    for (values, stat) in values.iter_mut().zip(stats) {
                        values[boundary] = slide.says(*stat);
                    }
                }
                for of_stat in &values {
                    give(of_stat);
                }
            }
        }
    }
}

/// A window over panes, which moves on.
#[derive(Debug)]
struct Slide {
    first: usize,
    end: usize,
    line: Line,
    highest: Highest,
    /// The highest of the values with their sign changed.
    lowest: Highest,
    last: Option<(usize, f64)>,
}

impl Default for Slide {
    fn default() -> Self {
        Self { first: 0, end: 0, line: Line::NONE, highest: Highest::default(), lowest: Highest::default(), last: None }
    }
}

impl Slide {
    fn to(&mut self, panes: &[Pane], first: usize, end: usize) {
        for pane in &panes[self.first.min(self.end)..first.min(self.end)] {
            self.line.part(&pane.line);
        }
        for (index, pane) in panes.iter().enumerate().take(end).skip(self.end.max(first)) {
            if pane.line.level().n() > 0 {
                self.line.merge(&pane.line);
                self.highest.take(index, pane.max);
                self.lowest.take(index, -pane.min);
                self.last = Some((index, pane.last));
            }
        }
        (self.first, self.end) = (first, end);
        self.highest.leave(first);
        self.lowest.leave(first);
    }

    fn says(&self, stat: Stat) -> f64 {
        match stat {
            Stat::Mean => self.line.level().mean(),
            Stat::Min => -self.lowest.from(self.first),
            Stat::Max => self.highest.from(self.first),
            Stat::Std => self.line.spread().std(),
            Stat::Last => self.last.filter(|(index, _)| *index >= self.first).map_or(f64::NAN, |(_, value)| value),
            Stat::Count => f64::from(self.line.level().n()),
            Stat::Slope => self.line.slope(),
        }
    }
}
