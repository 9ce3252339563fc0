//! Arbitrary records of one patient, and what silver makes of them: the model that the store is held to.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use strata_features::sign::{self, DBP, MAP, SBP};
use strata_features::{AdverseEvent, Class, Dose, Lab, PatientFacts, Timeline, Vector, Vitals, compute};
use strata_online_store::{Change, Rank, Recent, Tie, What};
use strata_types::drug::{DRUGS, Effect};
use strata_types::{HOUR, MINUTE, Timestamp, VARIABLES};

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_772_366_400_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Silver: of all records of a key the greatest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silver(BTreeMap<(u8, Timestamp, u8, Arc<str>), Change>);

impl Silver {
    pub(crate) fn apply(&mut self, change: &Change) {
        let kind = match &change.what {
            What::Patient(_) => (0, 0),
            What::Vitals(_) => (1, 0),
            What::Lab(code, _) => (2, *code),
            What::Dose(_) => (3, 0),
            What::AdverseEvent(_) => (4, 0),
        };
        let time = if kind.0 == 0 { Timestamp(0) } else { change.time };
        let key = (kind.0, time, kind.1, Arc::clone(&change.name));
        let rank = |change: &Change| (change.rank.ingested_at, change.rank.tie.clone());
        if self.0.get(&key).is_none_or(|standing| rank(standing) < rank(change)) {
            self.0.insert(key, change.clone());
        }
    }

    /// What it says of the patient: rows, and which keys a refused record holds.
    pub(crate) fn all(&self) -> Vec<Change> {
        self.0.values().cloned().collect()
    }

    pub(crate) fn timeline(&self) -> Timeline {
        let mut timeline = Timeline::default();
        for change in self.0.values() {
            match &change.what {
                What::Patient(facts) => timeline.patient = facts.unwrap_or_default(),
                What::Vitals(row) => timeline.vitals.extend(*row),
                What::Lab(_, row) => timeline.labs.extend(*row),
                What::Dose(row) => timeline.medications.extend(*row),
                What::AdverseEvent(row) => timeline.adverse_events.extend(*row),
            }
        }
        timeline.sort();
        timeline
    }
}

pub(crate) fn bits(vector: &Vector) -> Vec<u32> {
    vector.iter().map(|value| value.to_bits()).collect()
}

/// The names of the features in which a recent timeline differs from the whole record.
pub(crate) fn differing(recent: &Recent, silver: &Silver, t: Timestamp) -> Vec<&'static str> {
    let (ours, theirs) = (compute(&recent.timeline(), t), compute(&silver.timeline(), t));
    let differing = bits(&ours).into_iter().zip(bits(&theirs)).zip(&strata_features::FEATURES);
    differing.filter(|((ours, theirs), _)| ours != theirs).map(|(_, feature)| feature.name).collect()
}

/// A value as charts have it, or as arithmetic leaves it.
fn value(low: f64, high: f64) -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (low..high).prop_map(f64::round),
        2 => (low..high).prop_map(|value| (value * 10.0).round() / 10.0),
        1 => low..high,
    ]
}

fn sometimes(share: f64, value: impl Strategy<Value = f64>) -> impl Strategy<Value = f64> {
    (prop::bool::weighted(share), value).prop_map(|(there, value)| if there { value } else { f64::NAN })
}

fn vitals() -> impl Strategy<Value = What> {
    // Some readings say a single word: what is known by it alone has to outlive the full ones that follow.
    let signs = |share: f64| prop::collection::vec(sometimes(share, value(20.0, 160.0)), sign::COUNT);
    let signs = prop_oneof![2 => signs(0.95), 1 => signs(0.5), 2 => signs(0.05)];
    let word = || prop::option::weighted(0.3, any::<bool>());
    (signs, 0..8_u8, word(), word(), any::<bool>()).prop_map(|(signs, quality, altered, oxygen, computed)| {
        let mut row = Vitals::at(Timestamp(0));
        row.signs.copy_from_slice(&signs);
        if computed {
            row.signs[MAP] = (row.signs[SBP] + 2.0 * row.signs[DBP]) / 3.0;
        }
        row.quality = match quality {
            7 => f64::NAN,
            sixths => f64::from(sixths) / 6.0,
        };
        (row.consciousness_altered, row.on_oxygen) = (altered, oxygen);
        What::Vitals(Some(row))
    })
}

fn lab() -> impl Strategy<Value = What> {
    let place = |name: &str| VARIABLES.iter().position(|variable| variable.name == name).unwrap() as u8;
    let variable = prop_oneof![
        Just(place("creatinine")),
        Just(place("lactate")),
        Just(place("wbc")),
        Just(place("pco2")),
        12..VARIABLES.len() as u8
    ];
    let range = prop::option::weighted(0.3, (value(0.0, 5.0), value(5.0, 20.0)));
    (variable, value(0.1, 20.0), range).prop_map(|(variable, value, reference)| {
        let row = Lab { time: Timestamp(0), available_at: Timestamp(0), variable, value, reference };
        What::Lab(variable, Some(row))
    })
}

fn dose() -> impl Strategy<Value = What> {
    let end = prop::option::weighted(0.4, (1_i64..80 * 60).prop_map(|minutes| Timestamp(minutes * MINUTE)));
    let rate = prop::option::weighted(0.6, prop_oneof![Just(0.0), value(0.0, 1.0), Just(0.123_456_7)]);
    (0..DRUGS.len() + 6, end, rate, 0..3_u8).prop_map(|(drug, end, rate, class)| {
        // Pressors are what is looked at longest.
        let drug = if drug >= DRUGS.len() { Some(&DRUGS[drug - DRUGS.len()]) } else { DRUGS.get(drug) };
        let class = match class {
            0 => None,
            1 => drug.and_then(|drug| Class::of_atc(drug.atc)),
            _ => Class::of_site("pressors-and-more"),
        };
        let effect = drug.map_or(Effect::Other, |drug| drug.effect);
        What::Dose(Some(Dose { time: Timestamp(0), available_at: Timestamp(0), end, drug, class, effect, rate }))
    })
}

fn adverse_event() -> impl Strategy<Value = What> {
    (1..6_u8, prop::option::of(0..50_i64)).prop_map(|(grade, hours)| {
        let resolved_at = hours.map(|hours| Timestamp(hours * HOUR));
        let row = AdverseEvent { onset: Timestamp(0), reported_at: Timestamp(0), resolved_at, grade };
        What::AdverseEvent(Some(row))
    })
}

fn patient() -> impl Strategy<Value = What> {
    let age = prop::option::of(value(18.0, 95.0));
    (age, prop::option::of(any::<bool>()), any::<bool>(), prop::option::of(value(40.0, 120.0))).prop_map(
        |(age_years, sex_male, spo2_scale_2, weight_kg)| {
            let admitted_at = Some(Timestamp(NOON - DAY));
            What::Patient(Some(PatientFacts { age_years, sex_male, admitted_at, spo2_scale_2, weight_kg }))
        },
    )
}

/// Puts a row at its time, known when it was taken in; `refused` takes the row away.
fn placed(what: What, time: Timestamp, known: Timestamp, refused: bool) -> What {
    match what {
        _ if refused => match what {
            What::Patient(_) => What::Patient(None),
            What::Vitals(_) => What::Vitals(None),
            What::Lab(code, _) => What::Lab(code, None),
            What::Dose(_) => What::Dose(None),
            What::AdverseEvent(_) => What::AdverseEvent(None),
        },
        What::Vitals(Some(row)) => What::Vitals(Some(Vitals { time, available_at: known, ..row })),
        What::Lab(code, Some(row)) => What::Lab(code, Some(Lab { time, available_at: known, ..row })),
        What::Dose(Some(row)) => {
            let end = row.end.map(|end| time + end.0);
            What::Dose(Some(Dose { time, available_at: known, end, ..row }))
        }
        What::AdverseEvent(Some(row)) => {
            let resolved_at = row.resolved_at.map(|end| time + end.0);
            What::AdverseEvent(Some(AdverseEvent { onset: time, reported_at: known, resolved_at, ..row }))
        }
        other => other,
    }
}

/// One record: few times and names, so that keys meet; some come late, some at the same moment, some are refused.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    let what = prop_oneof![9 => vitals(), 4 => lab(), 3 => dose(), 1 => adverse_event(), 1 => patient()];
    let time = prop_oneof![
        4 => (-2 * 24..1_i64).prop_map(|hours| hours * HOUR),
        2 => (-12 * 24..1_i64).prop_map(|hours| hours * HOUR),
        2 => (-36 * 60..1_i64).prop_map(|minutes| minutes * MINUTE),
        1 => -3 * DAY..1_i64,
    ];
    let delay =
        prop_oneof![3 => Just(0), 3 => 0..10 * MINUTE, 2 => (0..8_i64).prop_map(|hours| hours * HOUR), 1 => 0..5 * DAY];
    (what, time, delay, 0..2_u8, 0..4_u8, prop::bool::weighted(0.12), any::<bool>()).prop_map(
        |(what, time, delay, source, id, refused, imported)| {
            let time = Timestamp(NOON + time);
            let ingested_at = time + delay;
            // A historical set was known as it happened.
            let known = if imported { time } else { ingested_at };
            let event_id = match id {
                0 => "e0".into(),
                id => format!("7f1d3a52-91c4-4c0e-9b6f-2d58a7c310{id:02x}").into(),
            };
            let tie = Some(Tie { event_id, record_hash: i64::from(id) - 2 });
            let name = if matches!(what, What::Patient(_)) { "".into() } else { format!("s{source}").into() };
            let what = placed(what, time, known, refused);
            Change { time, name, rank: Rank { ingested_at, tie }, what }
        },
    )
}

/// Records with the same rank say the same: a hash tells them apart.
pub(crate) fn history(most: usize) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 1..most).prop_map(|mut changes| {
        for (number, change) in changes.iter_mut().enumerate() {
            if let Some(tie) = &mut change.rank.tie {
                tie.record_hash = tie.record_hash * 1_000 + number as i64;
            }
        }
        changes
    })
}

pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut seed = seed | 1;
    for index in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(index, (seed >> 33) as usize % (index + 1));
    }
}
