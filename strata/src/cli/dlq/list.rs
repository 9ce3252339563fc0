//! `strata dlq list`: which records silver refused, and why.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::{DeadLetters, LetterFilter, Topic};
use strata_types::Timestamp;

use super::super::{Context, moment};
use crate::output;

/// Lists them, the newest first, after how many there are of each rule
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata dlq list\n  strata dlq list --topic patient-vitals --since 2h\n  strata dlq list --rule unknown_patient --limit 1000 --json\n\nThe place in the first column is what `strata dlq show` and `strata dlq replay` take. Single values that were\nrefused are no dead letters: strata query \"SELECT * FROM quarantine WHERE scope = 'cell'\""
)]
pub(super) struct List {
    /// Of this topic
    #[arg(long)]
    topic: Option<Topic>,
    /// Refused by this rule
    #[arg(long)]
    rule: Option<String>,
    /// Taken in from this time on: RFC 3339, or so long ago, such as 90s, 10m, 2h, 3d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many
    #[arg(long, value_name = "RECORDS", default_value_t = 100)]
    limit: usize,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let now = Timestamp(context.clock.now_micros());
        let since = self.since.as_deref().map(|text| moment(text, now)).transpose()?;
        let filter = LetterFilter { topic: self.topic, rule: self.rule, since };
        let found = context.stack()?.dead_letters(&filter, self.limit).await?;
        if context.json {
            output::json(&found)?;
        } else {
            show(&found)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(found: &DeadLetters) -> Result<()> {
    if found.rules.is_empty() {
        return output::line("no dead letters");
    }
    let rules = found.rules.iter().map(|rule| [rule.topic.clone(), rule.rule.clone(), output::count(rule.count)]);
    output::table(["topic", "rule", "times"], rules)?;
    let letters = found.letters.iter().map(|letter| {
        [letter.place.to_string(), letter.ingested_at.to_string(), letter.rule.clone(), letter.reason.clone()]
    });
    output::table(["place", "taken in", "rule", "reason"], letters)?;
    let (all, shown) = (found.rules.iter().map(|rule| rule.count).sum(), found.letters.len() as u64);
    if shown < all {
        let (shown, all) = (output::count(shown), output::count(all));
        output::note(&format!("the newest {shown} of {all}: --limit shows more"));
    }
    Ok(())
}
