//! Why the model says what it says: integrated gradients (Sundararajan, Taly, Yan 2017, <https://arxiv.org/abs/1703.01365>).
//!
//! The explained quantity is the calibrated log-odds, because contributions add up there. The point of comparison is
//! the average training patient (zero after preprocessing), so a contribution reads "compared with the average
//! patient". A missing value contributes what its imputed value does, usually next to nothing.
//!
//! Along the straight line from that patient to this one the first layer is linear in the distance walked, so its
//! two big products are done once, not at every step.

use crate::{Dense, Model};

/// Steps of the midpoint rule at first; doubled until the contributions add up.
const FIRST_STEPS: usize = 32;
const MOST_STEPS: usize = 2048;
/// How far, in log-odds, the sum may miss the difference it explains.
const ENOUGH: f32 = 4e-3;

/// The answer of the model for one row, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Calibrated log-odds of the average training patient.
    pub base_log_odds: f32,
    /// Calibrated log-odds of this row: the base plus all contributions.
    pub log_odds: f32,
    /// One per feature, the strongest first.
    pub contributions: Vec<Contribution>,
}

/// What one feature adds to the log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Name of the feature.
    pub feature: String,
    /// Its value in this row; none when it was missing.
    pub value: Option<f32>,
    /// Signed, in log-odds: above zero raises the risk.
    pub contribution: f32,
}

impl Model {
    /// Takes the answer for one row apart, feature by feature.
    ///
    /// # Panics
    /// When the row is not as wide as the model.
    pub fn explain(&self, row: &[f32]) -> Explanation {
        let width = self.features.len();
        assert!(row.len() == width, "a row has {} values, the model {width} features", row.len());
        let mut x = vec![0.0; width];
        self.preprocessing.apply(row, &mut x);
        let (first, rest) = self.layers.split_first().expect("a checked model has a layer");
        let mut reach = vec![0.0; first.outputs];
        first.product(&x, &mut reach);
        let mut path = Path::new(self, &first.bias, &reach, rest);
        let (base_log_odds, log_odds) = (path.log_odds(0.0), path.log_odds(1.0));

        let mut steps = FIRST_STEPS;
        let slopes = loop {
            let slopes = path.mean_gradient(steps);
            let sum: f32 = slopes.iter().zip(&reach).map(|(g, r)| g * r).sum();
            if (sum - (log_odds - base_log_odds)).abs() <= ENOUGH || steps >= MOST_STEPS {
                break slopes;
            }
            steps *= 2;
        };
        let mut gradient = vec![0.0; width];
        first.backward(&slopes, &mut gradient);

        let contribution = |((feature, &value), (&x, &g)): ((&String, &f32), (&f32, &f32))| Contribution {
            feature: feature.clone(),
            value: (!value.is_nan()).then_some(value),
            contribution: x * g,
        };
        let parts = self.features.iter().zip(row).zip(x.iter().zip(&gradient));
        let mut contributions: Vec<_> = parts.map(contribution).collect();
        contributions.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        Explanation { base_log_odds, log_odds, contributions }
    }
}

/// The line from the average patient to this one, seen from behind the first layer.
struct Path<'a> {
    model: &'a Model,
    start: &'a [f32],
    reach: &'a [f32],
    rest: &'a [Dense],
    /// What each layer gave, before its `ReLU`, at the last point looked at.
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
    active: Vec<f32>,
}

impl<'a> Path<'a> {
    fn new(model: &'a Model, start: &'a [f32], reach: &'a [f32], rest: &'a [Dense]) -> Self {
        let values: Vec<Vec<f32>> = model.layers.iter().map(|layer| vec![0.0; layer.outputs]).collect();
        let active = vec![0.0; values.iter().map(Vec::len).max().unwrap_or(0)];
        Self { model, start, reach, rest, gradients: values.clone(), values, active }
    }

    fn logit(&mut self, share: f32) -> f32 {
        for (value, (start, reach)) in self.values[0].iter_mut().zip(self.start.iter().zip(self.reach)) {
            *value = start + share * reach;
        }
        for (depth, layer) in self.rest.iter().enumerate() {
            let (before, after) = self.values.split_at_mut(depth + 1);
            let active = &mut self.active[..layer.inputs];
            active.iter_mut().zip(&before[depth]).for_each(|(active, value)| *active = value.max(0.0));
            layer.forward(active, &mut after[0]);
        }
        self.values[self.rest.len()][0]
    }

    fn log_odds(&mut self, share: f32) -> f32 {
        let logit = self.logit(share);
        self.model.calibration.log_odds(logit)
    }

    /// Mean over the line of the gradient of the log-odds at the first layer's outputs.
    fn mean_gradient(&mut self, steps: usize) -> Vec<f32> {
        let mut mean = vec![0.0; self.start.len()];
        for step in 0..steps {
            let logit = self.logit((step as f32 + 0.5) / steps as f32);
            let last = self.rest.len();
            self.gradients[last][0] = self.model.calibration.derivative(logit);
            for (depth, layer) in self.rest.iter().enumerate().rev() {
                let (before, after) = self.gradients.split_at_mut(depth + 1);
                layer.backward(&after[0], &mut before[depth]);
                let closed = |(gradient, value): (&mut f32, &f32)| {
                    if *value <= 0.0 {
                        *gradient = 0.0;
                    }
                };
                before[depth].iter_mut().zip(&self.values[depth]).for_each(closed);
            }
            mean.iter_mut().zip(&self.gradients[0]).for_each(|(mean, g)| *mean += g / steps as f32);
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::fixture::{model_and_rows, network};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Completeness, the axiom that makes the numbers worth showing: the contributions add up to the difference.
        #[test]
        fn contributions_add_up((model, rows) in model_and_rows()) {
            for row in rows.chunks_exact(model.features.len()) {
                let explanation = model.explain(row);
                let sum: f32 = explanation.contributions.iter().map(|c| c.contribution).sum();
                let difference = explanation.log_odds - explanation.base_log_odds;
                prop_assert!((sum - difference).abs() < 1e-2, "{sum} {difference}");
                let p = 1.0 / (1.0 + (-f64::from(explanation.log_odds)).exp());
                prop_assert!((p - f64::from(model.predict_one(row))).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_missing_value_is_named_and_contributes_its_imputed_value() {
        let mut model = network(4, &[3], 1);
        model.preprocessing.mean.clone_from(&model.preprocessing.fill);
        let explanation = model.explain(&[f32::NAN, 2.0, f32::NAN, -1.0]);
        let missing: Vec<_> = explanation.contributions.iter().filter(|c| c.value.is_none()).collect();
        assert_eq!(missing.len(), 2);
        assert!(missing.iter().all(|c| c.contribution == 0.0));
    }

    #[test]
    fn the_average_patient_needs_no_explanation() {
        let model = network(5, &[4, 3], 2);
        let explanation = model.explain(&model.preprocessing.mean.clone());
        assert!(explanation.contributions.iter().all(|c| c.contribution == 0.0));
        assert_eq!(explanation.base_log_odds, explanation.log_odds);
    }
}
