//! One flat JSON object, read in a single pass over the bytes into the fields that are known.
//!
//! Only what nearly every line is made of is read here: an object of plain texts, short numbers, `true`, `false` and `null`,
//! in any order, with or without blanks, and members that nobody asked for. Whatever is unusual (an escape, a nested value, a
//! known key that comes twice, a number of many digits or with an exponent, bytes that are no text, anything that is no JSON)
//! gives `None`, and the definition, which is `serde_json`, decides what the line is. So what is read here is read as the
//! definition reads it, and the definition is all that has to be right about the rest. Eight bytes at a time, without `unsafe`.

mod number;
pub(crate) use number::Decimal;

mod text;

mod time;
pub(crate) use time::Clock;

/// A member's value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Scalar<'a> {
    /// There is no such member.
    #[default]
    Absent,
    Null,
    Bool(bool),
    /// UTF-8 without escapes.
    Text(&'a [u8]),
    Number(Decimal),
}

/// The names of the known members, in the order in which they are expected.
#[derive(Debug)]
pub(crate) struct Fields<const N: usize>([Field; N]);

/// A name with its closing quote: the first eight bytes as a word, and the rest.
#[derive(Clone, Copy, Debug)]
struct Field {
    head: u64,
    mask: u64,
    rest: &'static [u8],
}

impl<const N: usize> Fields<N> {
    /// Of names as they stand in JSON with the quote that closes them: `heart_rate"`.
    pub(crate) const fn new(names: [&'static str; N]) -> Self {
        let mut fields = [Field { head: 0, mask: 0, rest: &[] }; N];
        let mut at = 0;
        while at < N {
            let mut name = names[at].as_bytes();
            let (mut head, mut mask, mut byte) = (0, 0, 0);
            while byte < 8 && !name.is_empty() {
                let Some((first, others)) = name.split_first() else { break };
                head |= (*first as u64) << (8 * byte);
                mask |= 0xff << (8 * byte);
                name = others;
                byte += 1;
            }
            fields[at] = Field { head, mask, rest: name };
            at += 1;
        }
        Self(fields)
    }

    /// The known name that stands at a place, looked for from the expected one on, and where it ends.
    fn find(&self, text: &[u8], at: usize, expected: usize) -> Option<(usize, usize)> {
        let word = text::word(text, at);
        let (before, after) = self.0.split_at(expected.min(N));
        let order = after.iter().zip(expected..).chain(before.iter().zip(0..));
        for (field, number) in order {
            if (word ^ field.head) & field.mask != 0 {
                continue;
            }
            if field.rest.is_empty() {
                return Some((number, at + field.mask.count_ones() as usize / 8));
            }
            let end = at + 8 + field.rest.len();
            if text.get(at + 8..end) == Some(field.rest) {
                return Some((number, end));
            }
        }
        None
    }

    /// Reads the object that begins at or after `at`; gives the place behind it. `None` when it has to be read otherwise.
    #[inline]
    pub(crate) fn read<'a>(&self, text: &'a [u8], at: usize, members: &mut [Scalar<'a>; N]) -> Option<usize> {
        *members = [Scalar::Absent; N];
        let mut at = text::blank(text, at);
        if *text.get(at)? != b'{' {
            return None;
        }
        at = text::blank(text, at + 1);
        if *text.get(at)? == b'}' {
            return Some(at + 1);
        }
        let (mut expected, mut others) = (0, Scalar::Absent);
        loop {
            if *text.get(at)? != b'"' {
                return None;
            }
            let known = self.find(text, at + 1, expected);
            at = match known {
                Some((_, end)) => end,
                None => text::end(text, at + 1)? + 1,
            };
            at = text::blank(text, at);
            if *text.get(at)? != b':' {
                return None;
            }
            let member = match known {
                Some((field, _)) => {
                    expected = field + 1;
                    &mut members[field]
                }
                None => &mut others,
            };
            let end = scalar(text, text::blank(text, at + 1), member)?;
            others = Scalar::Absent;
            at = text::blank(text, end);
            match *text.get(at)? {
                b',' => at = text::blank(text, at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }
}

/// Where the line ends in which only blanks follow; `None` when something else does.
pub(crate) fn line_end(text: &[u8], at: usize) -> Option<usize> {
    let at = text::blank(text, at);
    matches!(text.get(at), None | Some(b'\n')).then_some(at)
}

/// Reads a value into a member that is absent so far; gives the place behind it.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "called, it writes a value in parts that the caller then waits for to copy whole"
)]
fn scalar<'a>(text: &'a [u8], at: usize, member: &mut Scalar<'a>) -> Option<usize> {
    if !matches!(member, Scalar::Absent) {
        return None;
    }
    let literal = |word: &[u8]| (text.get(at..at + word.len()) == Some(word)).then_some(at + word.len());
    match *text.get(at)? {
        b'"' => {
            let end = text::end(text, at + 1)?;
            *member = Scalar::Text(&text[at + 1..end]);
            Some(end + 1)
        }
        b'n' => {
            *member = Scalar::Null;
            literal(b"null")
        }
        b't' => {
            *member = Scalar::Bool(true);
            literal(b"true")
        }
        b'f' => {
            *member = Scalar::Bool(false);
            literal(b"false")
        }
        _ => {
            let (number, end) = number::read(text, at)?;
            *member = Scalar::Number(number);
            Some(end)
        }
    }
}

#[cfg(test)]
mod tests;
