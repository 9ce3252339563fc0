//! The wish to stop, as people and supervisors express it.

use std::future::Future;

/// Waits for Ctrl-C or, on Unix, SIGTERM. From then on a further one leaves at once with exit status
/// 130: whoever asks twice does not want to wait for an orderly end.
///
/// Listening begins with the call, not with the first poll: no signal is lost in between.
/// Call it inside a Tokio runtime.
pub fn interrupted() -> impl Future<Output = ()> {
    let signals = Signals::listen();
    async {
        let mut signals = match signals {
            Ok(signals) => signals,
            Err(error) => {
                tracing::warn!(%error, "cannot listen for Ctrl-C: the process will not stop in order");
                return std::future::pending().await;
            }
        };
        signals.next().await;
        leave_on_the_next(signals);
    }
}

#[expect(clippy::disallowed_methods, reason = "must outlive every scope, and leaving at once is what was asked for")]
fn leave_on_the_next(mut signals: Signals) {
    tokio::spawn(async move {
        signals.next().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same face as on Unix")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C: the process will not stop in order");
            std::future::pending::<()>().await;
        }
    }
}
