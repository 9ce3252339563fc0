//! What MLflow keeps of a span in columns, beside its content.

use serde_json::Value;

use crate::lifecycle::import::COSTS;
use crate::traces::key::attribute;
use crate::traces::span::decoded;

/// The longest name of a model or a provider.
const DIMENSION: usize = 500;

/// Costs, model and provider of a span, as its content says them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Columns {
    pub(super) costs: [Option<f64>; 3],
    pub(super) model: Option<String>,
    pub(super) provider: Option<String>,
}

impl Columns {
    pub(super) fn of(content: &str) -> Self {
        let content: Value = serde_json::from_str(content).unwrap_or_default();
        let attribute = |name: &str| content["attributes"].get(name).and_then(decoded);
        let cost = attribute(attribute::COST).unwrap_or_default();
        let text = |name: &str| Some(attribute(name)?.as_str()?.chars().take(DIMENSION).collect());
        Self {
            costs: COSTS.map(|name| cost[name].as_f64()),
            model: text(attribute::MODEL),
            provider: text(attribute::PROVIDER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn a_span_says_what_it_cost() {
        let content = r#"{"attributes": {"mlflow.llm.cost": "{\"input_cost\": 0.25, \"total_cost\": 1}",
            "mlflow.llm.model": "\"tiny\"", "mlflow.llm.provider": "7"}}"#;
        let columns = Columns::of(content);
        assert_eq!(columns.costs, [Some(0.25), None, Some(1.0)]);
        assert_eq!((columns.model.as_deref(), columns.provider), (Some("tiny"), None));
        assert_eq!(Columns::of("no JSON"), Columns::default());
    }
}
