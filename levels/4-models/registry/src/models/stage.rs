//! The four stages that a model version passes through, older than aliases and still spoken.

use crate::Error;

/// Where a version stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    None,
    Staging,
    Production,
    Archived,
}

/// What the column says of a version that was deleted: its number is never given again, so its row stays.
pub(crate) const DELETED: &str = "Deleted_Internal";

pub(crate) const STAGES: [Stage; 4] = [Stage::None, Stage::Staging, Stage::Production, Stage::Archived];

impl Stage {
    /// By its name, in whatever case.
    pub(crate) fn parse(name: &str) -> Result<Self, Error> {
        STAGES.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names = STAGES.map(Self::name).join(", ");
            Error::invalid(format!("Invalid Model Version stage: {name}. Value must be one of {names}."))
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// Whether versions serve in it, so that a newcomer may send the others to the archive.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn stages_are_named_in_any_case() {
        for (name, stage) in [("production", Stage::Production), ("NONE", Stage::None), ("Staging", Stage::Staging)] {
            assert_eq!(Stage::parse(name).unwrap(), stage);
        }
        let error = Stage::parse("Unknown").unwrap_err().to_string();
        let said = "Invalid Model Version stage: Unknown. Value must be one of None, Staging, Production, Archived.";
        assert!(error.contains(said), "{error}");
        assert!(Stage::parse("Deleted_Internal").is_err());
    }
}
