//! `models:/...`, by which a version names another model as its source.

use super::uri::Uri;

/// What a `models:/` URI points at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reference {
    /// `models:/m-...`: a logged model.
    Logged { id: String },
    /// `models:/name/3`.
    Version { name: String, version: String },
    /// `models:/name/latest`.
    Latest { name: String },
    /// `models:/name/Production`.
    Stage { name: String, stage: String },
    /// `models:/name@champion`.
    Alias { name: String, alias: String },
}

impl Reference {
    /// Of a URI whose scheme is `models`; none if it is not of one of the forms.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let path = Uri::split(text).path;
        let path = path.strip_prefix('/').filter(|path| !path.is_empty())?.trim_start_matches('/');
        let (name, suffix) = match path.split_once('/') {
            Some((name, suffix)) => (name, Some(suffix)),
            None => (path, None),
        };
        if name.trim().is_empty() {
            return None;
        }
        let Some(suffix) = suffix else {
            return match name.rsplit_once('@') {
                Some((name, alias)) => {
                    (!alias.trim().is_empty()).then(|| Self::Alias { name: name.to_owned(), alias: alias.to_owned() })
                }
                None => Some(Self::Logged { id: name.to_owned() }),
            };
        };
        if suffix.trim().is_empty() || suffix.contains('/') {
            return None;
        }
        let name = name.to_owned();
        Some(if suffix.chars().all(|c| c.is_ascii_digit()) {
            Self::Version { name, version: suffix.to_owned() }
        } else if suffix.eq_ignore_ascii_case("latest") {
            Self::Latest { name }
        } else {
            Self::Stage { name, stage: suffix.to_owned() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Reference::{self, Alias, Latest, Logged, Stage, Version};

    #[test]
    fn a_reference_has_five_forms() {
        let text = str::to_owned;
        for (uri, expected) in [
            ("models:/m-0a1b", Some(Logged { id: text("m-0a1b") })),
            ("models:/risk/12", Some(Version { name: text("risk"), version: text("12") })),
            ("models:/risk/LATEST", Some(Latest { name: text("risk") })),
            ("models:/risk/Production", Some(Stage { name: text("risk"), stage: text("Production") })),
            ("models:/a@b@champion", Some(Alias { name: text("a@b"), alias: text("champion") })),
            ("models:/", None),
            ("models:risk/1", None),
            ("models:/risk/", None),
            ("models:/risk/1/2", None),
            ("models:/risk@", None),
        ] {
            assert_eq!(Reference::parse(uri), expected, "{uri}");
        }
    }
}
