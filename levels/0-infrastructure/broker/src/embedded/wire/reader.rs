//! Reads Kafka's primitive types out of a frame. Memory grows with what is there, never with what is claimed.

use bytes::Bytes;
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

/// A frame that is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Garbled {
    #[error("the request ends before it should")]
    Short,
    #[error("a length in the request is negative or too large")]
    Length,
    #[error("a name in the request is not UTF-8")]
    Text,
}

/// What is left of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    bytes: Bytes,
    /// Whether lengths are compact and structures end with tagged fields (KIP-482).
    pub(crate) flexible: bool,
}

type Read<T> = Result<T, Garbled>;

impl Reader {
    pub(crate) fn new(bytes: Bytes, flexible: bool) -> Self {
        Self { bytes, flexible }
    }

    pub(crate) fn i8(&mut self) -> Read<i8> {
        Ok(i8::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i16(&mut self) -> Read<i16> {
        Ok(i16::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i32(&mut self) -> Read<i32> {
        Ok(i32::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn i64(&mut self) -> Read<i64> {
        Ok(i64::from_be_bytes(self.fixed()?))
    }

    pub(crate) fn bool(&mut self) -> Read<bool> {
        Ok(self.i8()? != 0)
    }

    pub(crate) fn uuid(&mut self) -> Read<Uuid> {
        Ok(Uuid::from_bytes(self.fixed()?))
    }

    pub(crate) fn string(&mut self) -> Read<StrBytes> {
        self.nullable_string()?.ok_or(Garbled::Length)
    }

    pub(crate) fn nullable_string(&mut self) -> Read<Option<StrBytes>> {
        let length = if self.flexible { self.compact()? } else { i64::from(self.i16()?) };
        let Some(bytes) = self.some(length)? else { return Ok(None) };
        StrBytes::from_utf8(bytes).map(Some).map_err(|_| Garbled::Text)
    }

    pub(crate) fn bytes(&mut self) -> Read<Bytes> {
        self.nullable_bytes()?.ok_or(Garbled::Length)
    }

    pub(crate) fn nullable_bytes(&mut self) -> Read<Option<Bytes>> {
        let length = if self.flexible { self.compact()? } else { i64::from(self.i32()?) };
        self.some(length)
    }

    /// An array of structures.
    pub(crate) fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.nullable_list(&mut each)?.ok_or(Garbled::Length)
    }

    /// An array of structures, or none.
    pub(crate) fn nullable_list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Read<T>) -> Read<Option<Vec<T>>> {
        self.nullable_plain_list(|reader| {
            let element = each(reader)?;
            reader.tags()?;
            Ok(element)
        })
    }

    /// An array of primitive values.
    pub(crate) fn plain_list<T>(&mut self, each: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.nullable_plain_list(each)?.ok_or(Garbled::Length)
    }

    /// An array of primitive values, or none.
    pub(crate) fn nullable_plain_list<T>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Option<Vec<T>>> {
        let length = if self.flexible { self.compact()? } else { i64::from(self.i32()?) };
        if length == -1 {
            return Ok(None);
        }
        // Every element takes a byte at least.
        if length < 0 || length > self.bytes.len() as i64 {
            return Err(Garbled::Length);
        }
        let mut elements = Vec::new();
        for _ in 0..length {
            elements.push(each(self)?);
        }
        Ok(Some(elements))
    }

    /// Passes over the tagged fields at the end of a structure: none of them is needed here.
    pub(crate) fn tags(&mut self) -> Read<()> {
        if self.flexible {
            for _ in 0..self.varint()? {
                self.varint()?;
                let length = self.varint()?;
                self.take(length as usize)?;
            }
        }
        Ok(())
    }

    /// A compact length: one more than it is, 0 for none.
    fn compact(&mut self) -> Read<i64> {
        Ok(i64::from(self.varint()?) - 1)
    }

    fn varint(&mut self) -> Read<u32> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let [byte] = self.fixed()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| Garbled::Length);
            }
        }
        Err(Garbled::Length)
    }

    fn some(&mut self, length: i64) -> Read<Option<Bytes>> {
        if length == -1 {
            return Ok(None);
        }
        self.take(usize::try_from(length).map_err(|_| Garbled::Length)?).map(Some)
    }

    fn take(&mut self, length: usize) -> Read<Bytes> {
        if length > self.bytes.len() { Err(Garbled::Short) } else { Ok(self.bytes.split_to(length)) }
    }

    fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (first, _) = self.bytes.split_first_chunk::<N>().ok_or(Garbled::Short)?;
        let first = *first;
        let _ = self.bytes.split_to(N);
        Ok(first)
    }
}
