//! Texts and blanks, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from a place on, the first of them lowest; behind the end there are zeros.
#[inline]
pub(super) fn word(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_word(text, at),
    }
}

#[cold]
fn last_word(text: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    let left = text.get(at..).unwrap_or_default();
    bytes[..left.len()].copy_from_slice(left);
    u64::from_le_bytes(bytes)
}

/// Where a text that begins at `from` has its closing quote; `None` for one with an escape or a control character, and for one
/// that is no UTF-8 or has no end.
#[inline]
pub(super) fn end(text: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut seen) = (from, 0);
    loop {
        let word = word(text, at);
        let stops = stops(word);
        if stops == 0 {
            seen |= word;
            at += 8;
            continue;
        }
        let below = stops & stops.wrapping_neg();
        seen |= word & (below - 1);
        at += below.trailing_zeros() as usize / 8;
        let is_text = text.get(at) == Some(&b'"')
            && (seen & HIGH == 0 || text.get(from..at).is_some_and(|text| std::str::from_utf8(text).is_ok()));
        return is_text.then_some(at);
    }
}

/// The high bit of each byte that ends a plain text: a quote, a backslash, a control character. Only the lowest is exact, for
/// a borrow may run through those above it.
#[inline]
fn stops(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * u64::from(b'"')));
    let backslash = zero(word ^ (ONES * u64::from(b'\\')));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGH
}

/// The first place that holds no blank; a line break is none.
#[inline]
pub(super) fn blank(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}
