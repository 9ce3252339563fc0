//! From scores to probabilities, on patients that nothing was learnt from.

use strata_model::Calibration;

use crate::Error;

const MOST_STEPS: usize = 50;

/// The smallest slope of a baseline: its order is kept even where it ranks backwards.
const LEAST_SLOPE: f64 = 1e-3;

/// Platt scaling of a model's logits.
pub(crate) fn platt(name: &str, logits: &[f32], labels: &[bool]) -> Result<Calibration, Error> {
    let line = fit(logits, labels);
    let (slope, intercept) = (line.slope as f32, line.intercept as f32);
    if slope > 0.0 && slope.is_finite() && intercept.is_finite() {
        Ok(Calibration::Platt { slope, intercept })
    } else {
        Err(Error::Uncalibrated(name.into()))
    }
}

/// Platt scaling of a baseline. It is there to be compared with, so it never stops a training.
pub(crate) fn platt_of_baseline(scores: &[f32], labels: &[bool]) -> Calibration {
    let mut line = fit(scores, labels);
    if !(line.slope >= LEAST_SLOPE && line.intercept.is_finite()) {
        line = Line { slope: LEAST_SLOPE, intercept: start(labels) };
    }
    Calibration::Platt { slope: line.slope as f32, intercept: line.intercept as f32 }
}

#[derive(Clone, Copy)]
struct Line {
    slope: f64,
    intercept: f64,
}

/// Log-odds of the share of events.
fn start(labels: &[bool]) -> f64 {
    let events = labels.iter().filter(|&&label| label).count() as f64;
    ((events + 1.0) / (labels.len() as f64 - events + 1.0)).ln()
}

/// Newton's method with halved steps, towards Platt's softened targets, which keep a perfect separation finite
/// (Platt 1999; Lin, Lin, Weng 2007).
fn fit(scores: &[f32], labels: &[bool]) -> Line {
    let events = labels.iter().filter(|&&label| label).count() as f64;
    let targets = ((events + 1.0) / (events + 2.0), 1.0 / (labels.len() as f64 - events + 2.0));
    let mut line = Line { slope: 0.0, intercept: start(labels) };
    let mut here = Hill::at(scores, labels, line, targets);
    for _ in 0..MOST_STEPS {
        let mut step = here.newton();
        loop {
            let next = Line { slope: line.slope + step.slope, intercept: line.intercept + step.intercept };
            let there = Hill::at(scores, labels, next, targets);
            let small = step.slope.abs().max(step.intercept.abs()) < 1e-8;
            if there.loss <= here.loss || small {
                (line, here) = (next, there);
                if small {
                    return line;
                }
                break;
            }
            step = Line { slope: step.slope / 2.0, intercept: step.intercept / 2.0 };
        }
    }
    line
}

/// The negative log-likelihood at a point, with its slope and curvature.
#[derive(Default)]
struct Hill {
    loss: f64,
    gradient: (f64, f64),
    curvature: (f64, f64, f64),
}

impl Hill {
    fn at(scores: &[f32], labels: &[bool], line: Line, (high, low): (f64, f64)) -> Self {
        let mut hill = Self::default();
        for (&x, &label) in scores.iter().zip(labels) {
            let x = f64::from(x);
            let z = line.slope * x + line.intercept;
            let tail = (-z.abs()).exp();
            let p = if z < 0.0 { tail / (1.0 + tail) } else { 1.0 / (1.0 + tail) };
            let target = if label { high } else { low };
            hill.loss += z.max(0.0) - z * target + tail.ln_1p();
            hill.gradient.0 += (p - target) * x;
            hill.gradient.1 += p - target;
            let weight = (p * (1.0 - p)).max(1e-12);
            hill.curvature.0 += weight * x * x;
            hill.curvature.1 += weight * x;
            hill.curvature.2 += weight;
        }
        hill
    }

    fn newton(&self) -> Line {
        let (slopes, both, intercepts) = (self.curvature.0 + 1e-9, self.curvature.1, self.curvature.2 + 1e-9);
        let determinant = slopes * intercepts - both * both;
        let (slope, intercept) = self.gradient;
        Line {
            slope: (both * intercept - intercepts * slope) / determinant,
            intercept: (both * slope - slopes * intercept) / determinant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_behind_the_outcomes() {
        // Groups whose share of events is exactly sigmoid(2 x - 1) at x = 0.5 (1/2) and x = 1.59861 (0.9).
        let scores: Vec<f32> = (0..40_000).map(|i| if i < 20_000 { 0.5 } else { 1.598_612_3 }).collect();
        let labels: Vec<bool> = (0..40_000).map(|i| if i < 20_000 { i < 10_000 } else { i < 38_000 }).collect();
        let Ok(Calibration::Platt { slope, intercept }) = platt("line", &scores, &labels) else { panic!("no line") };
        assert!((slope - 2.0).abs() < 1e-2 && (intercept + 1.0).abs() < 1e-2, "{slope} {intercept}");
    }

    #[test]
    fn scores_that_rank_backwards_are_refused() {
        let scores = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let error = platt("upside down", &scores, &[true, true, false, false, false, false]).expect_err("falling");
        assert!(error.to_string().starts_with("upside down ranks"), "{error}");
        let Calibration::Platt { slope, .. } = platt_of_baseline(&scores, &[true, true, false, false, false, false])
        else {
            panic!("not Platt's")
        };
        assert!(slope > 0.0);
    }

    #[test]
    fn a_perfect_separation_stays_finite() {
        let labels = [false, false, true, true];
        assert!(platt("perfect", &[0.0, 0.1, 5.0, 5.1], &labels).is_ok());
    }
}
