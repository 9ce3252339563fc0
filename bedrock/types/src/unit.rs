//! Units: how senders write them, and how a value becomes canonical.

use crate::Variable;

/// How a value in another unit becomes one in the canonical unit:
/// `(value - subtract) * multiply / divide`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// The other unit, a UCUM code.
    pub unit: &'static str,
    subtract: f64,
    multiply: f64,
    divide: f64,
}

impl Conversion {
    pub(crate) const fn new(unit: &'static str, subtract: f64, multiply: f64, divide: f64) -> Self {
        Self { unit, subtract, multiply, divide }
    }

    /// The value in the canonical unit.
    pub fn apply(&self, value: f64) -> f64 {
        (value - self.subtract) * self.multiply / self.divide
    }
}

/// The UCUM code of a unit as people write it; unknown spellings stay as they are.
pub fn ucum(unit: &str) -> &str {
    match unit.trim() {
        "C" | "°C" | "degC" => "Cel",
        "F" | "°F" | "degF" => "[degF]",
        "mmHg" | "mm Hg" => "mm[Hg]",
        "bpm" | "beats/min" | "breaths/min" => "/min",
        "IU/L" | "[IU]/L" | "U/l" => "U/L",
        "mEq/L" | "meq/l" => "meq/L",
        "10^3/uL" | "10³/µL" | "K/uL" | "x10^3/uL" => "10*3/uL",
        "10^9/L" | "10⁹/L" | "G/L" => "10*9/L",
        "µmol/L" | "μmol/L" => "umol/L",
        "mcg/kg/min" | "µg/kg/min" => "ug/kg/min",
        "fraction" => "1",
        "sec" | "seconds" => "s",
        "INR" | "ratio" => "{INR}",
        "pH" | "pH units" => "[pH]",
        "lb" | "lbs" => "[lb_av]",
        "in" | "inch" => "[in_i]",
        known => known,
    }
}

/// The value in the variable's canonical unit, or `None` when the unit does not fit the variable.
pub fn to_canonical(variable: &Variable, value: f64, unit: &str) -> Option<f64> {
    let unit = ucum(unit);
    if unit == variable.ucum {
        return Some(value);
    }
    variable.conversions.iter().find(|c| c.unit == unit).map(|c| c.apply(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 27: unit standardisation did not exist.
    #[test]
    fn values_become_canonical() {
        let cases = [
            ("body_temperature", 98.6, "[degF]", Some(37.0)),
            ("body_temperature", 37.0, "Cel", Some(37.0)),
            ("glucose", 5.0, "mmol/L", Some(90.08)),
            ("creatinine", 88.4, "µmol/L", Some(1.0)),
            ("lactate", 18.0, "mg/dL", Some(1.998)),
            ("haemoglobin", 140.0, "g/L", Some(14.0)),
            ("platelets", 200.0, "10^9/L", Some(200.0)),
            ("ast", 30.0, "IU/L", Some(30.0)),
            ("sbp", 16.0, "kPa", Some(120.030_007_5)),
            ("sodium", 140.0, "furlong", None),
        ];
        for (name, value, unit, expected) in cases {
            let variable = Variable::by_name(name).unwrap();
            let canonical = to_canonical(variable, value, unit);
            match (canonical, expected) {
                (Some(got), Some(want)) => assert!((got - want).abs() < 1e-6, "{name}: {got} {want}"),
                (got, want) => assert_eq!(got, want, "{name}"),
            }
        }
    }
}
