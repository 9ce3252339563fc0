//! How a value lies in the tree: its version, when it expires, and itself.

use crate::{Entry, version};

/// A stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) version: i64,
    expires_at: i64,
    pub(super) value: &'a [u8],
}

/// The time at which nothing expires, because it never comes.
const NEVER: i64 = i64::MAX;

impl<'a> Record<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self { version: entry.version, expires_at: entry.expires_at.unwrap_or(NEVER), value: &entry.value }
    }

    /// `None` for what was never written by [`bytes`](Self::bytes).
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = version::read(bytes)?;
        let (expires_at, value) = version::read(rest)?;
        Some(Self { version, expires_at, value })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        [&version::write(self.version)[..], &version::write(self.expires_at), self.value].concat()
    }

    pub(super) fn is_live(&self, now: i64) -> bool {
        self.expires_at == NEVER || now < self.expires_at
    }
}
