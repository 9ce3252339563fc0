//! What tests share: where the real data lies, temporary folders.
