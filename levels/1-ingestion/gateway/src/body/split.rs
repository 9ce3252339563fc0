//! Cuts a body into records without reading them: lines of NDJSON, or the elements of a JSON array.
//!
//! What is cut need not be JSON: each piece is parsed later, and a wrong one is refused by itself. Only a record that is
//! not yet whole is kept, and of one that is too long nothing is.

use strata_types::Topic;

use super::Batch;

/// Cuts a stream of bytes.
#[derive(Debug)]
pub(crate) struct Splitter {
    topic: Topic,
    form: Form,
    /// What is there of the record that is not whole yet.
    partial: Vec<u8>,
    too_long: bool,
    longest: usize,
    place: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Lines,
    /// JSON: nothing but blanks so far.
    Begin,
    /// One object, or whatever it is.
    Single,
    /// In an array, in an element of this depth.
    Array {
        depth: u32,
        string: bool,
        escaped: bool,
        /// Whether anything but blanks stands in the element.
        begun: bool,
    },
    /// After the array.
    End,
}

impl Splitter {
    /// Lines of NDJSON, counted from 1; blank ones count and are nothing.
    pub(crate) fn lines(topic: Topic, longest: usize) -> Self {
        Self::new(topic, longest, Form::Lines, 1)
    }

    /// One JSON object, or an array of them, counted from 0.
    pub(crate) fn json(topic: Topic, longest: usize) -> Self {
        Self::new(topic, longest, Form::Begin, 0)
    }

    fn new(topic: Topic, longest: usize, form: Form, place: u64) -> Self {
        Self { topic, form, partial: Vec::new(), too_long: false, longest, place }
    }

    /// Takes the next bytes; whole records go to the batch.
    pub(crate) fn push(&mut self, mut bytes: &[u8], batch: &mut Batch) {
        while !bytes.is_empty() {
            bytes = match self.form {
                Form::Lines => self.line(bytes, batch),
                Form::Begin => self.begin(bytes),
                Form::Single => {
                    self.keep(bytes);
                    &[]
                }
                Form::Array { .. } => self.element(bytes, batch),
                Form::End => self.after(bytes),
            };
        }
    }

    /// The body is at its end: what is there is a record, whole or not.
    pub(crate) fn finish(mut self, batch: &mut Batch) {
        let blank = self.partial.iter().all(u8::is_ascii_whitespace) && !self.too_long;
        match self.form {
            Form::Lines | Form::End if blank => {}
            // An empty body, an array without its end, or something after it.
            _ => self.emit(&[], batch),
        }
    }

    fn line<'a>(&mut self, bytes: &'a [u8], batch: &mut Batch) -> &'a [u8] {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.keep(bytes);
            return &[];
        };
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
        if self.too_long || !blank(line) || !blank(&self.partial) {
            self.emit(line, batch);
        } else {
            self.partial.clear();
            self.place += 1;
        }
        rest
    }

    fn begin<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(first) = bytes.iter().position(|byte| !byte.is_ascii_whitespace()) else { return &[] };
        if bytes[first] == b'[' {
            self.form = Form::Array { depth: 0, string: false, escaped: false, begun: false };
            &bytes[first + 1..]
        } else {
            self.form = Form::Single;
            &bytes[first..]
        }
    }

    fn element<'a>(&mut self, bytes: &'a [u8], batch: &mut Batch) -> &'a [u8] {
        let Form::Array { mut depth, mut string, mut escaped, mut begun } = self.form else { return bytes };
        for (index, byte) in bytes.iter().enumerate() {
            let ends = matches!(byte, b',' | b']') && depth == 0 && !string;
            if ends {
                let (element, rest) = (&bytes[..index], &bytes[index + 1..]);
                let last = *byte == b']';
                // `[]` is empty; `[1,]` is not well formed, and its second element says so.
                if begun || !last || self.place > 0 {
                    self.emit(element, batch);
                }
                let next = Form::Array { depth: 0, string: false, escaped: false, begun: false };
                self.form = if last { Form::End } else { next };
                return rest;
            }
            begun |= !byte.is_ascii_whitespace();
            match byte {
                _ if escaped => escaped = false,
                b'\\' if string => escaped = true,
                b'"' => string = !string,
                b'{' | b'[' if !string => depth = depth.saturating_add(1),
                b'}' | b']' if !string => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        self.form = Form::Array { depth, string, escaped, begun };
        self.keep(bytes);
        &[]
    }

    fn after<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        // Enough to be refused by; the rest is read and forgotten.
        if self.partial.is_empty() {
            self.partial.extend(bytes.iter().find(|byte| !byte.is_ascii_whitespace()));
        }
        &[]
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.too_long || self.partial.len() + bytes.len() > self.longest {
            self.too_long = true;
            self.partial = Vec::new();
        } else {
            self.partial.extend_from_slice(bytes);
        }
    }

    fn emit(&mut self, rest: &[u8], batch: &mut Batch) {
        if self.too_long || self.partial.len() + rest.len() > self.longest {
            batch.push_too_long(self.topic, self.place);
        } else {
            batch.push(self.topic, self.place, &self.partial, rest);
        }
        self.partial.clear();
        self.too_long = false;
        self.place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The records of a body that comes in chunks of this size; `None` for one that was too long.
    fn cut(mut splitter: Splitter, body: &[u8], chunk: usize) -> Vec<(u64, Option<String>)> {
        let mut batch = Batch::default();
        body.chunks(chunk.max(1)).for_each(|chunk| splitter.push(chunk, &mut batch));
        splitter.finish(&mut batch);
        let text = |range: std::ops::Range<usize>| String::from_utf8_lossy(&batch.bytes[range]).trim().to_owned();
        batch.pieces.iter().map(|piece| (piece.place, piece.range.clone().map(text))).collect()
    }

    #[track_caller]
    fn check(splitter: fn(Topic, usize) -> Splitter, body: &str, expected: &[(u64, Option<&str>)]) {
        let expected: Vec<_> = expected.iter().map(|(place, text)| (*place, text.map(str::to_owned))).collect();
        for chunk in [1, 2, 3, 5, 1000] {
            assert_eq!(cut(splitter(Topic::Vitals, 12), body.as_bytes(), chunk), expected, "{body:?} by {chunk}");
        }
    }

    #[test]
    fn lines_are_cut_at_their_breaks() {
        check(Splitter::lines, "", &[]);
        check(Splitter::lines, "\n \r\n", &[]);
        check(Splitter::lines, "{1}\n\n{2}\r\n{3}", &[(1, Some("{1}")), (3, Some("{2}")), (4, Some("{3}"))]);
        check(Splitter::lines, "{1}\n{23456789012345}\n{3}\n", &[(1, Some("{1}")), (2, None), (3, Some("{3}"))]);
    }

    #[test]
    fn arrays_are_cut_at_their_commas() {
        check(Splitter::json, " {\"a\":[1,2]} ", &[(0, Some("{\"a\":[1,2]}"))]);
        check(Splitter::json, "[]", &[]);
        check(Splitter::json, " [ ] ", &[]);
        check(Splitter::json, "[{\"a\":[]},{}]\n", &[(0, Some("{\"a\":[]}")), (1, Some("{}"))]);
        check(Splitter::json, r#"[",]\"}","\\"]"#, &[(0, Some(r#"",]\"}""#)), (1, Some(r#""\\""#))]);
        check(Splitter::json, "[{\"long\":12345678},{}]", &[(0, None), (1, Some("{}"))]);
    }

    #[test]
    fn what_is_no_json_is_a_record_that_will_be_refused() {
        check(Splitter::json, "", &[(0, Some(""))]);
        check(Splitter::json, "[1,]", &[(0, Some("1")), (1, Some(""))]);
        check(Splitter::json, "[,1]", &[(0, Some("")), (1, Some("1"))]);
        check(Splitter::json, "[1", &[(0, Some("1"))]);
        check(Splitter::json, "[1]x,y", &[(0, Some("1")), (1, Some("x"))]);
        check(Splitter::json, "[", &[(0, Some(""))]);
    }

    proptest! {
        /// However the bytes come, the same records come out, none longer than allowed.
        #[test]
        fn chunks_make_no_difference(body in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'['), Just(b']'),
            Just(b','), Just(b'"'), Just(b'\\'), Just(b'{'), Just(b'}'), any::<u8>()], 0..200), chunk in 1_usize..50) {
            for make in [Splitter::lines, Splitter::json] {
                let whole = cut(make(Topic::Vitals, 20), &body, body.len());
                prop_assert_eq!(&cut(make(Topic::Vitals, 20), &body, chunk), &whole);
            }
        }
    }
}
