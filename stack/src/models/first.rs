//! Who serves first: who served last, so that nobody is waited for; else the champion of now; else that of the data folder.

use anyhow::{Context, Result};
use strata_serving::{Seat, Served};

use super::source::{Champion, Source};

/// Seats a model, and says whose it is.
pub(super) async fn seated(source: &Source, seat: &Seat) -> Result<Champion> {
    if let Some(champion) = try_to_seat(seat, source.last()) {
        return Ok(champion);
    }
    let asked = ask(source, seat).await;
    if let Ok(Some(champion)) = asked {
        return Ok(champion);
    }
    match try_to_seat(seat, source.folders()) {
        Some(champion) => Ok(champion),
        None => asked?.context("there is no model yet: run `strata train`"),
    }
}

async fn ask(source: &Source, seat: &Seat) -> Result<Option<Champion>> {
    let Some(champion) = source.champion().await? else { return Ok(None) };
    seat.give(source.load(&champion).await?)?;
    Ok(Some(champion))
}

/// What cannot be had, or does not fit, is left for the next.
fn try_to_seat(seat: &Seat, found: Result<Option<(Champion, Served)>>) -> Option<Champion> {
    let unreadable = |error: &anyhow::Error| tracing::warn!(error = format!("{error:#}"), "a model cannot be read");
    let (champion, served) = found.inspect_err(unreadable).ok()??;
    let refused = |error: &strata_serving::Error| tracing::warn!(%error, %champion, "a model does not fit");
    seat.give(served).inspect_err(refused).ok()?;
    Some(champion)
}
