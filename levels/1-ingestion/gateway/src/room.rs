//! How much all requests together may hold in memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room is given in pieces of this many bytes.
const PIECE: usize = 1024;

/// The room for what is in flight.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pieces: Arc<Semaphore>,
    all: usize,
}

/// Room that a request has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    _pieces: OwnedSemaphorePermit,
}

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        let all = (bytes / PIECE).clamp(1, u32::MAX as usize);
        Self { pieces: Arc::new(Semaphore::new(all)), all }
    }

    /// Takes room for this many bytes, or nothing. What is more than there ever is takes all of it.
    pub(crate) fn take(&self, bytes: usize) -> Option<Taken> {
        let pieces = bytes.div_ceil(PIECE).clamp(1, self.all);
        let taken = Arc::clone(&self.pieces).try_acquire_many_owned(pieces as u32);
        taken.ok().map(|pieces| Taken { _pieces: pieces })
    }

    /// Bytes that are taken now.
    pub(crate) fn taken(&self) -> usize {
        self.all.saturating_sub(self.pieces.available_permits()) * PIECE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back() {
        let room = Room::new(10 * PIECE);
        let some = room.take(9 * PIECE).unwrap();
        assert!(room.take(2 * PIECE).is_none());
        assert_eq!(room.taken(), 9 * PIECE);
        drop(some);
        let all = room.take(usize::MAX).unwrap();
        assert!(room.take(1).is_none());
        drop(all);
        assert_eq!(room.taken(), 0);
    }
}
