//! A store that is away for a while: waited for, said, and not for ever.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use crate::{Error, Meter};

/// The wait before the second attempt; doubled with each that follows.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(10);

/// Does something until it is done, has failed for good, or `deadline` is there. What keeps it from being done stands in the
/// meter meanwhile.
pub(crate) async fn persist<T, Attempt: Future<Output = Result<T, Error>>>(
    meter: &Meter,
    deadline: impl Future<Output = ()>,
    mut act: impl FnMut() -> Attempt,
) -> Result<T, Error> {
    let mut deadline = pin!(deadline);
    let mut wait = FIRST;
    loop {
        let error = match act().await {
            Ok(done) => {
                meter.trouble(None);
                return Ok(done);
            }
            Err(error) if error.may_pass() => error,
            Err(error) => return Err(error),
        };
        tracing::warn!(%error, "bronze waits for its store");
        meter.trouble(Some(error.to_string()));
        tokio::select! {
            biased;
            () = &mut deadline => return Err(error),
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicU32, Ordering};

    use strata_objects::Objects;

    use super::*;

    /// An error of a real store that passes: its folder is a file.
    async fn cut_off() -> Error {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("raw"), "").unwrap();
        let objects = Objects::directory(folder.path()).unwrap();
        objects.put_new("raw/object", "x".into()).await.unwrap_err().into()
    }

    #[tokio::test]
    async fn what_passes_is_waited_for_and_told() {
        let meter = Meter::default();
        let attempts = AtomicU32::new(0);
        let done = persist(&meter, pending(), || async {
            let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
            assert_eq!(meter.stats().trouble.is_some(), attempt > 1);
            if attempt < 3 { Err(cut_off().await) } else { Ok(attempt) }
        });
        assert_eq!(done.await.unwrap(), 3);
        assert_eq!(meter.stats().trouble, None);
    }

    #[tokio::test]
    async fn what_does_not_pass_and_what_is_not_waited_for_are_errors() {
        let meter = Meter::default();
        let damaged = persist(&meter, pending(), || async { Err::<(), _>(Error::Closed) });
        assert!(matches!(damaged.await, Err(Error::Closed)));
        let stopped = persist(&meter, ready(()), || async { Err::<(), _>(cut_off().await) });
        assert!(matches!(stopped.await, Err(Error::Objects(_))));
    }
}
