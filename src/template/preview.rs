//! Every template with every sample as files, to be looked at without a service.
use std::fs;
use std::path::{Path, PathBuf};

use super::brand::Brand;
use super::context::{IndexGroup, IndexLink, IndexPage, Page};
use super::{Embedded, Language, Spoken, TemplateError, Templates, sample};

/// Writes every template with every sample in every language into `folder`, with static files and an `index.html`
/// that links them. Returns how many files of templates were written. Files of the same name are overwritten.
pub fn preview(templates: &Templates, folder: &Path) -> Result<usize, TemplateError> {
    write(&folder.join("brand.css"), Brand::default().stylesheet())?;
    for name in Embedded::iter().filter(|name| name.starts_with("static/")) {
        if let Some(file) = Embedded::get(&name) {
            write(&folder.join(name.as_ref()), &file.data)?;
        }
    }
    let mut groups = Vec::new();
    for spoken in templates.languages() {
        groups.push(group(templates, folder, spoken)?);
    }
    let count = groups.iter().map(|group| group.links.len()).sum();
    write(
        &folder.join("index.html"),
        local(&templates.page(&index(groups))?),
    )?;
    Ok(count)
}

fn group(templates: &Templates, folder: &Path, spoken: &Spoken) -> Result<IndexGroup, TemplateError> {
    let mut links = Vec::new();
    for sample in sample::all()? {
        for (name, content) in templates.render(&sample, spoken.language)? {
            write(&folder.join(&name), local(&content))?;
            let sentence = format!("templates/{}, {}", sample.template, sample.name);
            links.push(IndexLink {
                url: name.clone(),
                name,
                sentence,
            });
        }
    }
    Ok(IndexGroup {
        name: spoken.name.clone(),
        id: spoken.language.to_string(),
        links,
    })
}

fn index(groups: Vec<IndexGroup>) -> IndexPage {
    IndexPage {
        page: Page::guest("Plaudit", Language::ENGLISH, "/brand.css"),
        title: "Every page and mail, with invented data".to_owned(),
        lead: "Each template is shown in every state it has.".to_owned(),
        groups,
    }
}

/// Addresses of static files relative to the folder.
fn local(html: &str) -> String {
    html.replace("=\"/static/", "=\"static/")
        .replace("=\"/brand.css\"", "=\"brand.css\"")
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), TemplateError> {
    let unwritable = |source| TemplateError::Unwritable {
        path: PathBuf::from(path),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    fs::write(path, content).map_err(unwritable)
}
