//! `./dev screens`: photographs of every page.
use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::{
    everywhere::{self, Place},
    signed_in::{self, EVERYBODY},
    support::{Demo, Look},
};

/// Light, dark and in every other language, at both widths, into `var/screens` (or `PLAUDIT_SCREENS`).
#[tokio::test]
#[ignore = "writes photographs: ./dev screens"]
async fn photograph() {
    let folder =
        std::env::var_os("PLAUDIT_SCREENS").map_or_else(|| PathBuf::from("var/screens"), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    let demo = Demo::start().await;
    let files = TempDir::new().unwrap();
    let mut places = everywhere::public(&demo).await;
    places.extend(everywhere::mails(&demo, &files));
    for look in Look::BOTH {
        shoot(&demo, look, &places, &folder).await;
        shoot_signed_in(&demo, look, &folder).await;
        shoot(&demo, Look { dark: true, ..look }, &places, &folder).await;
        shoot_signed_in(&demo, Look { dark: true, ..look }, &folder).await;
        for language in ["de", "fr", "es"] {
            let look = Look { language, ..look };
            shoot(&demo, look, &places, &folder).await;
            shoot_signed_in(&demo, look, &folder).await;
        }
    }
}

/// The pages of everybody the demo signs in.
async fn shoot_signed_in(demo: &Demo, look: Look, folder: &std::path::Path) {
    for (role, link) in EVERYBODY {
        let window = demo.window(look).await;
        window.go(demo.link(link)).await;
        for path in signed_in::pages(&window).await {
            window.go(&path).await;
            let name = path
                .split('?')
                .next()
                .unwrap_or_default()
                .trim_matches('/')
                .replace('/', "-");
            let file = format!("{role}-{name}-{}-{}.png", look.width, how(look));
            window.photograph(&folder.join(file)).await;
        }
    }
}

fn how(look: Look) -> &'static str {
    match (look.dark, look.language) {
        (true, _) => "dark",
        (false, "en") => "light",
        (false, language) => language,
    }
}

async fn shoot(demo: &Demo, look: Look, places: &[Place], folder: &std::path::Path) {
    let window = demo.window(look).await;
    let how = how(look);
    for place in places {
        window.go(&place.address).await;
        window
            .photograph(&folder.join(format!("{}-{}-{how}.png", place.name, look.width)))
            .await;
    }
}
