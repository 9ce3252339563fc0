//! The clock of places under a sender that is late, held up and interrupted.

use proptest::prelude::*;
use strata_types::HOUR;

use super::*;

/// Sends by a schedule until `until`, in simulated time: before each record the sender is busy for a while, and each sleep
/// ends late by a while. Gives when each record went.
fn send(rate: f64, until: f64, mut busy: impl FnMut() -> f64, mut late: impl FnMut() -> f64) -> Vec<f64> {
    let mut schedule = Schedule::new(Pace::PerSecond(rate));
    let (mut now, mut sent) = (0.0, Vec::new());
    while now < until {
        now += busy();
        let due = schedule.place(None, || seconds(now)).unwrap().unwrap().as_secs_f64();
        if due > now {
            now = due + late();
        }
        sent.push(now);
    }
    sent
}

/// A repeating sequence.
fn cycle(values: &[f64]) -> impl FnMut() -> f64 {
    let mut values = values.iter().copied().cycle();
    move || values.next().unwrap_or_default()
}

proptest! {
    /// Over any window, never more than the rate allows and what 10 ms hold.
    #[test]
    fn no_window_holds_too_many(
        rate in 0.5_f64..20_000.0,
        busy in prop::collection::vec(prop_oneof![9 => 0.0..0.000_1, 1 => 0.0..0.5], 1..40),
        late in prop::collection::vec(0.0..0.05_f64, 1..40),
    ) {
        let sent = send(rate, 300.0 / rate, cycle(&busy), cycle(&late));
        for (from, first) in sent.iter().enumerate() {
            for (to, last) in sent.iter().enumerate().skip(from) {
                let bound = rate * (last - first + SLACK) + 2.0 + 1e-6;
                prop_assert!(((to - from + 1) as f64) <= bound, "{} in {} s", to - from + 1, last - first);
            }
        }
    }

    /// Fault 15: the sleeps between bursts added up, and the promised 100 messages a second never happened.
    #[test]
    fn the_rate_is_reached_by_a_sender_whose_timers_are_late(
        rate in 0.5_f64..20_000.0,
        late in prop::collection::vec(0.0..SLACK, 1..40),
    ) {
        let sent = send(rate, 2_000.0 / rate, || 0.0, cycle(&late));
        let wanted = rate * sent.last().unwrap();
        let short = wanted - sent.len() as f64;
        prop_assert!(short <= rate * SLACK + 1.0, "{} of {wanted}", sent.len());
    }

    /// What is followed keeps its distances, and nobody goes before the one that came first.
    #[test]
    fn life_is_followed(arrivals in prop::collection::vec(-HOUR..HOUR, 1..50), times in 0.1_f64..10_000.0) {
        let mut schedule = Schedule::new(Pace::TimesLife(times));
        for arrival in &arrivals {
            let due = schedule.place(Some(Timestamp(*arrival)), || Duration::ZERO).unwrap().unwrap();
            let since_first = (arrival - arrivals[0]).max(0) as f64 / 1e6 / times;
            prop_assert!((due.as_secs_f64() - since_first).abs() < 1e-6);
            prop_assert_eq!(schedule.place(None, || Duration::ZERO).unwrap(), Some(due), "it goes with the one before");
        }
    }

    /// No record lies in the future when it is sent, and the last one happens as it is sent.
    #[test]
    fn a_history_that_happens_now(times in 1.0_f64..10_000.0, hours in 1_i64..1_000, at in 0.0..=1.0_f64) {
        let (now, length) = (Timestamp(1_700_000_000_000_000), hours * HOUR);
        let start = Pace::TimesLife(times).start(now, length);
        let happens = |at: f64| start + (length as f64 * at) as i64;
        let sent = |at: f64| now + (length as f64 * at / times) as i64;
        prop_assert!(happens(at) <= sent(at) + 1_000);
        prop_assert!((happens(1.0).0 - sent(1.0).0).abs() <= 1_000);
        prop_assert_eq!(Pace::Unbounded.start(now, length), now - length);
        prop_assert_eq!(Pace::TimesLife(1.0).start(now, length), now);
    }
}

#[test]
fn one_a_second_is_exact() {
    let sent = send(1.0, 1_000.0, || 0.0, || 0.0);
    assert!(sent.iter().enumerate().all(|(number, time)| *time == number as f64), "{sent:?}");
}

#[test]
fn impossible_paces_are_refused() {
    for pace in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Pace::PerSecond(pace).check().is_err() && Pace::TimesLife(pace).check().is_err(), "{pace}");
    }
    assert!(Pace::PerSecond(0.1).check().is_ok() && Pace::Unbounded.check().is_ok());
}

#[test]
fn who_does_not_know_its_arrivals_cannot_be_followed() {
    let mut schedule = Schedule::new(Pace::TimesLife(2.0));
    assert!(matches!(schedule.place(None, || Duration::ZERO), Err(Error::NoArrival)));
}
