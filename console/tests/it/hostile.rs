//! Whatever services say, it stays text.

use proptest::prelude::*;
use strata_console::{Link, page};
use strata_control::StackStatus;
use strata_services::Figure;

use crate::stacks::{in_trouble, well};

/// Puts a text everywhere where one can stand.
fn saying(text: &str) -> (StackStatus, Vec<Link>) {
    let mut status = in_trouble();
    let own = || text.to_owned();
    (status.version, status.cause, status.data_dir) = (own(), Some(own()), own().into());
    for service in &mut status.services {
        let figure = Figure { name: own(), value: 1.0, unit: own() };
        let told = &mut service.status;
        (told.name, told.cause, told.doing, told.url) = (own(), Some(own()), Some(own()), Some(own()));
        told.figures = vec![figure];
    }
    for level in &mut status.levels {
        (level.name, level.purpose) = (own(), own());
    }
    if let Some(start) = &mut status.start {
        start.critical_path = vec![own()];
    }
    (status, vec![Link { of: own(), name: own(), url: own() }])
}

/// The names of all tags on the page, in their order.
fn tags(page: &str) -> Vec<&str> {
    let name = |piece: &'_ str| {
        piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '!').unwrap_or(piece.len())
    };
    page.split('<').skip(1).map(|piece| &piece[..name(piece)]).collect()
}

/// Fault 44: a cause may quote what a stranger sent.
#[test]
fn no_text_becomes_markup() {
    let harmless = {
        let (status, links) = saying("harmless");
        page(&status, &links)
    };
    for text in [
        "<script>alert(1)</script>",
        "</style><script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "<img src=x onerror=alert(1)>",
        "&lt;script&gt;",
        "--><svg/onload=alert(1)>",
        "]]><main id=main>",
        "\u{202e}evil\0",
    ] {
        let (status, links) = saying(text);
        let page = page(&status, &links);
        assert_eq!(tags(&page), tags(&harmless), "{text}");
        assert!(!page.contains(" onmouseover=\"") && !page.contains("&lt;script&gt;alert(1)</"), "{text}");
    }
}

#[test]
fn only_addresses_of_the_web_become_links() {
    for (url, linked) in [
        ("http://127.0.0.1:8000/metrics", true),
        ("https://strata.example/", true),
        ("/metrics", true),
        ("//evil.example/", false),
        ("/\\evil.example/", false),
        ("javascript:alert(1)", false),
        ("JavaScript:alert(1)", false),
        (" javascript:alert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
        ("kafka://127.0.0.1:9092", false),
    ] {
        let links = [Link { of: "x".into(), name: "x".into(), url: url.into() }];
        let with = page(&well(), &links).matches("<a href=").count();
        assert_eq!(with - page(&well(), &[]).matches("<a href=").count(), usize::from(linked), "{url}");
    }
}

proptest! {
    #[test]
    fn whatever_is_said_the_page_keeps_its_form(text in ".{0,40}") {
        let expected = { let (status, links) = saying("harmless"); tags(&page(&status, &links)).len() };
        let (status, links) = saying(&text);
        let page = page(&status, &links);
        let found = tags(&page).len();
        // An address may be a link or not.
        prop_assert!(found == expected, "{} tags, not {}", found, expected);
        prop_assert!(page.ends_with("</html>"));
    }
}
