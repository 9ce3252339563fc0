//! Progress bars: on stderr, and only where it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for work of a known size in bytes, or a spinner when the size is not known.
pub(crate) fn bytes(what: &str, total: Option<u64>) -> ProgressBar {
    bar(what, total, "{msg:24} {bar:32} {bytes}/{total_bytes} {eta}")
}

/// A bar for work of a known number of steps.
pub(crate) fn steps(what: &str, total: u64) -> ProgressBar {
    bar(what, Some(total), "{msg:24} {bar:32} {pos}/{len} {eta}")
}

fn bar(what: &str, total: Option<u64>, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    let template = if total.is_some() { template } else { "{msg:24} {spinner} {pos}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.with_message(what.to_owned())
}
