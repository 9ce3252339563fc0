//! How long a vector takes. `cargo test --release -p strata-features -- --ignored speed --nocapture`

use std::hint::black_box;
use std::time::Instant;

use strata_features::{Timeline, Vitals, compute_many};
use strata_types::Timestamp;

use crate::patient::{at, infusion, reading, result};

/// A patient with a reading each `step` hours for `hours`, and labs as often as intensive care takes them.
fn stay(hours: f64, step: f64, labs: bool) -> (Timeline, Vec<Timestamp>) {
    let mut timeline = Timeline::default();
    for i in 0..(hours / step) as i32 {
        let (h, wave) = (f64::from(i) * step, f64::from(i * 7 % 13));
        let pressures = [("sbp", 100.0 + wave), ("dbp", 60.0 + wave / 2.0), ("map", 75.0)];
        let others = [("hr", 85.0 + wave), ("rr", 14.0 + wave / 3.0), ("spo2", 92.0 + wave / 2.0)];
        let mut row: Vitals = reading(h, &[pressures, others].concat());
        if i % 4 == 0 {
            row.signs[strata_features::sign::TEMP] = 36.5 + wave / 10.0;
        }
        row.quality = 0.9;
        timeline.vitals.push(row);
        if labs && i % 6 == 0 {
            let names = ["lactate", "creatinine", "bun", "wbc", "sodium", "potassium", "glucose", "ph", "pco2"];
            timeline.labs.extend(names.map(|name| result(h, name, 5.0 + wave)));
        }
        if !labs && i % 24 == 0 {
            timeline.medications.push(infusion(h, "norepinephrine", 0.1, Some(h + 5.0)));
        }
    }
    timeline.sort();
    (timeline, (0..hours as i32).map(|h| at(f64::from(h))).collect())
}

#[test]
#[ignore = "measures, and so only means something alone in a release build"]
fn speed() {
    let shapes = [
        ("hourly, 40 rows", stay(40.0, 1.0, true)),
        ("hourly, 400 rows", stay(400.0, 1.0, true)),
        ("96 rows a day, a week", stay(168.0, 0.25, false)),
        ("a row a minute, a week", stay(168.0, 1.0 / 60.0, false)),
    ];
    for (name, (timeline, times)) in &shapes {
        let best = (0..200)
            .map(|_| {
                let start = Instant::now();
                black_box(compute_many(black_box(timeline), times));
                start.elapsed().as_nanos() as f64 / times.len() as f64
            })
            .fold(f64::INFINITY, f64::min);
        println!("{name}: {best:.0} ns a vector");
    }
}
