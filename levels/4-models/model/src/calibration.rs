//! From the network's logit to log-odds that can be believed.

/// A monotone map from raw logit to calibrated log-odds, fitted on patients the network never saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Calibration {
    /// Platt scaling (Platt 1999): `slope * logit + intercept`.
    Platt {
        /// Above zero.
        slope: f32,
        /// In log-odds.
        intercept: f32,
    },
    /// Beta calibration (Kull, Silva Filho, Flach 2017): `a ln(p) - b ln(1-p) + c`, so the two tails bend apart.
    Beta {
        /// Weight of the low tail; not below zero.
        a: f32,
        /// Weight of the high tail; not below zero.
        b: f32,
        /// In log-odds.
        c: f32,
    },
}

impl Calibration {
    /// Changes nothing.
    pub const IDENTITY: Self = Self::Platt { slope: 1.0, intercept: 0.0 };

    /// Calibrated log-odds of a raw logit.
    pub fn log_odds(&self, logit: f32) -> f32 {
        match *self {
            Self::Platt { slope, intercept } => slope * logit + intercept,
            Self::Beta { a, b, c } => b * softplus(logit) - a * softplus(-logit) + c,
        }
    }

    /// Calibrated probability of a raw logit.
    pub fn probability(&self, logit: f32) -> f32 {
        sigmoid(self.log_odds(logit))
    }

    /// How fast the log-odds move with the logit.
    pub(crate) fn derivative(&self, logit: f32) -> f32 {
        match *self {
            Self::Platt { slope, .. } => slope,
            Self::Beta { a, b, .. } => b * sigmoid(logit) + a * sigmoid(-logit),
        }
    }

    pub(crate) fn is_rising(&self) -> bool {
        match *self {
            Self::Platt { slope, intercept } => slope.is_finite() && slope > 0.0 && intercept.is_finite(),
            Self::Beta { a, b, c } => [a, b, c].iter().all(|x| x.is_finite()) && a >= 0.0 && b >= 0.0 && a + b > 0.0,
        }
    }
}

/// `1 / (1 + e^-x)`, never past the largest exponent.
fn sigmoid(x: f32) -> f32 {
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

/// `ln(1 + e^x)`.
fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
