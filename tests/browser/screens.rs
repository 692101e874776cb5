//! `./dev screens`: photographs of every page.
use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::{
    everywhere::{self, Place},
    support::{Demo, Look},
};

/// Light, dark and German, at both widths, into `var/screens` (or `PLAUDIT_SCREENS`).
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
        shoot(&demo, Look { dark: true, ..look }, &places, &folder).await;
        shoot(
            &demo,
            Look {
                language: "de",
                ..look
            },
            &places,
            &folder,
        )
        .await;
    }
}

async fn shoot(demo: &Demo, look: Look, places: &[Place], folder: &std::path::Path) {
    let window = demo.window(look).await;
    let how = match (look.dark, look.language) {
        (true, _) => "dark",
        (false, "en") => "light",
        (false, language) => language,
    };
    for place in places {
        window.go(&place.address).await;
        window
            .photograph(&folder.join(format!("{}-{}-{how}.png", place.name, look.width)))
            .await;
    }
}
