//! The page that lists what there is.

use std::fmt::Write;

use utoipa::openapi::OpenApi;

/// A sentence, then method, path and first sentence of each endpoint, one a line.
pub fn index(sentence: &str, description: OpenApi) -> String {
    let mut page = format!("{sentence}\n\n");
    let width = description.paths.paths.keys().map(String::len).max().unwrap_or(0);
    for (path, item) in description.paths.paths {
        for (method, operation) in [("GET", item.get), ("POST", item.post)] {
            let Some(operation) = operation else { continue };
            // Writing to a string cannot fail.
            let _ = writeln!(page, "{method:4} {path:width$} {}", operation.summary.unwrap_or_default());
        }
    }
    page
}
