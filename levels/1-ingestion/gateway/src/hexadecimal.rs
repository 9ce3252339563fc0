//! Bytes as digits.

use std::fmt::Write as _;

/// Two digits a byte, in lower case.
pub(crate) fn of(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
