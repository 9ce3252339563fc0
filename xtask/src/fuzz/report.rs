//! What a run of libFuzzer came to, by what it says on the way.

use std::fmt;

/// A run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Inputs that were shown.
    pub(super) runs: u64,
    a_second: u64,
    /// Edges of the code that some input reached.
    edges: u64,
    /// Inputs that each reached something new, and are kept.
    kept: u64,
    peak_megabytes: u64,
    /// Whether an input broke something.
    pub(super) broke: bool,
    /// The file that holds it.
    input: Option<String>,
}

impl Report {
    /// Hears a line.
    pub(super) fn hear(&mut self, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        let after = |name: &str| {
            let place = words.iter().position(|word| *word == name)?;
            let number: String = words.get(place + 1)?.chars().take_while(char::is_ascii_digit).collect();
            number.parse::<u64>().ok()
        };
        if words.first().is_some_and(|first| first.starts_with('#')) {
            self.edges = after("cov:").unwrap_or(self.edges);
            self.kept = after("corp:").unwrap_or(self.kept);
        }
        for (name, number) in [
            ("stat::number_of_executed_units:", &mut self.runs),
            ("stat::average_exec_per_sec:", &mut self.a_second),
            ("stat::peak_rss_mb:", &mut self.peak_megabytes),
        ] {
            *number = after(name).unwrap_or(*number);
        }
        if let Some((_, file)) = line.split_once("Test unit written to ") {
            (self.broke, self.input) = (true, Some(file.trim().to_owned()));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, a_second, edges, kept, peak_megabytes, broke, input } = self;
        write!(f, "{runs} inputs ({a_second}/s), {edges} edges, {kept} inputs kept, {peak_megabytes} MB: ")?;
        match (broke, input) {
            (false, _) => f.write_str("held"),
            (true, Some(input)) => write!(f, "BROKEN by {input}"),
            (true, None) => f.write_str("BROKEN"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &str) -> String {
        let mut report = Report::default();
        lines.lines().for_each(|line| report.hear(line));
        report.to_string()
    }

    #[test]
    fn a_run_is_told_in_a_line() {
        let said = "#2\tINITED cov: 11 ft: 12 corp: 1/1b exec/s: 0 rss: 30Mb
#524288\tpulse  cov: 1411 ft: 4200 corp: 310/12Kb lim: 4096 exec/s: 26214 rss: 90Mb
#600000\tDONE   cov: 1420 ft: 4242 corp: 312/12Kb lim: 4096 exec/s: 20000 rss: 91Mb
Done 600000 runs in 30 second(s)
stat::number_of_executed_units: 600000
stat::average_exec_per_sec:     20000
stat::new_units_added:          301
stat::slowest_unit_time_sec:    0
stat::peak_rss_mb:              91";
        assert_eq!(heard(said), "600000 inputs (20000/s), 1420 edges, 312 inputs kept, 91 MB: held");
    }

    #[test]
    fn an_input_that_breaks_it_is_named() {
        let said = "==1== ERROR: libFuzzer: deadly signal
artifact_prefix='/c/'; Test unit written to /c/crash-da39
stat::number_of_executed_units: 7";
        assert_eq!(heard(said), "7 inputs (0/s), 0 edges, 0 inputs kept, 0 MB: BROKEN by /c/crash-da39");
    }
}
