//! Which runs a trace belongs to, and which prompts it used.

use strata_database::{Transaction, query};

use super::load;
use crate::Error;

pub(crate) const RUN: &str = "run";
pub(crate) const PROMPT: &str = "prompt";
const MOST: usize = 100;

/// Traces may be on their way still: clients send them when they have the time.
pub(super) async fn to_run(tx: &mut Transaction, run_id: &str, traces: &[String]) -> Result<(), Error> {
    if traces.len() > MOST {
        return Err(Error::invalid(format!(
            "Cannot link more than {MOST} traces to a run in a single request. Provided {} traces.",
            traces.len()
        )));
    }
    for trace in traces {
        link(tx, trace, RUN, run_id).await?;
    }
    Ok(())
}

/// Versions of prompts, each `name/version`.
pub(super) async fn to_prompts(tx: &mut Transaction, trace: &str, prompts: &[String]) -> Result<(), Error> {
    load::exists(tx, trace).await?;
    for prompt in prompts {
        link(tx, trace, PROMPT, prompt).await?;
    }
    Ok(())
}

async fn link(tx: &mut Transaction, trace: &str, kind: &str, target: &str) -> Result<(), Error> {
    let sql = "INSERT INTO trace_links (trace_id, kind, target) VALUES ($1, $2, $3) \
               ON CONFLICT (trace_id, kind, target) DO NOTHING";
    query(sql).bind(trace).bind(kind).bind(target).execute(&mut **tx).await?;
    Ok(())
}
