//! Where an artifact lies: the one place where words from outside become paths.

use std::fmt::Write;

use percent_encoding::percent_decode_str;

/// The path of an artifact or a folder of them below the root: plain names, joined by `/`. Empty, it is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(String);

/// A path that leads elsewhere, or nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid path")]
pub struct InvalidPath;

/// Names that begin so are the store's own, and those of the S3 endpoint over the same folder.
const RESERVED: &str = ".strata";
/// As often as MLflow decodes before it gives up.
const DECODINGS: usize = 10;
/// The longest name that common file systems hold, in bytes.
const LONGEST_NAME: usize = 255;

impl ArtifactPath {
    /// Reads a path as MLflow's server does: decoded until nothing changes, so that what is hidden by encoding is seen; then
    /// it must be relative, without `..` and `#`. Control characters become what they would be encoded.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let text = decode(text)?;
        let is_windows_root = text.starts_with("\\\\")
            || (text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
                && matches!(text.as_bytes().get(1..3), Some(b":\\" | b":/")));
        if text.starts_with('/') || is_windows_root || text.contains('#') || text.starts_with("file:") {
            return Err(InvalidPath);
        }
        let mut path = String::with_capacity(text.len());
        for name in text.split('/') {
            match name {
                ".." => return Err(InvalidPath),
                "" | "." => continue,
                _ if path.is_empty() && name.starts_with(RESERVED) => return Err(InvalidPath),
                _ => {}
            }
            if !path.is_empty() {
                path.push('/');
            }
            let start = path.len();
            for letter in name.chars() {
                if letter.is_ascii_control() {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "%{:02x}", u32::from(letter));
                } else {
                    path.push(letter);
                }
            }
            if path.len() - start > LONGEST_NAME {
                return Err(InvalidPath);
            }
        }
        Ok(Self(path))
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// As text, without `/` at its ends.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What lies below it at another path.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        match (self.is_root(), below.is_root()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, below.0)),
        }
    }
}

/// Whether a name at the root is the store's own.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED)
}

fn decode(text: &str) -> Result<String, InvalidPath> {
    let mut text = text.to_owned();
    for _ in 0..DECODINGS {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            return Ok(text);
        }
        text = decoded;
    }
    Err(InvalidPath)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, InvalidPath> {
        ArtifactPath::parse(text).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let elsewhere = [
            "..",
            "../x",
            "a/../../b",
            "a/..",
            "%2e%2e/x",
            "a/%2E%2E/x",
            "a/%252e%252e/x",
            "a%2f..%2fb",
            "a/%25252e%25252e",
            "/etc/passwd",
            "%2fetc/passwd",
            "//etc",
            "C:\\x",
            "c:/x",
            "\\\\server\\share",
            "a#b",
            "a%23b",
            "file:///etc/passwd",
            ".strata-incoming/x",
            "./.strata/x",
        ];
        for text in elsewhere {
            assert_eq!(parse(text), Err(InvalidPath), "{text}");
        }
        assert_eq!(parse(&"x".repeat(256)), Err(InvalidPath));
        assert_eq!(parse(&format!("{}%41", "%25".repeat(12))), Ok(format!("{}A", "%".repeat(12))));
        let mut deep = "%2e".to_owned();
        for _ in 0..12 {
            deep = deep.replace('%', "%25");
        }
        assert_eq!(parse(&deep), Err(InvalidPath));
    }

    #[test]
    fn what_lies_below_is_plain() {
        for (text, expected) in [
            ("a/b.txt", "a/b.txt"),
            ("a//b/./c/", "a/b/c"),
            ("", ""),
            ("./", ""),
            ("d%C3%A9j%20vu.txt", "déj vu.txt"),
            ("100%25.txt", "100%.txt"),
            ("a\nb", "a%0ab"),
            ("a\\..\\b", "a\\..\\b"),
            ("...", "..."),
            ("a/.strata", "a/.strata"),
            ("dog%step%20%timestamp%100.png", "dog%step %timestamp\u{10}0.png"),
        ] {
            let expected = expected.replace('\u{10}', "%10");
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        let (root, a) = (ArtifactPath::default(), ArtifactPath::parse("a").unwrap());
        assert_eq!((root.join(&a), a.join(&root)), (a.clone(), a.clone()));
        assert_eq!(a.join(&ArtifactPath::parse("b/c").unwrap()).as_str(), "a/b/c");
        assert_eq!(ArtifactPath::parse("b/c").unwrap().name(), "c");
    }

    proptest! {
        #[test]
        fn no_path_leads_out(text in "[a./\\\\%25eF~\\x00#:cC]{0,24}") {
            if let Ok(path) = ArtifactPath::parse(&text) {
                let plain = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(std::path::Path::new(path.as_str()).components().all(plain));
                prop_assert!(!path.as_str().contains("//") && !path.as_str().ends_with('/'));
                prop_assert!(object_store::path::Path::parse(path.as_str()).is_ok());
            }
        }
    }
}
