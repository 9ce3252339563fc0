//! How the whole stack fares, for those of its services that show it.

use std::path::PathBuf;
use std::sync::OnceLock;

use strata_console::{Link, Window};
use strata_control::{Chart, ServiceStatus, StackStatus, Start};
use strata_runtime::memory;
use strata_services::{Supervisor, critical_path};
use strata_types::Timestamp;

use super::at_rest::nothing;

/// Looks on the stack once there is one: its services are made before their supervisor.
#[derive(Debug, Default)]
pub(crate) struct Outlook(OnceLock<View>);

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) chart: Chart,
    pub(crate) supervisor: Supervisor,
    pub(crate) data_dir: PathBuf,
    pub(crate) started_at: Timestamp,
}

impl Outlook {
    /// Opens the view; the first is the one that stays.
    pub(crate) fn open(&self, view: View) {
        let _ = self.0.set(view);
    }
}

impl Window for Outlook {
    fn status(&self) -> StackStatus {
        self.0.get().map_or_else(|| nothing(&PathBuf::new()), View::status)
    }

    /// What the gateway, the feature server and serving have beside their main business.
    fn links(&self) -> Vec<Link> {
        let faces = self.status().services.into_iter().filter_map(|service| {
            let pages = FACES.iter().find(|(name, _)| *name == service.status.name)?.1;
            let url = service.status.url?;
            Some(pages.iter().map(move |page| Link {
                of: service.status.name.clone(),
                name: if *page == "/" { "endpoints".to_owned() } else { page.trim_start_matches('/').to_owned() },
                url: format!("{url}{page}"),
            }))
        });
        faces.flatten().collect()
    }
}

/// Services with pages for people and machines, and which.
const FACES: [(&str, &[&str]); 3] = [
    ("gateway", &["/endpoints", "/metrics", "/openapi.json", "/readyz?verbose"]),
    ("online", &["/", "/metrics", "/openapi.json", "/readyz?verbose"]),
    ("serving", &["/", "/metrics", "/openapi.json", "/readyz?verbose"]),
];

impl View {
    fn status(&self) -> StackStatus {
        let statuses = self.supervisor.statuses();
        let startups = statuses.iter().filter_map(|status| Some((status.name.as_str(), status.startup()?))).collect();
        let path = critical_path(self.supervisor.graph(), &startups);
        let services: Vec<_> = self
            .chart
            .members()
            .into_iter()
            .filter_map(|member| {
                let status = statuses.iter().find(|status| status.name == member.name)?.clone();
                let wanted = status.state.is_wanted();
                Some(ServiceStatus::new(status, member.level, wanted))
            })
            .collect();
        let healthy = StackStatus::all_healthy(&services);
        StackStatus {
            pid: Some(std::process::id()),
            started_at: Some(self.started_at),
            memory_bytes: memory::current_bytes(),
            healthy,
            services,
            start: (!path.services.is_empty()).then(|| Start {
                critical_path: path.services.iter().map(|name| (*name).to_owned()).collect(),
                seconds: path.takes.as_secs_f64(),
            }),
            ..nothing(&self.data_dir)
        }
    }
}
