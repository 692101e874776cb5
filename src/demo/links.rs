//! What to open, for the terminal and for the demo's first page.
use anyhow::Result;

use super::Directory;
use crate::{
    app::App,
    template::context::{IndexGroup, IndexLink},
};

/// Links in groups, each with a sentence.
pub fn groups(app: &App, directory: &Directory) -> Result<Vec<IndexGroup>> {
    let base = &app.config.server.base_url;
    let key = directory.key()?;
    let api = vec![link(
        "API",
        format!("{base}/docs"),
        format!("The API, to be tried out with the key {key}"),
    )];
    Ok(vec![group("For programs", "programs", api)])
}

fn group(name: &str, id: &str, links: Vec<IndexLink>) -> IndexGroup {
    IndexGroup {
        name: name.to_owned(),
        id: id.to_owned(),
        links,
    }
}

fn link(name: &str, url: String, sentence: String) -> IndexLink {
    IndexLink {
        name: name.to_owned(),
        url,
        sentence,
    }
}
