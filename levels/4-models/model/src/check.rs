//! Whether the parts of a model fit together.

use std::collections::BTreeSet;

use crate::{Error, Model};

impl Model {
    /// Refuses a model whose parts do not fit, so that nothing later has to doubt it.
    pub fn check(&self) -> Result<(), Error> {
        let width = self.features.len();
        let no = |what: String| Err(Error::Misfit(what));
        if width == 0 {
            return no("it has no features".into());
        }
        if self.features.iter().collect::<BTreeSet<_>>().len() < width {
            return no("a feature comes twice".into());
        }
        let p = &self.preprocessing;
        for (what, values) in [("fill", &p.fill), ("mean", &p.mean), ("scale", &p.scale)] {
            if values.len() != width {
                return no(format!("{} values of {what} for {width} features", values.len()));
            }
            if !finite(values) {
                return no(format!("a value of {what} is not a finite number"));
            }
        }
        if p.scale.iter().any(|&scale| scale <= 0.0) || p.clip <= 0.0 || !p.clip.is_finite() {
            return no("scale and clip must be above zero".into());
        }
        self.check_layers()?;
        if !self.calibration.is_rising() {
            return no(format!("{:?} does not rise with the logit", self.calibration));
        }
        let t = &self.thresholds;
        if ![t.moderate, t.high, t.alert].iter().all(|p| (0.0..=1.0).contains(p)) || t.moderate > t.high {
            return no(format!("{t:?} are not rising probabilities"));
        }
        Ok(())
    }

    fn check_layers(&self) -> Result<(), Error> {
        let mut width = self.features.len();
        for (number, layer) in self.layers.iter().enumerate() {
            let cells = layer.inputs.checked_mul(layer.outputs);
            if layer.inputs != width || Some(layer.weights.len()) != cells || layer.bias.len() != layer.outputs {
                return Err(Error::Misfit(format!("layer {number} does not take {width} inputs")));
            }
            if !finite(&layer.weights) || !finite(&layer.bias) {
                return Err(Error::Misfit(format!("a weight of layer {number} is not a finite number")));
            }
            width = layer.outputs;
        }
        if self.layers.is_empty() || width != 1 {
            return Err(Error::Misfit("the last layer must have one output".into()));
        }
        Ok(())
    }
}

fn finite(values: &[f32]) -> bool {
    values.iter().all(|x| x.is_finite())
}
