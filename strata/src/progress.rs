//! Progress: bars on stderr where it is a terminal, plain lines for a running stack whose worker this is.

use std::io::{self, Write};
use std::sync::OnceLock;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// A bar for work of a known size, in whatever unit; a spinner when the size is not known.
pub(crate) fn bar(what: &str, total: Option<u64>) -> ProgressBar {
    if is_worker() {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::term_like_with_hz(Box::new(Lines), 2));
        let template = if total.is_some() { "{msg}, {percent} %" } else { "{msg}" };
        return styled(bar, template).with_message(what.to_owned());
    }
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    let template = if total.is_some() { "{msg:24} {bar:40} {percent:>3} %  {eta}" } else { "{msg:24} {spinner}" };
    styled(bar, template).with_message(what.to_owned())
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar
}

/// Whether this process works for a running stack.
pub(crate) fn is_worker() -> bool {
    static WORKER: OnceLock<bool> = OnceLock::new();
    *WORKER.get_or_init(|| std::env::var_os(strata_stack::WORKER).is_some())
}

/// A terminal that is none: what would be drawn is written, a line each.
#[derive(Debug)]
struct Lines;

impl TermLike for Lines {
    fn width(&self) -> u16 {
        100
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let text = text.trim();
        if text.is_empty() { Ok(()) } else { writeln!(io::stderr().lock(), "{}{text}", strata_stack::PROGRESS) }
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
