//! The highest value of a window that slides.

/// The rows that are the highest from some moment on: each is higher than all rows after it.
///
/// A row enters once and leaves once. A window that ends with this one and is shorter has its highest here too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Highest {
    /// Rows in their order, their values falling.
    rows: Vec<(usize, f64)>,
    /// The first that is inside the window.
    first: usize,
}

impl Highest {
    /// Takes in a row; NaN is passed over. Usually it is the newest one, but a row may be known late.
    pub(crate) fn take(&mut self, index: usize, value: f64) {
        if value.is_nan() {
            return;
        }
        if self.rows.last().is_some_and(|(newest, _)| *newest > index) {
            return self.take_late(index, value);
        }
        let mut end = self.rows.len();
        while end > self.first && self.rows[end - 1].1 <= value {
            end -= 1;
        }
        self.rows.truncate(end);
        self.rows.push((index, value));
    }

    fn take_late(&mut self, index: usize, value: f64) {
        let end = self.first + self.rows[self.first..].partition_point(|(known, _)| *known < index);
        if self.rows.get(end).is_some_and(|(_, later)| *later >= value) {
            return;
        }
        let start = self.first + self.rows[self.first..end].partition_point(|(_, earlier)| *earlier > value);
        self.rows.splice(start..end, [(index, value)]);
    }

    /// Lets rows before this one go.
    pub(crate) fn leave(&mut self, first: usize) {
        while self.rows.get(self.first).is_some_and(|(index, _)| *index < first) {
            self.first += 1;
        }
    }

    /// The highest value inside the window; NaN when there is none.
    pub(crate) fn top(&self) -> f64 {
        self.rows.get(self.first).map_or(f64::NAN, |(_, value)| *value)
    }

    /// The highest value from this row on; NaN when there is none.
    pub(crate) fn from(&self, first: usize) -> f64 {
        let inside = &self.rows[self.first..];
        inside.get(inside.partition_point(|(index, _)| *index < first)).map_or(f64::NAN, |(_, value)| *value)
    }
}
