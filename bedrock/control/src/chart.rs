//! Which services there are, on which level, and which of them a person's words choose. Pure.

use std::collections::BTreeSet;

use strata_services::{Graph, GraphError, Node};

/// A level, and the names by which people know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// From 0, the ground.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Names that older scripts use.
    pub older_names: &'static [&'static str],
}

/// A service as the chart knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; unique.
    pub name: &'static str,
    /// Its level.
    pub level: u8,
    /// The services it stands on, of its own level or lower ones.
    pub needs: Vec<&'static str>,
    /// How it is there.
    pub place: Place,
    /// What it does, in a line.
    pub purpose: &'static str,
}

/// How a service is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It listens on a port of this machine.
    Server {
        /// The port; 0 takes a free one.
        port: u16,
        /// The setting that says which.
        setting: &'static str,
        /// The setting that says where else it could be; empty where it cannot be elsewhere.
        elsewhere: &'static str,
    },
    /// It works in this process and listens nowhere.
    Inside,
    /// It does its work once.
    Step,
    /// It is somebody else's, and reached over the network.
    Elsewhere,
}

/// A named set of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Its services, to which what they need is added.
    pub services: &'static [&'static str],
}

/// What a person asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Everything.
    #[default]
    All,
    /// A level and all below it, by number or name.
    Level(String),
    /// A profile or, by its name, a level.
    Profile(String),
    /// These services and no others: what they need of other levels is somewhere else.
    Only(Vec<String>),
}

/// All services by level, sound: each needs what exists and lies on its level or below.
#[derive(Clone, Debug)]
pub struct Chart {
    levels: Vec<Level>,
    members: Vec<Member>,
    profiles: Vec<Profile>,
    graph: Graph,
}

/// Why some services make no chart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// They make no graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// One needs what lies above it.
    #[error("`{0}` needs `{1}`, which lies above it")]
    Upward(&'static str, &'static str),
    /// One lies on a level that does not exist.
    #[error("`{0}` lies on a level that does not exist")]
    NoLevel(&'static str),
}

/// Why nothing can be chosen by these words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// There is no such thing.
    #[error("there is no {kind} `{asked}`: choose among {known}")]
    Unknown {
        /// `level`, `profile` or `service`.
        kind: &'static str,
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A chosen service needs one that was not chosen and is nowhere else.
    #[error(
        "`{service}` needs `{need}`, which is not among the chosen: add it to --only, or set {setting} to where it is"
    )]
    Missing {
        /// Who needs it.
        service: &'static str,
        /// What is needed.
        need: &'static str,
        /// The setting that says where it is.
        setting: &'static str,
    },
}

impl Chart {
    /// Checks that the services make a whole.
    pub fn new(levels: &[Level], members: Vec<Member>, profiles: &[Profile]) -> Result<Self, ChartError> {
        let nodes = members.iter().map(|member| Node { name: member.name, needs: member.needs.clone() });
        let graph = Graph::new(nodes.collect())?;
        for member in &members {
            if !levels.iter().any(|level| level.number == member.level) {
                return Err(ChartError::NoLevel(member.name));
            }
            let above = members.iter().find(|need| member.needs.contains(&need.name) && need.level > member.level);
            if let Some(above) = above {
                return Err(ChartError::Upward(member.name, above.name));
            }
        }
        Ok(Self { levels: levels.to_vec(), members, profiles: profiles.to_vec(), graph })
    }

    /// The levels, from the ground up.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The services, level by level, and on a level each after all that it needs.
    pub fn members(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.graph.nodes().iter().filter_map(|node| self.member(node.name)).collect();
        members.sort_by_key(|member| member.level);
        members
    }

    /// A service by name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Who needs whom.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The services of a level.
    pub fn on(&self, level: u8) -> Vec<&'static str> {
        self.members().into_iter().filter(|member| member.level == level).map(|member| member.name).collect()
    }

    /// A level by its number or one of its names.
    pub fn level(&self, asked: &str) -> Result<&Level, ChoiceError> {
        let wanted = asked.trim().to_lowercase();
        let is_it = |level: &&Level| {
            level.number.to_string() == wanted || level.name == wanted || level.older_names.contains(&wanted.as_str())
        };
        self.levels.iter().find(is_it).ok_or_else(|| {
            let known = self.levels.iter().map(|level| format!("{} ({})", level.number, level.name));
            ChoiceError::Unknown { kind: "level", asked: asked.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
        })
    }

    /// A service by name, or why not.
    pub fn service(&self, asked: &str) -> Result<&Member, ChoiceError> {
        self.member(asked.trim()).ok_or_else(|| {
            let known = self.members().into_iter().map(|member| member.name);
            ChoiceError::Unknown { kind: "service", asked: asked.into(), known: known.collect::<Vec<_>>().join(", ") }
        })
    }

    /// The services that a choice means, with what they need, in the order of raising.
    pub fn choose(&self, choice: &Choice) -> Result<Vec<&'static str>, ChoiceError> {
        match choice {
            Choice::All => Ok(self.graph.nodes().iter().map(|node| node.name).collect()),
            Choice::Level(asked) => Ok(self.up_to(self.level(asked)?.number)),
            Choice::Profile(asked) => {
                if let Some(profile) = self.profiles.iter().find(|profile| profile.name == asked) {
                    return Ok(self.graph.with_needs(profile.services));
                }
                if let Ok(level) = self.level(asked) {
                    return Ok(self.up_to(level.number));
                }
                let known = self.profiles.iter().map(|profile| profile.name);
                let known = known.chain(self.levels.iter().map(|level| level.name)).collect::<Vec<_>>().join(", ");
                Err(ChoiceError::Unknown { kind: "profile", asked: asked.clone(), known })
            }
            Choice::Only(asked) => self.only(asked),
        }
    }

    fn up_to(&self, level: u8) -> Vec<&'static str> {
        let names: Vec<_> = self.members.iter().filter(|m| m.level <= level).map(|member| member.name).collect();
        self.graph.with_needs(&names)
    }

    /// What the chosen need of level 0 comes with them where it takes no server of its own. What they need of other levels
    /// reaches them as data.
    fn only(&self, asked: &[String]) -> Result<Vec<&'static str>, ChoiceError> {
        let mut chosen = BTreeSet::new();
        for name in asked {
            chosen.insert(self.service(name)?.name);
        }
        for name in chosen.clone() {
            let needs = self.graph.with_needs(&[name]);
            for need in needs.into_iter().filter_map(|need| self.member(need)).filter(|need| need.level == 0) {
                match need.place {
                    Place::Server { elsewhere, .. } if !chosen.contains(need.name) => {
                        // Only who speaks to it itself has to find it.
                        if self.member(name).is_some_and(|member| member.needs.contains(&need.name)) {
                            return Err(ChoiceError::Missing { service: name, need: need.name, setting: elsewhere });
                        }
                    }
                    _ => _ = chosen.insert(need.name),
                }
            }
        }
        Ok(self.graph.nodes().iter().map(|node| node.name).filter(|name| chosen.contains(name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [Level; 3] = [
        Level { number: 0, name: "ground", purpose: "stores", older_names: &["infra"] },
        Level { number: 1, name: "intake", purpose: "events in", older_names: &[] },
        Level { number: 2, name: "models", purpose: "risk out", older_names: &[] },
    ];
    const PROFILES: [Profile; 1] = [Profile { name: "serve", services: &["serving"] }];

    fn member(name: &'static str, level: u8, needs: &[&'static str], place: Place) -> Member {
        Member { name, level, needs: needs.to_vec(), place, purpose: "" }
    }

    fn server(elsewhere: &'static str) -> Place {
        Place::Server { port: 0, setting: "a.port", elsewhere }
    }

    fn chart(log: Place) -> Chart {
        let members = vec![
            member("serving", 2, &["model", "objects"], server("")),
            member("model", 2, &["landing"], Place::Step),
            member("gateway", 1, &["log"], server("")),
            member("landing", 1, &["log", "objects"], Place::Inside),
            member("objects", 0, &[], Place::Inside),
            member("log", 0, &[], log),
        ];
        Chart::new(&LEVELS, members, &PROFILES).unwrap()
    }

    fn check(choice: &Choice, expected: &[&str]) {
        assert_eq!(chart(server("a.log")).choose(choice).unwrap(), expected, "{choice:?}");
    }

    fn only(names: &[&str]) -> Choice {
        Choice::Only(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn levels_and_profiles_bring_what_they_need() {
        let all = ["objects", "log", "gateway", "landing", "model", "serving"];
        check(&Choice::All, &all);
        check(&Choice::Level("0".into()), &["objects", "log"]);
        check(&Choice::Level("Intake".into()), &["objects", "log", "gateway", "landing"]);
        check(&Choice::Profile("infra".into()), &["objects", "log"]);
        // Fault 12: a profile started a proxy whose upstream belonged to another profile.
        check(&Choice::Profile("serve".into()), &["objects", "log", "landing", "model", "serving"]);
    }

    #[test]
    fn only_means_only_and_says_what_is_missing() {
        check(&only(&["serving"]), &["objects", "serving"]);
        check(&only(&["log", "gateway"]), &["log", "gateway"]);
        let missing = chart(server("a.log")).choose(&only(&["gateway"])).unwrap_err().to_string();
        assert_eq!(
            missing,
            "`gateway` needs `log`, which is not among the chosen: add it to --only, or set a.log to where it is"
        );
        assert_eq!(chart(Place::Elsewhere).choose(&only(&["gateway"])).unwrap(), ["log", "gateway"]);
    }

    #[test]
    fn what_does_not_exist_is_answered_with_what_does() {
        let chart = chart(server(""));
        for (choice, words) in [
            (Choice::Level("7".into()), "no level `7`: choose among 0 (ground), 1 (intake), 2 (models)"),
            (Choice::Profile("dev".into()), "no profile `dev`: choose among serve, ground, intake, models"),
            (only(&["gatway"]), "no service `gatway`: choose among objects, log, gateway, landing, model, serving"),
        ] {
            let error = chart.choose(&choice).unwrap_err().to_string();
            assert!(error.ends_with(words), "{error}");
        }
    }

    #[test]
    fn nothing_stands_on_what_lies_above_it() {
        let upward = vec![member("log", 0, &["gateway"], Place::Inside), member("gateway", 1, &[], Place::Inside)];
        assert_eq!(Chart::new(&LEVELS, upward, &[]).unwrap_err(), ChartError::Upward("log", "gateway"));
        let nowhere = vec![member("log", 9, &[], Place::Inside)];
        assert_eq!(Chart::new(&LEVELS, nowhere, &[]).unwrap_err(), ChartError::NoLevel("log"));
    }
}
