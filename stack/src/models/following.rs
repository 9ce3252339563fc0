//! Follows the champion: when another is, serving swaps its model, drops no request, and says so.

use std::sync::Arc;
use std::time::Duration;

use strata_audit::{Action, Agent, AgentKind, Audit, Entity, Entry, Outcome};
use strata_runtime::{Clock, Scope};
use strata_serving::Seat;

use super::source::{Champion, Source};

/// What looks for another champion, again and again.
pub struct Following {
    pub(super) source: Source,
    pub(super) seat: Seat,
    /// Who serves.
    pub(super) serves: Option<Champion>,
    pub(super) every: Duration,
    pub(super) audit: std::path::PathBuf,
    pub(super) clock: Arc<dyn Clock>,
}

/// What was said last, so that what lasts is said once.
#[derive(Default)]
struct Trouble {
    /// A champion that does not fit: another is waited for.
    refused: Option<Champion>,
    told: Option<String>,
}

impl Following {
    /// Looks until the scope is felled.
    pub async fn run(mut self, scope: &Scope) -> Result<(), std::convert::Infallible> {
        let token = scope.token();
        let mut trouble = Trouble::default();
        loop {
            match self.look(&mut trouble).await {
                Ok(()) => trouble.told = None,
                Err(error) => {
                    self.seat.missed();
                    let error = format!("{error:#}");
                    if trouble.told.as_ref() != Some(&error) {
                        tracing::warn!(error, "the champion could not be looked up; the model that serves goes on");
                        trouble.told = Some(error);
                    }
                }
            }
            tokio::select! {
                () = token.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn look(&mut self, trouble: &mut Trouble) -> anyhow::Result<()> {
        // Where nobody is champion any more, who serves goes on: no answer helps nobody.
        let Some(champion) = self.source.champion().await? else { return Ok(()) };
        if self.serves.as_ref() == Some(&champion) || trouble.refused.as_ref() == Some(&champion) {
            return Ok(());
        }
        let served = self.source.load(&champion).await?;
        let (version, run_id) = (served.version.clone(), served.run_id.clone());
        let before = self.serves.as_ref().map(ToString::to_string).unwrap_or_default();
        match self.seat.give(served) {
            Ok(()) => {
                tracing::info!(model = %champion, version, run_id, before, "another model serves from now on");
                self.record(Entry::new(who(), "swap model", Action::Update).on(Entity::model(&champion.to_string())));
                (self.serves, trouble.refused) = (Some(champion), None);
            }
            Err(error) => {
                self.seat.missed();
                tracing::error!(model = %champion, %error, "the champion does not fit; the model that serves goes on");
                let entry = Entry::new(who(), "swap model", Action::Update).on(Entity::model(&champion.to_string()));
                self.record(entry.failed(Outcome::MinorFailure, "the model does not fit this program"));
                trouble.refused = Some(champion);
            }
        }
        Ok(())
    }

    fn record(&self, entry: Entry) {
        let recorded = tokio::task::block_in_place(|| {
            Audit::open(&self.audit, Arc::clone(&self.clock)).and_then(|audit| audit.record(entry))
        });
        if let Err(error) = recorded {
            tracing::error!(%error, "a swap of models could not be recorded");
        }
    }
}

fn who() -> Agent {
    Agent::new(AgentKind::Service, "serving")
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Following").field("serves", &self.serves).finish_non_exhaustive()
    }
}
