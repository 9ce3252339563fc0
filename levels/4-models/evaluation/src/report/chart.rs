//! The paper that charts are drawn on: two axes, a grid, a title, and places for points.

use maud::{Markup, html};
use std::fmt::Write;

const WIDTH: f64 = 460.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stretch {
    Even,
    /// Gives small risks room and still has a zero.
    SquareRoot,
}

#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) stretch: Stretch,
    pub(crate) ticks: Vec<(f64, String)>,
    pub(crate) label: String,
}

impl Axis {
    /// From 0 to 1 in fifths.
    pub(crate) fn unit(label: &str) -> Self {
        Self::even(0.0, 1.0, label, |tick| format!("{tick:.1}"))
    }

    pub(crate) fn even(low: f64, high: f64, label: &str, text: impl Fn(f64) -> String) -> Self {
        let ticks = even_ticks(low, high).into_iter().map(|tick| (tick, text(tick))).collect();
        Self { low, high, stretch: Stretch::Even, ticks, label: label.to_owned() }
    }

    /// A risk from 0 to `high`.
    pub(crate) fn risk(high: f64, label: &str) -> Self {
        const CANDIDATES: [f64; 14] = [0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0];
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for tick in CANDIDATES.into_iter().filter(|&tick| tick <= high) {
            let last = ticks.last().map_or(-1.0, |(last, _)| last.sqrt());
            if tick.sqrt() - last >= 0.1 * high.sqrt() {
                ticks.push((tick, super::words::percent_tick(tick)));
            }
        }
        Self { low: 0.0, high, stretch: Stretch::SquareRoot, ticks, label: label.to_owned() }
    }

    /// Where along the axis, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let stretch = |value: f64| match self.stretch {
            Stretch::Even => value,
            Stretch::SquareRoot => value.max(0.0).sqrt(),
        };
        (stretch(value) - stretch(self.low)) / (stretch(self.high) - stretch(self.low)).max(1e-12)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Plot {
    /// Unique in the page.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) height: f64,
}

impl Plot {
    pub(crate) fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.floor() - self.y.place(value) * (self.floor() - TOP)
    }

    /// The height of the x axis.
    fn floor(&self) -> f64 {
        self.height - BOTTOM
    }

    pub(crate) fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points {
            let command = if path.is_empty() { 'M' } else { 'L' };
            // Writing to a string cannot fail.
            let _ = write!(path, "{command}{:.1} {:.1}", self.x(x), self.y(y));
        }
        path
    }

    /// A line from one point of the data to another.
    pub(crate) fn line(&self, class: &str, from: (f64, f64), to: (f64, f64)) -> Markup {
        html! { path class=(class) d=(self.path([from, to])) {} }
    }

    /// The chart with its marks; what leaves the axes is cut.
    pub(crate) fn draw(&self, marks: &Markup) -> Markup {
        let clip = format!("{}-inside", self.id);
        let title = format!("{}-title", self.id);
        let (right, floor) = (WIDTH - RIGHT, self.floor());
        html! {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (self.height) } role="img" aria-labelledby=(title) {
                title id=(title) { (self.title) }
                clipPath id=(clip) { rect x=(LEFT) y=(TOP) width=(right - LEFT) height=(floor - TOP) {} }
                @for (tick, text) in &self.y.ticks {
                    path.grid d={ "M" (LEFT) " " (round(self.y(*tick))) "H" (right) } {}
                    text.tick x=(LEFT - 7.0) y=(round(self.y(*tick) + 4.0)) text-anchor="end" { (text) }
                }
                @for (tick, text) in &self.x.ticks {
                    path.grid d={ "M" (round(self.x(*tick))) " " (TOP) "V" (floor) } {}
                    text.tick x=(round(self.x(*tick))) y=(floor + 17.0) text-anchor="middle" { (text) }
                }
                path.axis d={ "M" (LEFT) " " (TOP) "V" (floor) "H" (right) } {}
                text.axis-name x=(f64::midpoint(LEFT, right)) y=(self.height - 8.0) text-anchor="middle" { (self.x.label) }
                text.axis-name transform={ "translate(14 " (f64::midpoint(TOP, floor)) ") rotate(-90)" } text-anchor="middle" {
                    (self.y.label)
                }
                g clip-path={ "url(#" (clip) ")" } { (marks) }
            }
        }
    }
}

/// The colour and dash of a series; the first is the model's.
pub(crate) fn series(place: usize) -> String {
    format!("line s{}", place % 6)
}

/// What the lines are: a list beside the chart and not text inside it, so that long names have room.
pub(crate) fn legend(entries: impl IntoIterator<Item = (String, String)>) -> Markup {
    html! {
        ul.legend {
            @for (class, name) in entries {
                li {
                    svg.swatch viewBox="0 0 26 10" aria-hidden="true" { path class=(class) d="M1 5H25" {} }
                    (name)
                }
            }
        }
    }
}

/// Tenths of a unit are finer than any screen.
pub(crate) fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Multiples of 1, 2 or 5 and a power of ten, four to eight of them.
pub(crate) fn even_ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return Vec::new();
    }
    let power = 10_f64.powf((span / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| span / step <= 7.0);
    let step = step.unwrap_or(span);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|tick| tick as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks() {
        let texts = |low, high| even_ticks(low, high).iter().map(|tick| format!("{tick:.2}")).collect::<Vec<_>>();
        assert_eq!(texts(0.0, 1.0), ["0.00", "0.20", "0.40", "0.60", "0.80", "1.00"]);
        assert_eq!(texts(-0.3, 0.9).first().map(String::as_str), Some("-0.20"));
        assert!(even_ticks(1.0, 1.0).is_empty() && even_ticks(0.0, f64::NAN).is_empty());
    }
}
