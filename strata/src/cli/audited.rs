//! The one place where commands that change something are recorded.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use strata_audit::{Action, Agent, AgentKind, Audit, Entity, Entry, Outcome};
use strata_runtime::Clock;

use super::Command;

/// What a command does, if that changes anything.
pub(super) fn deed(command: &Command) -> Option<(&'static str, Action)> {
    Some(match command {
        Command::Demo(_) => ("demo", Action::Execute),
        Command::Import(_) => ("import", Action::Create),
        Command::Generate(_) => ("generate", Action::Create),
        // From one folder to another, neither of which is the data folder.
        Command::Refine(refine) if refine.is_elsewhere() => return None,
        Command::Refine(_) => ("refine", Action::Update),
        Command::Dlq(dlq) if dlq.changes() => ("dlq replay", Action::Update),
        Command::Features(features) if features.changes() => ("features", Action::Update),
        Command::Train(_) => ("train", Action::Create),
        Command::Evaluate(_) => ("evaluate", Action::Create),
        // The data folder is read, and what is read leaves it.
        Command::Export(_) => ("export", Action::Read),
        Command::Serve(_) => ("serve", Action::Execute),
        Command::S3(_) => ("s3", Action::Execute),
        Command::Registry(registry) => registry.deed(),
        Command::Cluster(cluster) => (cluster.server()?, Action::Execute),
        Command::Token(_) => ("token", Action::Create),
        Command::Up(_) => ("up", Action::Execute),
        Command::Down(down) => ("down", if down.erases() { Action::Delete } else { Action::Execute }),
        Command::Restart(_) => ("restart", Action::Execute),
        Command::Clean(_) => ("clean", Action::Delete),
        Command::Status(_)
        | Command::Plan(_)
        | Command::Logs(_)
        | Command::Doctor(_)
        | Command::Dlq(_)
        | Command::Features(_)
        | Command::Query(_)
        | Command::Audit(_)
        | Command::Config(_)
        | Command::Schemas(_)
        | Command::Openapi(_) => {
            return None;
        }
    })
}

/// Records how a deed on a data folder ended. Without its record it has not ended well.
pub(super) fn record(
    (what, action): (&'static str, Action),
    data: &Path,
    clock: &Arc<dyn Clock>,
    ended: &Result<ExitCode>,
) -> Result<()> {
    let who = Agent::new(AgentKind::Person, &account());
    let mut entry = Entry::new(who, what, action).on(Entity::data_folder(&data.display().to_string()));
    match ended {
        Ok(code) if *code == ExitCode::SUCCESS => {}
        Ok(code) if *code == ExitCode::from(super::INTERRUPTED) => {
            entry = entry.failed(Outcome::MinorFailure, "interrupted; what was committed stays");
        }
        Ok(_) => entry = entry.failed(Outcome::MinorFailure, "done in part: the command said what was not"),
        Err(error) => entry = entry.failed(Outcome::SeriousFailure, &without_values(&crate::output::told(error))),
    }
    let recorded = Audit::open(strata_audit::folder(data), Arc::clone(clock)).and_then(|audit| audit.record(entry));
    recorded.with_context(|| format!("`strata {what}` could not be recorded"))?;
    Ok(())
}

/// The first line of an error without anything that may come from data: what is quoted, and words with digits.
fn without_values(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    let unquoted: Vec<_> = line.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { "…" } else { part }).collect();
    let words = unquoted.concat();
    let shown =
        |word: &str| if word.contains(|c: char| c.is_ascii_digit()) { "…".to_owned() } else { word.to_owned() };
    words.split(' ').map(shown).collect::<Vec<_>>().join(" ")
}

/// The account that runs this process, by what the system says and not by what the environment does.
pub(super) fn account() -> String {
    #[cfg(unix)]
    if let Ok(about) = std::fs::metadata("/proc/self") {
        use std::os::unix::fs::MetadataExt;
        let uid = about.uid().to_string();
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let name = accounts.lines().find_map(|line| {
            let mut parts = line.split(':');
            let name = parts.next()?;
            (parts.nth(1)? == uid).then(|| name.to_owned())
        });
        return name.unwrap_or_else(|| format!("uid {uid}"));
    }
    std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_else(|_| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_audit::{Filter, read, verify};
    use strata_runtime::clock::Fixed;

    #[test]
    fn an_error_is_recorded_without_values() {
        for (error, recorded) in [
            ("p000012.psv:7: `Doe, Jane` is no number\nand more", "… … is no number"),
            ("cannot use the data folder `/srv/p1`: choose another", "cannot use the data folder …: choose another"),
        ] {
            assert_eq!(without_values(error), recorded);
        }
    }

    #[test]
    fn a_deed_is_recorded_with_its_end() {
        let data = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Fixed::at(1_772_366_400_000_000));
        for ended in [Ok(ExitCode::SUCCESS), Ok(ExitCode::from(130)), Err(anyhow::anyhow!("no `x`"))] {
            record(("train", Action::Create), data.path(), &clock, &ended).unwrap();
        }
        let folder = strata_audit::folder(data.path());
        let records: Vec<_> = read(&folder, Filter::default()).unwrap().map(Result::unwrap).collect();
        let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
        assert_eq!(outcomes, [Outcome::Success, Outcome::MinorFailure, Outcome::SeriousFailure]);
        assert_eq!(records[2].detail.as_deref(), Some("no …"));
        assert!(!records[0].who.name().is_empty());
        assert_eq!(verify(&folder).unwrap().finding, None);
    }
}
