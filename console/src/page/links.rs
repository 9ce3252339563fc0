//! Ways to elsewhere.

use maud::{Markup, html};

use crate::Link;

/// A link where the address is one of the web, else its text.
pub(crate) fn web(url: &str, text: &str) -> Markup {
    // `//host` would be another server.
    let path = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    let linked = path || url.starts_with("http://") || url.starts_with("https://");
    html! { @if linked { a href=(url) { (text) } } @else { code { (url) } } }
}

/// All of them, by whose they are.
pub(crate) fn section(links: &[Link]) -> Markup {
    let mut owners: Vec<&str> = Vec::new();
    for link in links {
        if !owners.contains(&link.of.as_str()) {
            owners.push(&link.of);
        }
    }
    html! {
        @if !links.is_empty() {
            section aria-labelledby="elsewhere" {
                h2 #elsewhere { "Elsewhere" }
                dl.links {
                    @for owner in owners {
                        div {
                            dt { (owner) }
                            @for link in links.iter().filter(|link| link.of == owner) { dd { (web(&link.url, &link.name)) } }
                        }
                    }
                }
            }
        }
    }
}
