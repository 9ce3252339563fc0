//! Windows over panes hold what the same windows hold when each is looked at alone.

use proptest::collection::vec;
use proptest::prelude::*;
use strata_features::{Closed, Grid, Panes, Stat};
use strata_types::{HOUR, MINUTE, Timestamp};

use crate::arbitrary::START;

/// The statistics of values of one window, as their definitions say, in the order of [`Stat::ALL`].
fn alone(values: &[(Timestamp, f64)]) -> [f64; 7] {
    let n = values.len() as f64;
    let null_if = |null: bool, value: f64| if null { f64::NAN } else { value };
    let (first, mean) = (values.first().map_or(0, |(time, _)| time.0), values.iter().map(|(_, y)| y).sum::<f64>() / n);
    let hour = |time: &Timestamp| (time.0 - first) as f64 / HOUR as f64;
    let middle = values.iter().map(|(time, _)| hour(time)).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|(_, y)| (y - mean).powi(2)).sum();
    let across: f64 = values.iter().map(|(time, _)| (hour(time) - middle).powi(2)).sum();
    let along: f64 = values.iter().map(|(time, y)| (hour(time) - middle) * (y - mean)).sum();
    [
        mean,
        values.iter().map(|(_, y)| *y).fold(f64::NAN, f64::min),
        values.iter().map(|(_, y)| *y).fold(f64::NAN, f64::max),
        null_if(n < 2.0, (squares / (n - 1.0)).sqrt()),
        values.last().map_or(f64::NAN, |(_, y)| *y),
        n,
        null_if(across == 0.0, along / across),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Fault 32: "trend" was not a slope. Fault 35: whichever value is written last, the newest counts; missing is not 0.
    #[test]
    fn windows_slide_as_if_each_were_alone(
        rows in vec((0_i64..5_000, prop_oneof![4 => -500.0..500.0_f64, 1 => Just(f64::NAN)]), 0..200),
        every in prop_oneof![Just(60_i64), Just(15), Just(45), Just(180)],
        lengths in vec(prop_oneof![Just(60_i64), Just(30), Just(360), Just(1_440)], 1..4),
        steps in 1..40_usize,
        right in any::<bool>(),
        cut in 0..200_usize,
    ) {
        let closed = if right { Closed::Right } else { Closed::Left };
        let start = Timestamp(START + 1_000 * MINUTE);
        let windows: Vec<i64> = lengths.iter().map(|minutes| minutes * MINUTE).collect();
        let grid = Grid::new(start, every * MINUTE, steps, windows.clone(), closed).unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|(minute, y)| (Timestamp(START + minute * MINUTE), y)).collect();
        rows.sort_by_key(|(time, _)| *time);
        rows.dedup_by_key(|(time, _)| *time);

        // In two parts, the later one first, as files may come, into panes that held somebody else's.
        let take = |panes: &mut Panes, rows: &[(Timestamp, f64)]| {
            panes.take(&grid, 0, rows.iter().filter_map(|(time, y)| Some((*time, grid.pane(*time)?, *y))));
        };
        let (older, newer) = rows.split_at(cut.min(rows.len()));
        let mut panes = Panes::new(&grid, 1);
        take(&mut panes, older);
        panes.clear();
        take(&mut panes, newer);
        take(&mut panes, older);
        let mut got = Vec::new();
        panes.windows(&grid, &Stat::ALL, |values| got.push(values.to_vec()));

        let mut columns = got.iter();
        for window in windows {
            let columns: Vec<_> = columns.by_ref().take(Stat::ALL.len()).collect();
            for (step, boundary) in grid.boundaries().enumerate() {
                let inside = |time: Timestamp| match closed {
                    Closed::Right => time > boundary - window && time <= boundary,
                    Closed::Left => time >= boundary - window && time < boundary,
                };
                let values: Vec<_> = rows.iter().filter(|(time, y)| inside(*time) && !y.is_nan()).copied().collect();
                for ((stat, expected), column) in Stat::ALL.iter().zip(alone(&values)).zip(&columns) {
                    let near = (column[step] - expected).abs() <= 1e-6 * expected.abs().max(1.0);
                    let alike = column[step].is_nan() && expected.is_nan();
                    prop_assert!(near || alike, "{stat:?} of {window} at {step} is {}, not {expected}", column[step]);
                }
            }
        }
    }
}

#[test]
fn grids_that_cannot_be_are_refused() {
    let grid = |every, steps, windows: &[i64]| Grid::new(Timestamp(0), every, steps, windows.to_vec(), Closed::Left);
    assert!(grid(HOUR, 24, &[HOUR, 6 * HOUR]).is_ok());
    for (every, steps, windows) in
        [(0, 24, &[HOUR][..]), (HOUR, 0, &[HOUR]), (HOUR, 24, &[]), (HOUR, 24, &[0]), (HOUR, 24, &[HOUR + 1])]
    {
        assert!(grid(every, steps, windows).is_err(), "{every} {steps} {windows:?}");
    }
}
