//! `strata dlq replay`: what silver refused, tried again by today's rules.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use strata_stack::{Client, Folder, LetterPlace, Refused, Replayed, Request, Stack, Topic, Writer};

use super::super::{Context, down};
use crate::{output, progress};

/// The service that holds silver in a running stack.
const REFINERY: &str = "refinery";

/// Refines them again, by today's rules
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata dlq replay\n  strata dlq replay --topic patient-vitals --rule unknown_patient\n  strata dlq replay patient-vitals/live/3/4711 lab-results/live/0/12\n  strata dlq replay --set processing.on_invalid=cell\n\nWhat is valid now stands in silver, once, however often this is run; the rest stays refused. If a stack refines, its\nlevel 2 and what stands on it is felled meanwhile, and raised again."
)]
pub(super) struct Replay {
    /// These records, as `strata dlq list` names their places [default: all that the options let through]
    #[arg(value_name = "PLACE", conflicts_with_all = ["topic", "rule"])]
    places: Vec<LetterPlace>,
    /// Of this topic
    #[arg(long)]
    topic: Option<Topic>,
    /// Refused by this rule
    #[arg(long)]
    rule: Option<String>,
}

impl Replay {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let letters = if self.places.is_empty() {
            vec![Refused { topic: self.topic, rule: self.rule, place: None }]
        } else {
            self.places.into_iter().map(Refused::from).collect()
        };
        let stack = context.stack()?;
        let felled = fell(&stack.folder).await?;
        let replayed = replay(&stack, &letters).await;
        // Whatever came of it, what ran runs again.
        let raised = raise(&stack.folder, felled).await;
        let replayed = replayed?;
        if context.json {
            output::json(&replayed)?;
        } else {
            let Replayed { tried, in_silver } = replayed;
            let (tried, in_silver) = (output::count(tried), output::count(in_silver));
            output::line(&format!("{tried} records tried again, {in_silver} of them stand in silver now"))?;
        }
        raised?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn replay(stack: &Stack, letters: &[Refused]) -> Result<Replayed> {
    let _lock = stack.folder.lock(Writer::Silver, "strata dlq replay")?;
    let bar = progress::bar("replaying", None);
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let replayed = stack.replay(letters).await;
    bar.finish_and_clear();
    replayed
}

/// Fells the refinery of a running stack; gives what has to be raised again.
async fn fell(folder: &Folder) -> Result<Vec<String>> {
    let Some(status) = Client::status_of(folder.run()).await? else { return Ok(Vec::new()) };
    let Some(refinery) = status.services.iter().find(|service| service.wanted && service.status.name == REFINERY)
    else {
        return Ok(Vec::new());
    };
    let above = status.services.iter().filter(|service| service.wanted && service.level >= refinery.level);
    let felled = above.map(|service| service.status.name.clone()).collect();
    output::note("level 2 is felled meanwhile, and what stands on it");
    down::fell(folder, vec![REFINERY.to_owned()], false).await?;
    Ok(felled)
}

async fn raise(folder: &Folder, services: Vec<String>) -> Result<()> {
    if services.is_empty() {
        return Ok(());
    }
    let names = services.join(", ");
    let raised = async {
        let client = Client::connect(folder.run()).await?.context("the stack ended meanwhile")?;
        client.ask(&Request::Raise { services }, |_| {}).await?;
        Ok::<_, anyhow::Error>(())
    };
    raised.await.with_context(|| format!("what was felled is not healthy again ({names}): see `strata status`"))
}
