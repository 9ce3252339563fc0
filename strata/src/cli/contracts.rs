//! `strata schemas` and `strata openapi`: the contracts, as the code has them.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use strata_types::{Topic, json_schema};

use crate::output;

/// Prints the JSON Schema of each topic's records
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  strata schemas\n  strata schemas patient-vitals")]
pub(crate) struct Schemas {
    /// One topic [default: all of them, as one object]
    topic: Option<Topic>,
}

impl Schemas {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let value = match self.topic {
            Some(topic) => json_schema(topic),
            None => Value::Object(
                Topic::ALL.map(|topic| (topic.to_string(), json_schema(topic))).into_iter().collect::<Map<_, _>>(),
            ),
        };
        output::line(&serde_json::to_string_pretty(&value)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the `OpenAPI` description of an HTTP face
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  strata openapi\n  strata openapi gateway")]
pub(crate) struct OpenApi {
    /// Whose
    #[arg(value_enum, default_value_t = Face::Serving)]
    face: Face,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Face {
    Serving,
    Gateway,
    Features,
}

impl OpenApi {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let text = match self.face {
            Face::Serving => strata_stack::serving_openapi(),
            Face::Gateway => strata_stack::gateway_openapi(),
            Face::Features => strata_stack::features_openapi(),
        };
        output::line(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
