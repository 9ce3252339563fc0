//! How a folder fares on which nothing runs.

use strata_config::Config;
use strata_control::{Level, LevelName, ServiceStatus, StackStatus};
use strata_services::Status;

use crate::Folder;

/// What was wanted last, and whether it was felled or killed.
pub(crate) fn at_rest(folder: &Folder, config: &Config) -> anyhow::Result<StackStatus> {
    let chart = super::chart(config)?;
    let memory = folder.run().recall();
    let wanted = memory.as_ref().map(|memory| memory.wanted.clone()).unwrap_or_default();
    let cause = match &memory {
        Some(memory) if !memory.felled => {
            let pid = memory.pid;
            format!(
                "its process {pid} ended without felling it (killed?); `strata up` raises it again, nothing is lost"
            )
        }
        _ => "nothing runs; `strata up` raises it".to_owned(),
    };
    let services = chart.members().into_iter().map(|member| {
        let startup_seconds = memory.as_ref().and_then(|memory| memory.startup_seconds.get(member.name).copied());
        let status = Status { startup_seconds, ..Status::stopped(member.name) };
        ServiceStatus::new(status, member.level, wanted.iter().any(|name| name == member.name))
    });
    let services = services.collect();
    Ok(StackStatus { cause: Some(cause), services, ..nothing(folder.root()) })
}

/// Of which nothing is known.
pub(super) fn nothing(data_dir: &std::path::Path) -> StackStatus {
    StackStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: None,
        data_dir: data_dir.to_owned(),
        started_at: None,
        memory_bytes: None,
        healthy: false,
        cause: None,
        levels: crate::levels::LEVELS.iter().map(name).collect(),
        services: Vec::new(),
        start: None,
    }
}

fn name(level: &Level) -> LevelName {
    LevelName { number: level.number, name: level.name.to_owned(), purpose: level.purpose.to_owned() }
}
