//! Against the chart, worked by hand.

use super::*;

/// A healthy adult: every component known and 0.
const WELL: Observations = Observations {
    respiratory_rate: 16.0,
    spo2: 98.0,
    spo2_scale_2: false,
    on_oxygen: Some(false),
    systolic: 120.0,
    pulse: 70.0,
    consciousness_altered: Some(false),
    temperature: 37.0,
};

const NOTHING: Observations = Observations {
    respiratory_rate: f64::NAN,
    spo2: f64::NAN,
    spo2_scale_2: false,
    on_oxygen: None,
    systolic: f64::NAN,
    pulse: f64::NAN,
    consciousness_altered: None,
    temperature: f64::NAN,
};

/// Both sides of every band's edge: `points` from `value` on, until the next line's value.
fn check_edges(name: &str, step: f64, lines: &[(f64, u8)], score: impl Fn(f64) -> Option<u8>) {
    for (i, &(from, points)) in lines.iter().enumerate() {
        assert_eq!(score(from), Some(points), "{name} {from}");
        // Half a step below still rounds up into the band; any less does not.
        assert_eq!(score(from - step * 0.4), Some(points), "{name} just under {from}");
        if let Some(&(next, _)) = lines.get(i + 1) {
            assert_eq!(score(next - step), Some(points), "{name} {}", next - step);
            assert_eq!(score(next - step * 0.6), Some(points), "{name} {}", next - step * 0.6);
        }
    }
}

#[test]
fn every_edge_of_every_band() {
    let well = WELL;
    check_edges("respiration", 1.0, &[(2.0, 3), (9.0, 1), (12.0, 0), (21.0, 2), (25.0, 3), (60.0, 3)], |x| {
        News2::of(&Observations { respiratory_rate: x, ..well }).respiration
    });
    check_edges("scale 1", 1.0, &[(60.0, 3), (92.0, 2), (94.0, 1), (96.0, 0), (100.0, 0)], |x| {
        News2::of(&Observations { spo2: x, ..well }).saturation
    });
    check_edges("scale 2 on air", 1.0, &[(60.0, 3), (84.0, 2), (86.0, 1), (88.0, 0), (100.0, 0)], |x| {
        News2::of(&Observations { spo2: x, spo2_scale_2: true, ..well }).saturation
    });
    let lines = [(60.0, 3), (84.0, 2), (86.0, 1), (88.0, 0), (93.0, 1), (95.0, 2), (97.0, 3), (100.0, 3)];
    check_edges("scale 2 on oxygen", 1.0, &lines, |x| {
        News2::of(&Observations { spo2: x, spo2_scale_2: true, on_oxygen: Some(true), ..well }).saturation
    });
    check_edges("systolic", 1.0, &[(50.0, 3), (91.0, 2), (101.0, 1), (111.0, 0), (220.0, 3)], |x| {
        News2::of(&Observations { systolic: x, ..well }).systolic
    });
    check_edges("pulse", 1.0, &[(20.0, 3), (41.0, 1), (51.0, 0), (91.0, 1), (111.0, 2), (131.0, 3)], |x| {
        News2::of(&Observations { pulse: x, ..well }).pulse
    });
    check_edges("temperature", 0.1, &[(32.0, 3), (35.1, 1), (36.1, 0), (38.1, 1), (39.1, 2)], |x| {
        News2::of(&Observations { temperature: x, ..well }).temperature
    });
}

#[test]
fn halves_round_up() {
    assert_eq!(News2::of(&Observations { respiratory_rate: 8.5, ..WELL }).respiration, Some(1));
    assert_eq!(News2::of(&Observations { pulse: 90.5, ..WELL }).pulse, Some(1));
    assert_eq!(News2::of(&Observations { temperature: 38.05, ..WELL }).temperature, Some(1));
}

#[test]
fn oxygen_and_consciousness() {
    let ill = News2::of(&Observations { on_oxygen: Some(true), consciousness_altered: Some(true), ..WELL });
    assert_eq!((ill.oxygen, ill.consciousness), (Some(2), Some(3)));
    let well = News2::of(&WELL);
    assert_eq!((well.oxygen, well.consciousness), (Some(0), Some(0)));
    let unknown = News2::of(&Observations { spo2: 97.0, spo2_scale_2: true, ..NOTHING });
    assert_eq!((unknown.oxygen, unknown.saturation), (None, Some(0)));
}

#[test]
fn aggregates_and_urgency() {
    let cases = [
        (NOTHING, None, None),
        (WELL, Some(0), Some(Urgency::Routine)),
        (Observations { pulse: 120.0, ..NOTHING }, Some(2), Some(Urgency::Routine)),
        // 2 + 2 + 0: four points without a single 3.
        (Observations { pulse: 120.0, systolic: 95.0, ..WELL }, Some(4), Some(Urgency::Routine)),
        // A single 3.
        (Observations { pulse: 135.0, ..WELL }, Some(3), Some(Urgency::Urgent)),
        (Observations { consciousness_altered: Some(true), ..WELL }, Some(3), Some(Urgency::Urgent)),
        // 2 + 2 + 1.
        (Observations { pulse: 120.0, systolic: 95.0, temperature: 38.5, ..WELL }, Some(5), Some(Urgency::Urgent)),
        // 2 + 2 + 2.
        (Observations { pulse: 120.0, systolic: 95.0, temperature: 39.5, ..WELL }, Some(6), Some(Urgency::Urgent)),
        // 2 + 2 + 2 + 1.
        (
            Observations { pulse: 120.0, systolic: 95.0, temperature: 39.5, spo2: 94.0, ..WELL },
            Some(7),
            Some(Urgency::Emergency),
        ),
        // 3 + 3 + 2 + 3 + 3 + 3 + 3, the greatest there is.
        (
            Observations {
                respiratory_rate: 30.0,
                spo2: 85.0,
                spo2_scale_2: false,
                on_oxygen: Some(true),
                systolic: 80.0,
                pulse: 140.0,
                consciousness_altered: Some(true),
                temperature: 34.0,
            },
            Some(20),
            Some(Urgency::Emergency),
        ),
    ];
    for (seen, total, urgency) in cases {
        let score = News2::of(&seen);
        assert_eq!((score.total(), score.urgency()), (total, urgency), "{seen:?}");
    }
}
