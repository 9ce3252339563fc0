//! Whether two conditions on traces go together: normalized pointwise mutual information.

/// How many traces there are, and for how many of them the conditions hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) total: i64,
    pub(super) first: i64,
    pub(super) second: i64,
    pub(super) both: i64,
}

/// Jeffreys' prior: half an observation in each cell.
const PRIOR: f64 = 0.5;

impl Counts {
    /// From -1, never together, over 0, independent, to 1, always together; NaN where one of them never holds.
    pub(super) fn npmi(self) -> f64 {
        match self.cells() {
            None => f64::NAN,
            Some(_) if self.both == 0 => -1.0,
            Some(cells) => npmi(cells, 0.0),
        }
    }

    /// The same, careful where there are few traces.
    pub(super) fn smoothed(self) -> f64 {
        self.cells().map_or(f64::NAN, |cells| npmi(cells, PRIOR))
    }

    /// Both, the first alone, the second alone, neither.
    fn cells(self) -> Option<[f64; 4]> {
        let Self { total, first, second, both } = self;
        let cells = [both, first - both, second - both, total - first - second + both];
        let sound = total > 0 && first > 0 && second > 0 && cells.iter().all(|cell| *cell >= 0);
        sound.then(|| cells.map(|cell| cell as f64))
    }
}

fn npmi(cells: [f64; 4], prior: f64) -> f64 {
    let [both, first, second, neither] = cells.map(|cell| cell + prior);
    let total = both + first + second + neither;
    if both <= 0.0 {
        return f64::NAN;
    }
    if cells[1] == 0.0 && cells[2] == 0.0 && cells[3] == 0.0 {
        return 1.0;
    }
    let pmi = both.ln() + total.ln() - (both + first).ln() - (both + second).ln();
    (pmi / (total.ln() - both.ln())).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn npmi(both: i64, first: i64, second: i64, total: i64) -> f64 {
        Counts { total, first, second, both }.npmi()
    }

    #[test]
    fn it_goes_from_never_to_always() {
        assert_eq!(npmi(0, 5, 5, 10), -1.0);
        assert_eq!(npmi(10, 10, 10, 10), 1.0);
        assert!(npmi(25, 50, 50, 100).abs() < 1e-9);
        assert!(npmi(0, 0, 5, 10).is_nan());
        assert!((0.6..0.8).contains(&npmi(6, 6, 7, 10)));
    }
}
