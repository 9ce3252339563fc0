//! What a probability means at the bedside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a probability becomes a risk level or an alert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// From here on the risk is moderate.
    pub moderate: f32,
    /// From here on the risk is high; not below `moderate`.
    pub high: f32,
    /// From here on someone is called; chosen on patients outside the test part.
    pub alert: f32,
}

impl Thresholds {
    /// The level of a calibrated probability.
    pub fn level(&self, probability: f32) -> RiskLevel {
        if probability >= self.high {
            RiskLevel::High
        } else if probability >= self.moderate {
            RiskLevel::Moderate
        } else {
            RiskLevel::Low
        }
    }
}

/// A probability in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    /// Below `moderate`.
    Low,
    /// Between `moderate` and `high`.
    Moderate,
    /// From `high` on.
    High,
}

impl RiskLevel {
    /// `low`, `moderate` or `high`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

impl fmt::Display for RiskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
