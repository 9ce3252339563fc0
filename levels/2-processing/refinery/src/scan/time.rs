//! RFC 3339, as machines write it.

use strata_types::Timestamp;

/// Reads times; it remembers the day that it read last.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    date: [u8; 10],
    midnight: i64,
}

/// The time that a text says, by whatever form of RFC 3339 it says it.
fn time_of(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse::<Timestamp>().ok().map(|time| time.0)
}

impl Clock {
    /// The microseconds of a time; forms that are not `YYYY-MM-DDTHH:MM:SS[.f]Z` are left to the definition.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8]) -> Option<i64> {
        match self.plain(text) {
            Some(time) => Some(time),
            None => time_of(text),
        }
    }

    #[inline]
    fn plain(&mut self, text: &[u8]) -> Option<i64> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let (&[t, h1, h2, c1, m1, m2, c2, s1, s2], fraction) = rest.split_first_chunk::<9>()?;
        if t != b'T' || c1 != b':' || c2 != b':' {
            return None;
        }
        let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let micros = match fraction {
            b"Z" => 0,
            [b'.', digits @ .., b'Z'] if !digits.is_empty() && digits.len() <= 6 => {
                let mut micros = 0;
                for digit in digits {
                    micros = micros * 10 + number(*digit)?;
                }
                micros * [0, 100_000, 10_000, 1_000, 100, 10, 1][digits.len()]
            }
            _ => return None,
        };
        if *date != self.date {
            self.midnight = midnight(date)?;
            self.date = *date;
        }
        Some(self.midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
    }
}

/// The beginning of a date that the definition reads.
#[cold]
fn midnight(date: &[u8; 10]) -> Option<i64> {
    time_of(&[date.as_slice(), b"T00:00:00Z"].concat())
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    Some(number(tens)? * 10 + number(ones)?)
}

#[inline]
fn number(digit: u8) -> Option<i64> {
    let number = digit.wrapping_sub(b'0');
    (number < 10).then_some(i64::from(number))
}
