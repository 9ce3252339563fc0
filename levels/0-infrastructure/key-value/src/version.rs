//! How a version is written in front of a value: eight bytes whose order as bytes is that of the numbers.

/// The length of a written version or time.
pub(crate) const BYTES: usize = size_of::<i64>();

/// Written so that bytes compare as numbers do.
pub(crate) fn write(number: i64) -> [u8; BYTES] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// What [`write`] wrote, and the bytes after it; `None` where there are too few.
pub(crate) fn read(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<BYTES>()?;
    Some(((u64::from_be_bytes(*number) ^ (1 << 63)).cast_signed(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_of_the_bytes_is_that_of_the_numbers(a: i64, b: i64) {
            prop_assert_eq!(write(a).cmp(&write(b)), a.cmp(&b));
            prop_assert_eq!(read(&write(a)).map(|(number, _)| number), Some(a));
        }
    }
}
