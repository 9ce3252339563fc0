//! What a file is, told by its name as MLflow tells it.

/// Endings of text, shown as such by MLflow's pages whatever else they are.
const TEXT: [&str; 26] = [
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
    "mlproject",
];

/// The media type of a file of this name.
pub(crate) fn of(name: &str) -> &'static str {
    // As Python splits it: a dot at the beginning begins no ending.
    let ending = match name.trim_start_matches('.').rsplit_once('.') {
        Some((_, ending)) if !ending.is_empty() => ending,
        _ => name,
    };
    if TEXT.contains(&ending) {
        return "text/plain";
    }
    mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_tell_what_files_are() {
        for (name, expected) in [
            ("a.txt", "text/plain"),
            ("model.JSON", "application/json"),
            ("model.json", "text/plain"),
            ("b.pkl", "application/octet-stream"),
            ("c.png", "image/png"),
            ("d.pdf", "application/pdf"),
            ("page.html", "text/html"),
            ("MLmodel", "text/plain"),
            ("mlproject", "text/plain"),
            ("model.onnx", "application/octet-stream"),
            ("nothing", "application/octet-stream"),
            (".log", "application/octet-stream"),
        ] {
            assert_eq!(super::of(name), expected, "{name}");
        }
    }
}
