//! A patient's way through the latent process, and what it does to the body.

use std::ops::Range;

use strata_types::HOUR;

use super::cause::{COURSES, Cause};
use super::hazard::{GRADES, GRAVE_RECOVERY, HORIZON, Hazard, LONGEST_RAMP, MILD_RECOVERY, Risk, SUBSIDES, State};
use super::random::Dice;
use super::signs::Signs;

/// Hours in which the signs of a deterioration that subsides fade.
const FADING: f64 = 4.0;

/// What happens to a patient: deteriorations, events and the hour of death.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) episodes: Vec<Episode>,
    /// The hour before which the record ends: death, or the end of the hospital.
    pub(super) until: u32,
    /// The state on each hour from the patient's first.
    states: Vec<State>,
    first_hour: u32,
    hours: u32,
}

/// A deterioration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Episode {
    pub(super) cause: Cause,
    pub(super) outcome: Outcome,
    /// The hour in which it starts, and its length if it does not subside.
    pub(super) began: u32,
    ramp: u32,
    /// How strongly this patient's body shows it.
    strength: f64,
}

/// What becomes of a deterioration.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// Still on its way when the record ends.
    Open,
    /// It subsided in this hour.
    Subsided { hour: u32 },
    /// It became an event.
    Event(Onset),
}

/// An event; times are microseconds from the start of the hospital.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onset {
    pub(super) at: i64,
    pub(super) grade: usize,
    /// Not after a death.
    pub(super) resolved: Option<i64>,
}

impl Onset {
    /// Whether it counts for the label.
    pub(super) fn is_grave(&self) -> bool {
        self.grade >= 3
    }
}

impl Path {
    /// Walks hour by hour, with the probabilities that [`Risk`] counts with.
    pub(super) fn walk(hazard: &Hazard, hours: Range<u32>, dice: &mut Dice) -> Self {
        let mut path = Self {
            episodes: Vec::new(),
            until: hours.end,
            states: Vec::new(),
            first_hour: hours.start,
            hours: hours.end,
        };
        let mut state = State::Stable;
        for hour in hours {
            path.states.push(state);
            state = match state {
                State::Stable if dice.chance(hazard.starts()) => path.deteriorate(hazard, hour + 1, dice),
                State::Ramp { .. } if dice.chance(SUBSIDES) => {
                    path.end(Outcome::Subsided { hour: hour + 1 }, State::Stable)
                }
                State::Ramp { left: 1 } => path.set_in(hour, dice),
                State::Ramp { left } => State::Ramp { left: left - 1 },
                State::Recovering { left } if left > 1 => State::Recovering { left: left - 1 },
                State::Dead => State::Dead,
                State::Stable | State::Recovering { .. } => State::Stable,
            };
            if state == State::Dead && path.until > hour + 1 {
                path.until = hour + 1;
            }
        }
        path
    }

    /// The true risk on each hour that has a label, with that label. Hours from a grave event
    /// until its resolution have none, nor have hours whose horizon passes the end.
    pub(super) fn scored(&self, risk: &Risk) -> Vec<(f64, bool)> {
        let horizon = HORIZON as i64 * HOUR;
        let grave: Vec<Onset> = self.onsets().map(|(_, onset)| onset).filter(Onset::is_grave).collect();
        let hours = (self.first_hour..).zip(&self.states).take_while(|(hour, _)| hour + HORIZON as u32 <= self.hours);
        hours
            .map(|(hour, state)| (i64::from(hour) * HOUR, *state))
            .filter(|(time, _)| !grave.iter().any(|onset| onset.lasts(*time)))
            .map(|(time, state)| {
                (risk.at(state), grave.iter().any(|onset| onset.at > time && onset.at <= time + horizon))
            })
            .collect()
    }

    /// The events, with their causes.
    pub(super) fn onsets(&self) -> impl Iterator<Item = (Cause, Onset)> {
        self.episodes.iter().filter_map(|episode| match episode.outcome {
            Outcome::Event(onset) => Some((episode.cause, onset)),
            _ => None,
        })
    }

    /// What is added to the vital signs at a time, in hours.
    pub(super) fn sign_effects(&self, hour: f64) -> Signs {
        let mut effects = [0.0; 6];
        for episode in &self.episodes {
            let intensity = episode.intensity(hour);
            if intensity > 0.0 {
                for (effect, full) in effects.iter_mut().zip(episode.cause.course().signs) {
                    *effect += full * intensity;
                }
            }
        }
        effects
    }

    /// What a laboratory value is multiplied with at a time, in hours.
    pub(super) fn lab_effect(&self, name: &str, hour: f64) -> f64 {
        let effect = |episode: &Episode| {
            let full = episode.cause.course().labs.iter().find(|(lab, _)| *lab == name);
            full.map_or(1.0, |(_, full)| full.powf(episode.intensity(hour)))
        };
        self.episodes.iter().map(effect).product()
    }

    /// The greatest intensity at a time, in hours, and its cause.
    pub(super) fn worst(&self, hour: f64) -> (f64, Option<Cause>) {
        let intensities = self.episodes.iter().map(|episode| (episode.intensity(hour), Some(episode.cause)));
        intensities.fold((0.0, None), |worst, this| if this.0 > worst.0 { this } else { worst })
    }

    fn deteriorate(&mut self, hazard: &Hazard, began: u32, dice: &mut Dice) -> State {
        let course = &COURSES[dice.weighted(&hazard.0)];
        let ramp = dice.whole(course.ramp_hours.0, course.ramp_hours.1);
        debug_assert!(ramp as usize <= LONGEST_RAMP);
        let strength = dice.uniform(0.75, 1.25);
        self.episodes.push(Episode { cause: course.cause, outcome: Outcome::Open, began, ramp, strength });
        State::Ramp { left: ramp }
    }

    /// The event sets in within this hour.
    fn set_in(&mut self, hour: u32, dice: &mut Dice) -> State {
        let at = i64::from(hour) * HOUR + dice.seconds(1, 3600);
        let grade = dice.weighted(&GRADES) + 1;
        if grade == 5 {
            return self.end(Outcome::Event(Onset { at, grade, resolved: None }), State::Dead);
        }
        let (low, high) = if grade >= 3 { GRAVE_RECOVERY } else { MILD_RECOVERY };
        let left = dice.whole(low, high);
        // Over within the last hour of recovery, so that the next full hour has a label again.
        let resolved = Some(i64::from(hour + 1 + left) * HOUR - dice.seconds(0, 3599));
        self.end(Outcome::Event(Onset { at, grade, resolved }), State::Recovering { left })
    }

    fn end(&mut self, outcome: Outcome, state: State) -> State {
        if let Some(episode) = self.episodes.last_mut() {
            episode.outcome = outcome;
        }
        state
    }
}

impl Onset {
    fn lasts(&self, time: i64) -> bool {
        time >= self.at && self.resolved.is_none_or(|resolved| time < resolved)
    }
}

impl Episode {
    /// The hour from which the body shows at least this share of it, if it comes that far.
    pub(super) fn reaches(&self, share: f64) -> Option<u32> {
        let hour = f64::from(self.began) + share * f64::from(self.ramp);
        match self.outcome {
            Outcome::Subsided { hour: end } if hour >= f64::from(end) => None,
            _ => Some(hour.ceil() as u32),
        }
    }

    /// How much of the deterioration the body shows at a time, in hours: 0, rising
    /// to about 1, and falling while the patient recovers.
    fn intensity(&self, hour: f64) -> f64 {
        let ramp = |hour: f64| ((hour - f64::from(self.began)) / f64::from(self.ramp)).clamp(0.0, 1.0);
        let (end, falls_for) = match self.outcome {
            Outcome::Open => (f64::INFINITY, 1.0),
            Outcome::Subsided { hour } => (f64::from(hour), FADING),
            Outcome::Event(Onset { at, resolved, .. }) => {
                (hours_of(at), resolved.map_or(f64::INFINITY, |resolved| hours_of(resolved - at)))
            }
        };
        if hour <= f64::from(self.began) {
            0.0
        } else if hour <= end {
            self.strength * ramp(hour)
        } else {
            self.strength * ramp(end) * (1.0 - (hour - end) / falls_for).max(0.0)
        }
    }
}

fn hours_of(micros: i64) -> f64 {
    micros as f64 / HOUR as f64
}
