//! From raw values to what the first layer expects: fill, centre, scale, clip.
//!
//! The numbers are learnt on training patients and travel inside the model, so they are applied wherever it is served.

/// What is done to each feature before the first layer, in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// Stands in for a missing value (NaN), one per feature, in the feature's unit.
    pub fill: Vec<f32>,
    /// Subtracted, one per feature.
    pub mean: Vec<f32>,
    /// Divides, one per feature; above zero.
    pub scale: Vec<f32>,
    /// The scaled value is kept within `-clip..=clip`, so that one absurd reading cannot carry the answer.
    pub clip: f32,
}

impl Preprocessing {
    /// Writes the preprocessed row into `out`; both are as wide as the model.
    pub fn apply(&self, row: &[f32], out: &mut [f32]) {
        let parts = self.fill.iter().zip(&self.mean).zip(&self.scale);
        for ((out, &value), ((&fill, &mean), &scale)) in out.iter_mut().zip(row).zip(parts) {
            let value = if value.is_nan() { fill } else { value };
            *out = ((value - mean) / scale).clamp(-self.clip, self.clip);
        }
    }
}
