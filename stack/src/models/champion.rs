//! Which model is served: the best that beats every baseline.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use strata_training::Outcome;

/// The file below the runs that names the champion's run.
const CHAMPION: &str = "champion";

/// The best of a training.
pub(crate) struct Best {
    pub(crate) name: String,
    /// Whether it beats every baseline. If not, it takes no champion's place.
    pub(crate) beats_all: bool,
    pub(crate) verdict: String,
}

/// The best, and what is to be thought of it. Below the gates it is champion all the same where there is none
/// better, and says so.
pub(crate) fn choose(outcome: &Outcome) -> Best {
    let auroc = |evaluation: &strata_evaluation::Evaluation| evaluation.auroc.map_or(0.0, |auroc| auroc.value);
    let bar = outcome.baselines.iter().map(|baseline| auroc(&baseline.evaluation)).fold(0.0, f64::max);
    let best = outcome.models.iter().max_by(|a, b| auroc(&a.evaluation).total_cmp(&auroc(&b.evaluation)));
    let Some(best) = best else {
        return Best { name: String::new(), beats_all: false, verdict: "nothing was trained".into() };
    };
    let beats_all = auroc(&best.evaluation) > bar;
    let verdict = if !beats_all {
        "no model beats every baseline: look at the report before it is used"
    } else if best.evaluation.passed() {
        "beats every baseline and passes every gate"
    } else {
        "beats every baseline; below gate"
    };
    Best { name: best.model.name.clone(), beats_all, verdict: verdict.into() }
}

/// Makes a run's model the champion, in one step.
pub(crate) fn crown(runs: &Path, home: &Path) -> Result<()> {
    let relative = home.strip_prefix(runs).unwrap_or(home);
    let (partial, path) = (runs.join(".champion.partial"), runs.join(CHAMPION));
    let write =
        std::fs::write(&partial, relative.display().to_string()).and_then(|()| std::fs::rename(&partial, &path));
    write.with_context(|| format!("cannot write `{}`", path.display()))
}

/// The champion's run.
pub(crate) fn current(runs: &Path) -> Result<Option<PathBuf>> {
    let path = runs.join(CHAMPION);
    match std::fs::read_to_string(&path) {
        Ok(relative) => Ok(Some(runs.join(relative.trim()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
}
