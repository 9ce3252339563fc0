//! Back-pressure: how many records are on their way, and who waits for room.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many records are on their way, and who waits for that to change.
#[derive(Debug)]
pub(super) struct Flow {
    most: usize,
    pub(super) on_their_way: AtomicUsize,
    waiting: AtomicUsize,
    /// There is room again: a quarter of it, so that who waited has something to do.
    room: Notify,
    pub(super) drained: Notify,
    pub(super) delivered: AtomicU64,
    pub(super) failed: AtomicU64,
}

impl Flow {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            on_their_way: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            room: Notify::new(),
            drained: Notify::new(),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Counts a record in, once there is room. It leaves by itself if it is not sent after all.
    pub(super) async fn enter(&self) -> Place<'_> {
        while !self.try_enter() {
            self.wait(|flow| flow.on_their_way.load(Ordering::SeqCst) < flow.most).await;
        }
        Place(self)
    }

    fn try_enter(&self) -> bool {
        let more = |now| (now < self.most).then_some(now + 1);
        self.on_their_way.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// Waits until something arrives, or nothing is left that could.
    pub(super) async fn wait_for_an_arrival(&self) {
        let before = self.arrived();
        self.wait(|flow| flow.arrived() != before || flow.on_their_way.load(Ordering::SeqCst) <= 1).await;
    }

    fn arrived(&self) -> u64 {
        self.delivered.load(Ordering::SeqCst) + self.failed.load(Ordering::SeqCst)
    }

    async fn wait(&self, enough: impl Fn(&Self) -> bool) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        {
            let room = self.room.notified();
            tokio::pin!(room);
            // In the list before it is looked: what changes from here on is not missed.
            room.as_mut().enable();
            if !enough(self) {
                room.await;
            }
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Counts a record out.
    pub(super) fn leave(&self) {
        let left = self.on_their_way.fetch_sub(1, Ordering::SeqCst) - 1;
        if left == 0 {
            self.drained.notify_waiters();
        }
        if self.waiting.load(Ordering::SeqCst) > 0 && (left <= self.most * 3 / 4 || left.is_multiple_of(1024)) {
            self.room.notify_waiters();
        }
    }
}

/// A record that is counted in; given back unless it is kept, also by a sender that does not wait any longer.
#[derive(Debug)]
#[must_use = "the record leaves when this is dropped"]
pub(super) struct Place<'a>(&'a Flow);

impl Place<'_> {
    /// The record is on its way: its delivery counts it out.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_sends_too_much_waits_and_is_woken_when_there_is_room() {
        let flow = Flow::new(8);
        for _ in 0..8 {
            flow.enter().await.keep();
        }
        let mut ninth = Box::pin(flow.enter());
        assert!(ninth.as_mut().now_or_never().is_none());
        flow.leave();
        assert!(ninth.as_mut().now_or_never().is_none(), "not for every single one");
        flow.leave();
        drop(ninth.await);
        ninth = Box::pin(flow.enter());
        ninth.await.keep();
        assert_eq!(flow.on_their_way.load(Ordering::SeqCst), 7);
    }
}
