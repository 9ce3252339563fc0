//! The words of older level scripts, in the words of today.

/// Puts `strata --start-level 2` and its like into today's words; everything else stays as it is.
pub(crate) fn rewritten(arguments: Vec<String>) -> Vec<String> {
    let Some(at) = arguments.iter().position(|argument| today(argument).is_some()) else { return arguments };
    // Only where a command would stand: behind one, the word is that command's own.
    let before = &arguments[1..at];
    let takes_value = |flag: &str| matches!(flag, "--data-dir" | "--config" | "--set" | "--tracking");
    let mut values = before.iter().map(String::as_str);
    while let Some(argument) = values.next() {
        if takes_value(argument) {
            values.next();
        } else if !argument.starts_with("--") {
            return arguments;
        }
    }
    let mut rewritten: Vec<String> = arguments[..at].to_vec();
    let (word, value) = arguments[at].split_once('=').map_or((arguments[at].as_str(), None), |(w, v)| (w, Some(v)));
    for part in today(word).unwrap_or_default() {
        rewritten.push((*part).to_owned());
    }
    rewritten.extend(value.map(str::to_owned));
    rewritten.extend(arguments[at + 1..].iter().cloned());
    rewritten
}

fn today(argument: &str) -> Option<&'static [&'static str]> {
    Some(match argument.split('=').next().unwrap_or_default() {
        "--start-level" => &["up", "--detach", "--level"],
        "--stop-level" => &["down", "--level"],
        "--stop-level-full" => &["down", "--erase", "--level"],
        "--restart-level" => &["restart", "--level"],
        "--start-full" => &["up", "--detach"],
        "--stop-full" => &["down"],
        "--status" => &["status"],
        "--logs" => &["logs"],
        "--clean-all" => &["clean", "--all"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, means: &str) {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rewritten(words(typed)), words(means), "{typed}");
    }

    /// Fault 8: a later version's `--stop` deleted the data by default. Here only the word that says so erases, and asks.
    #[test]
    fn older_words_are_understood() {
        check("strata --start-level 2", "strata up --detach --level 2");
        check("strata --stop-level=2", "strata down --level 2");
        check("strata --stop-level-full 1 --yes", "strata down --erase --level 1 --yes");
        check("strata --restart-level 4", "strata restart --level 4");
        check("strata --data-dir /d --start-full", "strata --data-dir /d up --detach");
        check("strata --stop-full --json", "strata down --json");
        check("strata --status", "strata status");
        check("strata --logs 1", "strata logs 1");
        check("strata --clean-all", "strata clean --all");
    }

    #[test]
    fn other_words_stay() {
        check("strata query --status", "strata query --status");
        check("strata up --level 2", "strata up --level 2");
        check("strata", "strata");
    }
}
