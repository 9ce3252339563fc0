//! The status page of a running stack, as a browser shows it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use strata_e2e::{Browser, Scripts, Strata};

const SERVICES: [&str; 10] =
    ["objects", "log", "s3", "key-value", "database", "history", "landing", "gateway", "silver", "refinery"];

/// The row of a service, as text.
fn row(browser: &mut Browser, service: &str) -> String {
    let row = browser.evaluate(&format!("document.getElementById('service-{service}').innerText"));
    row.as_str().unwrap().to_owned()
}

/// Width and height in the head of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// Fault 13: the page said "Running" as literal text. It says what is, without scripts; with them it follows what changes.
#[test]
fn the_page_tells_how_everything_fares() {
    let Some(strata) = Strata::new() else { return };
    let Some(mut plain) = Browser::start(Scripts::Off) else { return };
    let Some(mut live) = Browser::start(Scripts::On) else { return };
    let up = strata.up(&["--empty", "--level", "2"]);
    assert_eq!(up.code, 0, "{}", up.said);
    let url = up.url("gateway");

    let blank = plain.screenshot();
    for browser in [&mut plain, &mut live] {
        browser.open(&url);
        let text = browser.text();
        assert!(text.contains("All is well") && text.contains("All 10 services are healthy."), "{text}");
        for service in SERVICES {
            let row = row(browser, service);
            assert!(row.contains("Healthy") || row.contains("Done"), "{row}");
        }
        assert!(row(browser, "serving").contains("not asked for"), "{text}");
        let shot = browser.screenshot();
        std::fs::write(strata.folder().join("page.png"), &shot).unwrap();
        assert_eq!(size(&shot), size(&blank));
        assert!(shot.len() > 5 * blank.len(), "a page of {} bytes, where nothing takes {}", shot.len(), blank.len());
        if let Some(folder) = std::env::var_os("STRATA_SCREENSHOTS") {
            std::fs::copy(strata.folder().join("page.png"), std::path::Path::new(&folder).join("page.png")).unwrap();
        }
    }

    // Whoever only looks sees it change by itself: by a script, which says it too; and without one by loading it again.
    let felled = "new Promise(done => { const look = () => \
                  document.getElementById('service-refinery').innerText.includes('Stopped') && done(true); look(); \
                  new MutationObserver(look).observe(document.body, {childList: true, subtree: true}); })";
    strata.run(&["down", "--level", "2"]);
    live.evaluate(felled);
    assert!(live.text().contains("All 8 services are healthy."), "{}", live.text());
    assert_ne!(live.evaluate("document.getElementById('said').textContent"), "");
    for _ in 0..5 {
        if row(&mut plain, "refinery").contains("Stopped") {
            return;
        }
        plain.loaded();
    }
    panic!("without scripts the page stays as it was: {}", plain.text());
}
