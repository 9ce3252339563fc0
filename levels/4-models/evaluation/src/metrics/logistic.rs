//! Logistic regression of an outcome on one number, by Newton's method with step halving.

/// The log-odds are `intercept + slope * x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) intercept: f64,
    pub(crate) slope: f64,
}

const MOST_STEPS: usize = 40;
/// Log-odds change per standard deviation beyond which the classes are in truth separated and no maximum exists.
const STEEPEST: f64 = 50.0;

/// The maximum-likelihood line; `None` when x is constant or separates the classes.
pub(crate) fn fit(x: &[f64], labels: &[bool]) -> Option<Line> {
    let n = x.len() as f64;
    let start = start(labels)?;
    let mean = x.iter().sum::<f64>() / n;
    let deviation = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    if !deviation.is_finite() || deviation < 1e-9 {
        return None;
    }
    let scaled: Vec<f64> = x.iter().map(|x| (x - mean) / deviation).collect();
    let line = climb(&scaled, labels, Line { intercept: start, slope: 0.0 })?;
    let slope = line.slope / deviation;
    Some(Line { intercept: line.intercept - slope * mean, slope })
}

/// The maximum-likelihood intercept when the slope is held at one.
pub(crate) fn fit_intercept(offset: &[f64], labels: &[bool]) -> Option<f64> {
    start(labels)?;
    let mut intercept = 0.0;
    for _ in 0..MOST_STEPS {
        let (mut gradient, mut curvature) = (0.0, 0.0);
        for (&offset, &label) in offset.iter().zip(labels) {
            let p = sigmoid(offset + intercept);
            gradient += f64::from(u8::from(label)) - p;
            curvature += p * (1.0 - p);
        }
        // A step of at most 2 keeps Newton from jumping where the curve is flat.
        let step = (gradient / curvature.max(1e-12)).clamp(-2.0, 2.0);
        intercept += step;
        if step.abs() < 1e-9 {
            return Some(intercept);
        }
    }
    None
}

/// From log-odds to a probability.
pub(crate) fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The log-odds of the prevalence; `None` unless both classes are present.
fn start(labels: &[bool]) -> Option<f64> {
    let positives = labels.iter().filter(|&&label| label).count();
    let negatives = labels.len() - positives;
    (positives > 0 && negatives > 0).then(|| (positives as f64 / negatives as f64).ln())
}

struct Hill {
    likelihood: f64,
    gradient: [f64; 2],
    curvature: [f64; 3],
}

fn hill(x: &[f64], labels: &[bool], line: Line) -> Hill {
    let mut hill = Hill { likelihood: 0.0, gradient: [0.0; 2], curvature: [0.0; 3] };
    for (&x, &label) in x.iter().zip(labels) {
        let log_odds = line.intercept + line.slope * x;
        let tail = (-log_odds.abs()).exp();
        let p = if log_odds >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) };
        let y = f64::from(u8::from(label));
        hill.likelihood += y * log_odds - log_odds.max(0.0) - tail.ln_1p();
        hill.gradient[0] += y - p;
        hill.gradient[1] += (y - p) * x;
        let weight = p * (1.0 - p);
        hill.curvature[0] += weight;
        hill.curvature[1] += weight * x;
        hill.curvature[2] += weight * x * x;
    }
    hill
}

fn climb(x: &[f64], labels: &[bool], mut line: Line) -> Option<Line> {
    let mut here = hill(x, labels, line);
    for _ in 0..MOST_STEPS {
        let [flat, mixed, tilted] = here.curvature;
        let determinant = flat * tilted - mixed * mixed;
        if determinant.is_nan() || determinant <= 1e-12 {
            return None;
        }
        let [rise, turn] = here.gradient;
        let mut up = (tilted * rise - mixed * turn) / determinant;
        let mut steeper = (flat * turn - mixed * rise) / determinant;
        let mut there;
        loop {
            let next = Line { intercept: line.intercept + up, slope: line.slope + steeper };
            there = hill(x, labels, next);
            if there.likelihood >= here.likelihood || up.abs().max(steeper.abs()) < 1e-8 {
                line = next;
                break;
            }
            (up, steeper) = (up / 2.0, steeper / 2.0);
        }
        here = there;
        if line.slope.abs() > STEEPEST {
            return None;
        }
        if up.abs().max(steeper.abs()) < 1e-8 {
            return Some(line);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_by_hand() {
        // Odds 1:3 at x = 0 and 3:1 at x = 1: intercept -ln 3, slope 2 ln 3.
        let x = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let labels = [true, false, false, false, true, true, true, false];
        let line = fit(&x, &labels).expect("a maximum");
        assert!((line.intercept + 3_f64.ln()).abs() < 1e-6, "{line:?}");
        assert!((line.slope - 2.0 * 3_f64.ln()).abs() < 1e-6, "{line:?}");
        let intercept = fit_intercept(&[0.0; 8], &[true, false, false, false, false, false, false, false]);
        assert!((intercept.expect("a maximum") + 7_f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn no_maximum() {
        assert_eq!(fit(&[0.0, 0.0, 1.0, 1.0], &[false, false, true, true]), None);
        assert_eq!(fit(&[1.0, 1.0], &[false, true]), None);
        assert_eq!(fit(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(fit(&[], &[]), None);
        assert_eq!(fit_intercept(&[], &[]), None);
    }
}
