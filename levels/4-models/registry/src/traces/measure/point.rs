//! Values that become figures.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::Measure;
use crate::Error;

/// MLflow's JSON of one group.
pub(super) fn point(measure: &Measure, group: Vec<String>, values: &[Value]) -> Result<Value, Error> {
    let texts: HashSet<&str> = values.iter().filter_map(Value::as_str).collect();
    let mut numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
    numbers.sort_by(f64::total_cmp);
    let mut figures = serde_json::Map::new();
    let sum: f64 = numbers.iter().sum();
    for (aggregation, percentile) in &measure.aggregations {
        let (name, figure) = match (aggregation.as_str(), percentile) {
            // Texts are counted once each: they are sessions.
            ("COUNT", _) => ("COUNT".to_owned(), (numbers.len() + texts.len()) as f64),
            ("SUM", _) => ("SUM".to_owned(), sum),
            ("AVG", _) => ("AVG".to_owned(), sum / numbers.len() as f64),
            ("MIN", _) => ("MIN".to_owned(), numbers.first().copied().unwrap_or(f64::NAN)),
            ("MAX", _) => ("MAX".to_owned(), numbers.last().copied().unwrap_or(f64::NAN)),
            ("PERCENTILE", Some(percent)) if (0.0..=100.0).contains(percent) => {
                (format!("P{percent}"), percentile_of(&numbers, *percent))
            }
            ("PERCENTILE", _) => {
                return Err(Error::invalid(
                    "percentile_value must be between 0 and 100 for the PERCENTILE aggregation.",
                ));
            }
            (other, _) => return Err(Error::invalid(format!("Found invalid aggregation_type(s): ['{other}']."))),
        };
        figures.insert(name, json!(figure));
    }
    let mut point = json!({ "metric_name": measure.metric, "values": figures });
    let bucket = measure.interval().map(|_| "time_bucket");
    let names = bucket.into_iter().chain(measure.dimensions.iter().map(String::as_str));
    let dimensions: BTreeMap<&str, String> = names.zip(group).collect();
    if !dimensions.is_empty() {
        point["dimensions"] = json!(dimensions);
    }
    Ok(point)
}

/// Between the two values that are nearest.
fn percentile_of(sorted: &[f64], percent: f64) -> f64 {
    let at = percent / 100.0 * sorted.len().saturating_sub(1) as f64;
    let value = |at: f64| sorted.get(at as usize).copied().unwrap_or(f64::NAN);
    let (low, high) = (value(at.floor()), value(at.ceil()));
    low + (high - low) * at.fract()
}
