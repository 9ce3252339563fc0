//! The fields of one JSON object, as pieces of its text.
//!
//! Cut by hand, because a record is passed on in the bytes in which it came: what is not touched is not rewritten. It is
//! shown well-formed JSON only, and so needs to know nothing but strings and brackets.

use std::borrow::Cow;

/// The fields, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields<'a>(pub(super) Vec<Field<'a>>);

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// What it is called, whatever escapes the sender wrote it with.
    pub(super) name: Cow<'a, str>,
    /// Its value, as it was written.
    pub(super) value: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of well-formed JSON; `None` when it is no object.
    pub(super) fn of(json: &'a [u8]) -> Option<Self> {
        let mut rest = json.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
        let mut fields = Vec::with_capacity(16);
        loop {
            rest = rest.trim_ascii_start();
            if rest.is_empty() {
                return Some(Self(fields));
            }
            let (name, after) = rest.split_at_checked(end(rest, |byte| byte == b':'))?;
            let after = after.get(1..)?;
            let (value, next) = after.split_at_checked(end(after, |byte| byte == b','))?;
            fields.push(Field { name: unescaped(name.trim_ascii())?, value: value.trim_ascii() });
            rest = next.get(1..).unwrap_or_default();
        }
    }

    /// The text of a field that holds one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let field = self.0.iter().find(|field| field.name == name)?;
        serde_json::from_slice(field.value).ok()
    }
}

/// Where a value ends: at this byte, outside of all strings and brackets, or at the end.
fn end(json: &[u8], at: impl Fn(u8) -> bool) -> usize {
    let (mut depth, mut string, mut escaped) = (0_u32, false, false);
    for (index, byte) in json.iter().copied().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            _ if string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at(byte) => return index,
            _ => {}
        }
    }
    json.len()
}

fn unescaped(name: &[u8]) -> Option<Cow<'_, str>> {
    let inner = name.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if inner.contains(&b'\\') {
        serde_json::from_slice::<String>(name).ok().map(Cow::Owned)
    } else {
        std::str::from_utf8(inner).ok().map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    /// Any JSON, about as deep as records are.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,5}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_cuts_as_the_parser_does(value in prop::collection::btree_map(".{0,5}", json(), 0..6), pretty: bool) {
            let object: Map<String, Value> = value.into_iter().collect();
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
            let fields = Fields::of(text.as_bytes()).unwrap();
            let read = fields.0.iter().map(|field| (field.name.to_string(), serde_json::from_slice(field.value).unwrap()));
            prop_assert_eq!(read.collect::<Map<_, _>>(), object);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Fields::of(&bytes);
            let _ = Fields::of(&[b"{".as_slice(), &bytes, b"}"].concat());
        }
    }

    #[test]
    fn a_name_is_the_same_with_escapes() {
        let fields = Fields::of(br#"{"patient\u005fid" : "a" ,"x":[1,{"y":","}]}"#).unwrap();
        let names: Vec<_> = fields.0.iter().map(|field| field.name.as_ref()).collect();
        assert_eq!(names, ["patient_id", "x"]);
        assert_eq!(fields.0[1].value, br#"[1,{"y":","}]"#);
        assert_eq!(Fields::of(b"[1]"), None);
    }
}
