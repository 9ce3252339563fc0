//! Texts and blanks, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from a place on, the first of them lowest.
#[inline]
pub(super) fn word(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Where a text that begins at `from` has its closing quote; `None` for one with an escape or a control character, for one
/// that is no UTF-8, and within eight bytes of the end.
#[inline]
pub(super) fn end(text: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut seen) = (from, 0);
    loop {
        let word = word(text, at)?;
        let stops = stops(word);
        if stops == 0 {
            seen |= word;
            at += 8;
            continue;
        }
        let below = stops & stops.wrapping_neg();
        seen |= word & (below - 1);
        at += below.trailing_zeros() as usize / 8;
        let is_text = text[at] == b'"' && (seen & HIGH == 0 || std::str::from_utf8(&text[from..at]).is_ok());
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
