//! Which services a command is about.

use clap::Args;
use strata_stack::Choice;

/// What is to be raised; everything, if nothing is said.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Chosen {
    /// A level, by number or name, and all below it
    #[arg(long, value_name = "LEVEL", conflicts_with_all = ["profile", "only"])]
    level: Option<String>,
    /// A set of services and what they need: ingest, train, serve, full, or a level's name
    #[arg(long, value_name = "NAME", conflicts_with = "only")]
    profile: Option<String>,
    /// These services alone; what else they need is where the configuration says
    #[arg(long, value_name = "SERVICE,...", value_delimiter = ',')]
    only: Vec<String>,
}

impl Chosen {
    pub(crate) fn choice(&self) -> Choice {
        match (&self.level, &self.profile) {
            (Some(level), _) => Choice::Level(level.clone()),
            (None, Some(profile)) => Choice::Profile(profile.clone()),
            (None, None) if !self.only.is_empty() => Choice::Only(self.only.clone()),
            (None, None) => Choice::All,
        }
    }

    /// The same, for another process.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for (flag, value) in [("--level", &self.level), ("--profile", &self.profile)] {
            if let Some(value) = value {
                arguments.extend([flag.to_owned(), value.clone()]);
            }
        }
        if !self.only.is_empty() {
            arguments.extend(["--only".to_owned(), self.only.join(",")]);
        }
        arguments
    }
}
