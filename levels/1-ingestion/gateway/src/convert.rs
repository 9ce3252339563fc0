//! The seam to whoever knows FHIR: handed in at composition.

use serde_json::Value;
use strata_types::Topic;

/// What became of one entry of a FHIR resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// Which entry of the Bundle, from 0; 0 for a resource that is none.
    pub entry: usize,
    /// An event of a topic, or why there is none.
    pub event: Result<(Topic, Value), String>,
}

/// Turns a FHIR R4 resource, or a Bundle of them, into events. It is pure, and never panics whatever it is shown.
pub trait Convert: Send + Sync + 'static {
    /// The events, in the order of the entries.
    fn convert(&self, resource: &Value) -> Vec<Converted>;
}

impl<F> Convert for F
where
    F: Fn(&Value) -> Vec<Converted> + Send + Sync + 'static,
{
    fn convert(&self, resource: &Value) -> Vec<Converted> {
        self(resource)
    }
}
