//! Numbers of few digits, exactly.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// At most fifteen digits: `mantissa / 10^scale`, which one division of doubles rounds right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) negative: bool,
    pub(crate) mantissa: u64,
    pub(crate) scale: u8,
}

impl Decimal {
    #[inline]
    pub(crate) fn value(self) -> f64 {
        let size = self.mantissa as f64 / POWERS[usize::from(self.scale) & 15];
        if self.negative { -size } else { size }
    }
}

/// The number at a place, and where it ends; `None` when it is none, has more digits, or an exponent.
#[inline]
pub(super) fn read(text: &[u8], at: usize) -> Option<(Decimal, usize)> {
    let negative = *text.get(at)? == b'-';
    let begin = at + usize::from(negative);
    let (mut at, mut mantissa) = (begin, 0_u64);
    let mut digits = |at: &mut usize| {
        while let Some(digit @ b'0'..=b'9') = text.get(*at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            *at += 1;
        }
    };
    digits(&mut at);
    let whole = at - begin;
    if whole == 0 || (whole > 1 && text[begin] == b'0') {
        return None;
    }
    let mut scale = 0;
    if text.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        digits(&mut at);
        scale = at - point;
        if scale == 0 {
            return None;
        }
    }
    if whole + scale > 15 || matches!(text.get(at), Some(b'e' | b'E')) {
        return None;
    }
    Some((Decimal { negative, mantissa, scale: scale as u8 }, at))
}
