//! The Brier score (Brier 1950): mean squared distance of risk and outcome. It says little alone;
//! beside it stands the score of the null model, which predicts the prevalence for every row.

use super::are_probabilities;

/// The mean squared error of the probabilities.
pub fn brier(labels: &[bool], probabilities: &[f32]) -> Option<f64> {
    assert_eq!(labels.len(), probabilities.len(), "one probability per label");
    if labels.is_empty() || !are_probabilities(probabilities) {
        return None;
    }
    let squares: f64 = labels
        .iter()
        .zip(probabilities)
        .map(|(&label, &probability)| (f64::from(u8::from(label)) - f64::from(probability)).powi(2))
        .sum();
    Some(squares / labels.len() as f64)
}

/// The Brier score of predicting the prevalence everywhere.
pub fn null_brier(labels: &[bool]) -> Option<f64> {
    prevalence(labels).map(|prevalence| prevalence * (1.0 - prevalence))
}

/// The share of positive rows.
pub fn prevalence(labels: &[bool]) -> Option<f64> {
    let positives = labels.iter().filter(|&&label| label).count();
    (!labels.is_empty()).then(|| positives as f64 / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares() {
        assert_eq!(brier(&[true, false], &[1.0, 0.0]), Some(0.0));
        assert_eq!(brier(&[true, false], &[0.5, 0.5]), Some(0.25));
        assert_eq!(brier(&[true, false, false, false], &[0.25; 4]), null_brier(&[true, false, false, false]));
    }

    #[test]
    fn undefined() {
        assert_eq!(brier(&[], &[]), None);
        assert_eq!(brier(&[true], &[f32::NAN]), None);
        assert_eq!(brier(&[true], &[7.0]), None);
        assert_eq!(null_brier(&[]), None);
    }
}
