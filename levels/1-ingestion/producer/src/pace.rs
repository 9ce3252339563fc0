//! How fast: who may go when, by a pure clock.

use std::time::Duration;

use strata_types::Timestamp;

use crate::Error;

/// How late the next record may be without its place being lost. It bounds what goes at once after a pause, and makes up
/// for timers, which wake a millisecond or two late.
const SLACK: f64 = 0.010;

/// How fast records go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// As fast as the log takes them.
    #[default]
    Unbounded,
    /// So many events in a second.
    PerSecond(f64),
    /// As they arrived in life, so many times faster.
    TimesLife(f64),
}

impl Pace {
    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Self::PerSecond(pace) | Self::TimesLife(pace) if !(pace.is_finite() && pace > 0.0) => {
                Err(Error::Pace(pace))
            }
            _ => Ok(()),
        }
    }

    /// When a history of so many microseconds has to start, so that it happens now: no record lies in the future when it is
    /// sent, and the last one is sent as it happens. At the pace of life that is a history that starts now; at any other
    /// it is one that ends when the sending does, or, where its end cannot be foreseen, one that ends now.
    #[must_use]
    pub fn start(self, now: Timestamp, history_micros: i64) -> Timestamp {
        let behind = match self {
            Self::TimesLife(times) => 1.0 - 1.0 / times,
            Self::Unbounded | Self::PerSecond(_) => 1.0,
        };
        now - (history_micros as f64 * behind.max(0.0)) as i64
    }
}

/// Gives each record its place in time. Pure: the time is told.
#[derive(Debug)]
pub(crate) enum Schedule {
    Unbounded,
    /// Places lie `step` seconds apart, counted from `origin`, so that no rounding adds up.
    Steady {
        step: f64,
        origin: f64,
        given: u64,
    },
    Life {
        times: f64,
        first: Option<Timestamp>,
        last: Duration,
    },
}

impl Schedule {
    pub(crate) fn new(pace: Pace) -> Self {
        match pace {
            Pace::Unbounded => Self::Unbounded,
            Pace::PerSecond(rate) => Self::Steady { step: 1.0 / rate, origin: 0.0, given: 0 },
            Pace::TimesLife(times) => Self::Life { times, first: None, last: Duration::ZERO },
        }
    }

    /// When the next record may go, as a time since the beginning; `now` is one too. `None`: at once.
    ///
    /// Whoever is asked for and not sent loses its place. A steady pace that is held up by more than its slack does not
    /// catch up, or a log that comes back would get all at once what it missed; life is followed, however late.
    pub(crate) fn place(
        &mut self,
        arrived_at: Option<Timestamp>,
        now: impl FnOnce() -> Duration,
    ) -> Result<Option<Duration>, Error> {
        match self {
            Self::Unbounded => Ok(None),
            Self::Steady { step, origin, given } => {
                let mut due = *origin + *given as f64 * *step;
                let earliest = now().as_secs_f64() - SLACK;
                if due < earliest {
                    (*origin, *given, due) = (earliest, 0, earliest);
                }
                *given += 1;
                Ok(Some(seconds(due)))
            }
            Self::Life { times, first, last } => {
                match (arrived_at, &first) {
                    (None, None) => return Err(Error::NoArrival),
                    // It goes with the one before.
                    (None, Some(_)) => {}
                    (Some(arrived), first_known) => {
                        let first_arrival = first_known.unwrap_or(arrived);
                        *first = Some(first_arrival);
                        *last = seconds((arrived.0 - first_arrival.0) as f64 / 1e6 / *times);
                    }
                }
                Ok(Some(*last))
            }
        }
    }
}

/// Seconds that may be negative or beyond all measure as a duration.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
