//! From the bytes of a body to records: unpacked, cut and collected, in bounded memory whatever is sent.

mod batch;
mod split;
mod unpack;

pub(crate) use batch::{Batch, FULL_BYTES, Piece};
pub(crate) use split::Splitter;
pub(crate) use unpack::{Packing, Unpacker};
