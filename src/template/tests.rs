//! Every template with every sample.
use std::collections::BTreeSet;
use std::fs;

use super::context::{BecauseKind, samples};
use super::language::Catalogue;
use super::registry::{Files, embedded, sources};
use super::*;

fn templates() -> Templates {
    Templates::load(None).unwrap_or_else(|error| panic!("{error}"))
}

fn rendered(templates: &Templates) -> Vec<(String, String)> {
    let all = Language::ALL.into_iter().flat_map(samples);
    all.flat_map(|sample| {
        templates
            .render(&sample)
            .unwrap_or_else(|error| panic!("{error}"))
    })
    .collect()
}

fn catalogue(language: Language) -> Catalogue {
    let text = embedded(&format!("text/{}.toml", language.code())).unwrap();
    Catalogue::parse(language, &text).unwrap()
}

#[test]
fn every_template_renders_with_every_sample() {
    for (name, content) in rendered(&templates()) {
        assert!(content.len() > 100, "{name} is empty");
        assert!(
            !content.contains("{{") || content.contains("{{organisation}}"),
            "{name} shows a template"
        );
    }
}

#[test]
fn every_template_has_samples() {
    let sampled: BTreeSet<_> = samples(Language::English)
        .iter()
        .map(|sample| sample.template)
        .collect();
    for (path, _) in sources(&Files::new()) {
        let name = path.split('.').next().unwrap().to_owned();
        let part = name.starts_with("partials/") || name == "email/style";
        assert!(part || sampled.contains(name.as_str()), "{path} has no sample");
    }
}

#[test]
fn nothing_is_written_unescaped() {
    for (path, source) in sources(&Files::new()) {
        assert!(
            !source.contains("{{{") && !source.contains("{{&"),
            "{path} writes something unescaped"
        );
    }
    for (name, content) in rendered(&templates()) {
        if name.ends_with(".html") {
            assert!(
                !content.contains("<script>alert"),
                "{name} runs what a customer wrote"
            );
            assert!(
                !content.contains("<i>") && !content.contains("<b>paints"),
                "{name} takes markup from a name"
            );
            assert!(
                !content.contains('\u{202e}'),
                "{name} lets words reorder the page"
            );
        }
    }
}

#[test]
fn pages_need_no_inline_style_or_script() {
    for (path, source) in sources(&Files::new()) {
        if !path.starts_with("email/") && !path.starts_with("partials/mail") {
            assert!(
                !source.contains("style=\"") || path.contains("mail"),
                "{path} has an inline style"
            );
            assert!(!source.contains("<style"), "{path} has a stylesheet of its own");
            assert!(
                !source.contains(" onclick") && !source.contains("javascript:"),
                "{path} has an inline script"
            );
            assert!(!source.contains("<script>"), "{path} has an inline script");
        }
    }
}

#[test]
fn public_pages_weigh_less_than_30_kilobytes_all_told() {
    let shared: usize = ["style.css", "mark.svg", "form.js"]
        .iter()
        .map(|name| asset(name).unwrap().bytes.len())
        .sum();
    for (name, content) in rendered(&templates()) {
        let public = [
            "pages-thank",
            "pages-receipt",
            "pages-problem",
            "pages-praise",
            "pages-unsubscribe",
        ];
        if public.iter().any(|page| name.starts_with(page)) {
            let all = content.len() + shared + brand::Brand::default().stylesheet().len();
            assert!(all < 30_000, "{name}: {all} bytes");
        }
    }
}

#[test]
fn all_languages_have_the_same_texts_with_the_same_values() {
    let (english, german) = (catalogue(Language::English), catalogue(Language::German));
    let values = |catalogue: &Catalogue, key: &str| -> BTreeSet<String> {
        let text = catalogue
            .raw(key)
            .unwrap_or_else(|| panic!("{key} is missing in a language"));
        let names = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        names
            .map(|name| {
                if name.ends_with("_word") {
                    "n".to_owned()
                } else {
                    name.to_owned()
                }
            })
            .collect()
    };
    let keys: BTreeSet<_> = english.keys().chain(german.keys()).collect();
    for key in keys {
        assert_eq!(values(&english, key), values(&german, key), "{key}");
    }
}

#[test]
fn every_text_that_a_template_names_is_there_and_every_text_is_used() {
    let catalogue = catalogue(Language::English);
    let known: BTreeSet<&str> = catalogue.keys().map(plain).collect();
    let mut used = BTreeSet::new();
    for (path, source) in sources(&Files::new()) {
        for key in named_keys(&source) {
            assert!(
                known.contains(key.as_str()),
                "{path} names the text {key:?}, which is not there"
            );
            used.insert(key);
        }
    }
    // Keys that are put together or come from a context: their groups are rendered by the samples.
    let dynamic = [
        "number.",
        "nav.",
        "because.",
        "problem.",
        "feed.",
        "board.",
        "receipt.gone.",
        "receipt.headline.",
        "receipt.notice.",
        "receipt.step.",
        "form.problem.",
        "desk.done.",
        "board.shown.",
        "words.and",
        "desk.says.",
        "desk.shift.",
        "admin.health.",
        "admin.behind.",
        "held.why.",
        "admin.board.",
        "unsubscribe.",
        "digest.withdrawn.",
        "reason.",
    ];
    for key in known {
        let expected = used.contains(key) || dynamic.iter().any(|group| key.starts_with(group));
        assert!(expected, "no template uses the text {key:?}");
    }
}

/// The key without the form for one or more.
fn plain(key: &str) -> &str {
    key.strip_suffix(".one")
        .or_else(|| key.strip_suffix(".other"))
        .unwrap_or(key)
}

fn named_keys(source: &str) -> Vec<String> {
    let openings = [
        "{{t \"",
        "{{rich \"",
        "(t \"",
        "label=\"",
        "hint=\"",
        "none=\"",
        "caption=\"",
    ];
    let stretches = openings.iter().flat_map(|opening| source.split(opening).skip(1));
    let keys = stretches
        .filter_map(|rest| rest.split('"').next())
        .filter(|key| key.contains('.') && !key.contains(' '));
    keys.map(str::to_owned).collect()
}

#[test]
fn every_reason_has_its_sentence() {
    let catalogue = catalogue(Language::German);
    for kind in BecauseKind::ALL {
        let key = serde_json::to_value(kind).unwrap();
        assert!(catalogue.raw(key.as_str().unwrap()).is_some(), "{key}");
    }
}

#[test]
fn every_reason_of_the_engine_has_a_text_in_every_language() {
    for language in Language::ALL {
        let catalogue = catalogue(language);
        for code in domain::attribution::explain::codes().chain(["person", "suggested"]) {
            let key = format!("reason.{code}");
            assert!(catalogue.raw(&key).is_some(), "{} has no {key}", language.code());
        }
    }
}

#[test]
fn subjects_are_one_line_whatever_a_name_holds() {
    let templates = templates();
    for sample in Language::ALL
        .into_iter()
        .flat_map(samples)
        .filter(context::Sample::is_mail)
    {
        let mail = templates
            .mail_of(sample.template, sample.language, &sample.data)
            .unwrap();
        assert!(
            !mail.subject.is_empty() && !mail.subject.contains(['\r', '\n']),
            "{:?}",
            mail.subject
        );
    }
}

#[test]
fn text_parts_hold_no_markup_of_ours_and_quote_every_line_of_a_customer() {
    for (name, content) in rendered(&templates()) {
        if name.ends_with(".txt") {
            for markup in ["<p", "<td", "<b class", "&amp;", "&quot;", "&#x"] {
                assert!(!content.contains(markup), "{name} contains {markup}");
            }
            assert!(
                !content.contains("\n-- \nYou get this because you are kind"),
                "{name}"
            );
        }
    }
}

/// Read this file when a template of a mail changes: it is what people get.
#[test]
fn subjects_and_text_parts_read_as_agreed() {
    let all = rendered(&templates());
    let texts = all.iter().filter(|(name, _)| name.ends_with(".txt"));
    let shown: Vec<_> = texts
        .map(|(name, text)| format!("##### {name}\n{text}"))
        .collect();
    insta::assert_snapshot!("text_parts", shown.join("\n"));
}

#[test]
fn mails_have_their_styles_in_the_elements() {
    for (name, content) in rendered(&templates()) {
        if name.starts_with("email-") && name.ends_with(".html") {
            assert!(content.contains("prefers-color-scheme"), "{name}");
            assert!(
                content.contains("style=\"margin:") || content.contains("style=\"padding:"),
                "{name}"
            );
            assert!(
                !content.contains("<link") && !content.contains("<img"),
                "{name} loads something"
            );
        }
    }
}

#[test]
fn a_template_of_ones_own_replaces_ours() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("text")).unwrap();
    fs::write(
        folder.path().join("text/en.toml"),
        "[frame]\nkept = \"Kept by <us>\"\n",
    )
    .unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    let page = &context::IndexPage::samples(Language::English)[0].1;
    assert!(templates.page(page).unwrap().contains("Kept by &lt;us&gt;"));
}

#[test]
fn a_broken_template_of_ones_own_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("pages")).unwrap();
    let broken = |source: &str| {
        fs::write(folder.path().join("pages/problem.hbs"), source).unwrap();
        Templates::load(Some(folder.path())).err().unwrap().to_string()
    };
    assert!(broken("a\n{{#if kind}}\n").starts_with("pages/problem.hbs, line"));
    assert!(broken("a\nb {{page.missing}}").starts_with("pages/problem.hbs, line 2: "));
    assert!(broken("a\n\n{{#if page.missing}}x{{/if}}").starts_with("pages/problem.hbs, line 3: "));
    assert!(broken("{{t \"no.such\"}}").contains("\"no.such\""));
}

#[test]
fn a_file_that_replaces_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pages.hbs"), "x").unwrap();
    let error = Templates::load(Some(folder.path())).err().unwrap().to_string();
    assert!(error.contains("pages.hbs replaces no template"), "{error}");
}

#[test]
fn static_files_have_a_type_and_a_fingerprint() {
    for name in ["style.css", "mark.svg", "form.js", "feed.js", "desk.js"] {
        let asset = asset(name).unwrap();
        assert_eq!(asset.fingerprint.len(), 16, "{name}");
    }
    assert!(asset("../text/en.toml").is_none() && asset("none.css").is_none());
}

#[test]
fn a_preview_links_everything_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let count = preview(&templates(), folder.path()).unwrap();
    let index = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert_eq!(index.matches("<li>").count(), count);
    assert!(folder.path().join("static/style.css").exists());
}

/// A value that is handed to a partial hides the field of that name in every list inside it.
#[test]
fn no_value_of_a_partial_hides_a_field_of_a_list() {
    for (path, source) in sources(&Files::new()) {
        for call in source
            .split("{{> ")
            .skip(1)
            .filter_map(|rest| rest.split("}}").next())
        {
            let (partial, values) = call.split_once(' ').unwrap_or((call, ""));
            let body = embedded(&format!("partials/{partial}.hbs")).unwrap_or_default();
            let lists: Vec<_> = body.split("{{#each ").skip(1).collect();
            let names = values
                .split('=')
                .filter_map(|part| part.rsplit(' ').next())
                .filter(|name| *name != "this");
            for name in names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())) {
                let hidden = format!("{{{{{name}}}}}");
                assert!(
                    !lists.iter().any(|list| list.contains(&hidden)),
                    "{path}: {name} hides a field in {partial}"
                );
            }
        }
    }
}

/// What a page says comes from the catalogue, so that a further language is a further file.
#[test]
fn pages_say_nothing_that_does_not_come_from_the_catalogue() {
    // The software's own name, the keys of the keyboard, and an id of an input.
    let allowed = ["Plaudit", "J", "K", "P", "N", "Z"];
    for (path, source) in sources(&Files::new()) {
        let is_page = path.starts_with("pages/") || path.starts_with("partials/");
        if !is_page || path.contains("mail") {
            continue;
        }
        for said in said_outside(&source) {
            let words = said.split(|letter: char| !letter.is_alphabetic());
            let own: Vec<&str> = words
                .filter(|word| !word.is_empty() && !allowed.contains(word))
                .collect();
            assert!(own.is_empty(), "{path} says {own:?} in {said:?}");
        }
    }
}

/// What stands between the tags of a template, and in attributes that are read out, without what is put in.
fn said_outside(source: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        // Quotation marks of a call would end an attribute.
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let mut said = Vec::new();
    for (at, part) in plain.split('<').enumerate() {
        let (tag, text) = match at {
            0 => ("", part),
            _ => part.split_once('>').unwrap_or((part, "")),
        };
        said.push(text.replace("&#39;", " ").trim().to_owned());
        for name in ["alt", "title", "placeholder", "aria-label"] {
            let opening = format!(" {name}=\"");
            let read_out = tag.split(&opening).skip(1).filter(|_| !tag.starts_with("meta "));
            said.extend(read_out.filter_map(|value| Some(value.split_once('"')?.0.to_owned())));
        }
    }
    said.retain(|text| !text.is_empty());
    said
}
