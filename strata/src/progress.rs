//! Progress bars: on stderr, and only where it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for work of a known size, in whatever unit; a spinner when the size is not known.
pub(crate) fn bar(what: &str, total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    let template = if total.is_some() { "{msg:24} {bar:40} {percent:>3} %  {eta}" } else { "{msg:24} {spinner}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.with_message(what.to_owned())
}
