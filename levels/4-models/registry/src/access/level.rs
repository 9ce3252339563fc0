//! What somebody may do with an experiment or a model: MLflow's levels.

use crate::Error;

/// A level includes those before it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Level {
    NoPermissions,
    Read,
    /// Between the two others, and here no more than reading: it is of MLflow's gateway.
    Use,
    Edit,
    Manage,
}

/// What a request is about to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Need {
    Read,
    Update,
    Delete,
    /// Say what others may do.
    Manage,
}

const LEVELS: [Level; 5] = [Level::NoPermissions, Level::Read, Level::Use, Level::Edit, Level::Manage];

impl Level {
    pub(crate) fn parse(name: &str) -> Result<Self, Error> {
        LEVELS.into_iter().find(|level| level.name() == name).ok_or_else(|| {
            let names = LEVELS.map(|level| format!("'{}'", level.name())).join(", ");
            Error::invalid(format!("Invalid permission '{name}'. Valid permissions are: ({names})"))
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoPermissions => "NO_PERMISSIONS",
            Self::Read => "READ",
            Self::Use => "USE",
            Self::Edit => "EDIT",
            Self::Manage => "MANAGE",
        }
    }

    pub(crate) fn allows(self, need: Need) -> bool {
        self >= match need {
            Need::Read => Self::Read,
            Need::Update => Self::Edit,
            Need::Delete | Need::Manage => Self::Manage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LEVELS, Level, Need};

    #[test]
    fn a_level_includes_those_before_it() {
        let allowed = |level: Level| {
            [Need::Read, Need::Update, Need::Delete, Need::Manage]
                .into_iter()
                .filter(|need| level.allows(*need))
                .count()
        };
        assert_eq!(LEVELS.map(allowed), [0, 1, 1, 2, 4]);
    }

    #[test]
    fn levels_have_the_names_of_mlflow() {
        for level in LEVELS {
            assert_eq!(Level::parse(level.name()).unwrap(), level);
        }
        let said = Level::parse("OWNER").unwrap_err().to_string();
        assert!(
            said.contains("Invalid permission 'OWNER'. Valid permissions are: ('NO_PERMISSIONS', 'READ'"),
            "{said}"
        );
    }
}
