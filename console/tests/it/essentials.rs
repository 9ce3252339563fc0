//! What stands on the page.

use std::fs;
use std::path::Path;

use strata_control::StackStatus;

use crate::stacks::{in_trouble, links, stopped, well};

/// What a reader of the screen, or of no styles, gets: the text of `<main>`, a line an element, and where links go.
fn essentials(status: &StackStatus) -> String {
    let page = strata_console::page(status, &links());
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let mut lines: Vec<String> = Vec::new();
    for piece in main.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let target = tag.strip_prefix("a href=\"").and_then(|rest| rest.split('"').next());
        let text = text.trim().replace('\u{a0}', " ").replace("&amp;", "&");
        match (target, text.is_empty()) {
            (Some(target), _) => lines.push(format!("{text} -> {target}")),
            (None, false) => lines.push(text),
            (None, true) => {}
        }
    }
    lines.join("\n") + "\n"
}

/// The page in words is the one that was looked at; a change of it is seen in review.
/// `UPDATE=1 cargo test -p strata-console` writes it anew.
#[test]
fn the_page_says_what_it_said() {
    for (name, status) in [("well", well()), ("trouble", in_trouble()), ("stopped", stopped())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/golden/{name}.txt"));
        let said = essentials(&status);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &said).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert!(said == golden, "{} is not of today: run the tests with UPDATE=1\n{said}", path.display());
    }
}

/// Faults 5, 13: what is there is what is said: each service once, in its state, and no word that is always there.
#[test]
fn every_service_is_told_as_it_is() {
    for status in [well(), in_trouble(), stopped()] {
        let page = strata_console::page(&status, &[]);
        for service in &status.services {
            let row = format!("id=\"service-{}\"", service.status.name);
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
        let healthy = status.services.iter().filter(|service| service.health == strata_control::Health::Healthy);
        assert_eq!(page.matches("<span class=\"pill well\">").count(), healthy.count());
        assert_eq!(page.contains("All is well"), status.healthy);
    }
    assert!(strata_console::page(&in_trouble(), &[]).contains("no space left on device"));
}

/// Who has no script still sees what is new; who has no colours still sees the state; a table stays one as cards.
#[test]
fn the_page_needs_neither_script_nor_colour() {
    let page = strata_console::page(&in_trouble(), &links());
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="2"></noscript>"#));
    for word in ["Unhealthy", "Failed", "Starting", "Stopped", "Healthy", "Done"] {
        assert!(page.contains(word), "{word}");
    }
    let columns = page.matches(r#"<th role="columnheader" scope="col">"#).count();
    assert_eq!(columns, 7 * 5 + 3);
    assert!(!page.contains(" style=\"") && !page.contains("onclick"), "the policy forbids it");
    for outside in ["src=", "@import", "url(", "//cdn"] {
        assert!(!page.contains(outside), "{outside}");
    }
}
