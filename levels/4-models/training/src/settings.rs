//! What may be chosen about a training.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::network::Hyper;

/// How to train; the defaults are what was found to serve well on `PhysioNet` 2019.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Widths of the network's hidden layers.
    pub hidden: Vec<usize>,
    /// Share of hidden units silenced at each step, so that none is relied upon.
    pub dropout: f64,
    /// Share of inputs set to the average patient's at each step: the features overlap, and what leans on all of them
    /// stands more firmly than what leans on one.
    pub input_dropout: f64,
    /// Adam's step.
    pub learning_rate: f64,
    /// Rows per step.
    pub batch_size: usize,
    /// Rounds over the training part at most.
    pub max_epochs: usize,
    /// Rounds without a better validation AUROC before stopping.
    pub patience: usize,
    /// Pull of all weights towards zero at each step, decoupled as in `AdamW`.
    pub weight_decay: f64,
    /// How slowly the served weights follow the learning ones (Polyak, Juditsky 1992): 0 not at all slowly, 0.998 over
    /// some 500 steps.
    pub averaging: f64,
    /// 1: events weigh as much as all other rows together; 0: every row weighs the same.
    pub class_balance: f64,
    /// Scaled values are kept within this many standard deviations.
    pub clip: f32,
    /// Resamples behind the intervals of the evaluation.
    pub bootstrap: u32,
    /// Of the split, the first weights, the order of the rows and the dropout.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hidden: vec![64, 32],
            dropout: 0.3,
            input_dropout: 0.2,
            learning_rate: 1e-3,
            batch_size: 1024,
            max_epochs: 50,
            patience: 5,
            weight_decay: 0.3,
            averaging: 0.998,
            class_balance: 1.0,
            clip: 3.0,
            bootstrap: 200,
            seed: 42,
        }
    }
}

impl Settings {
    pub(crate) fn hyper(&self) -> Hyper {
        let &Self { learning_rate, weight_decay, averaging, dropout, input_dropout, .. } = self;
        Hyper { learning_rate, weight_decay, averaging, dropout, input_dropout }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let smallest = self.hidden.iter().copied().min().unwrap_or(1);
        let rules = [
            ("hidden", smallest as f64, smallest > 0, "above 0 for each layer"),
            ("dropout", self.dropout, (0.0..1.0).contains(&self.dropout), "at least 0 and below 1"),
            ("input_dropout", self.input_dropout, (0.0..1.0).contains(&self.input_dropout), "at least 0 and below 1"),
            ("averaging", self.averaging, (0.0..1.0).contains(&self.averaging), "at least 0 and below 1"),
            ("class_balance", self.class_balance, (0.0..=1.0).contains(&self.class_balance), "from 0 to 1"),
            ("learning_rate", self.learning_rate, self.learning_rate > 0.0 && self.learning_rate < 1.0, "in 0..1"),
            ("batch_size", self.batch_size as f64, self.batch_size > 0, "at least 1"),
            ("max_epochs", self.max_epochs as f64, self.max_epochs > 0, "at least 1"),
            ("patience", self.patience as f64, self.patience > 0, "at least 1"),
            ("weight_decay", self.weight_decay, self.weight_decay >= 0.0, "at least 0"),
            ("clip", f64::from(self.clip), self.clip > 0.0 && self.clip.is_finite(), "above 0"),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((name, value, _, range)) => Err(Error::Setting { name, value, range }),
            None => Ok(()),
        }
    }
}
