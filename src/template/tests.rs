//! Every template with every sample.
use std::collections::BTreeSet;
use std::fs;

use super::context::BecauseKind;
use super::language::{Catalogue, without_form};
use super::registry::{Files, embedded, sources};
use super::*;

fn templates() -> Templates {
    Templates::load(None).unwrap_or_else(|error| panic!("{error}"))
}

fn rendered(templates: &Templates) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for spoken in templates.languages() {
        for sample in sample::all().unwrap() {
            let files = templates.render(&sample, spoken.language);
            all.extend(files.unwrap_or_else(|error| panic!("{error}")));
        }
    }
    all
}

fn catalogue(code: &str) -> Catalogue {
    let text = embedded(&format!("text/{code}.toml")).unwrap();
    let language = Language::of_tag(code).unwrap();
    Catalogue::parse(&text).unwrap().named(language)
}

fn samples_of(template: &str) -> Vec<Sample> {
    let mut samples = sample::all().unwrap();
    samples.retain(|sample| sample.template == template);
    samples
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
    let samples = sample::all().unwrap();
    let sampled: BTreeSet<&str> = samples.iter().map(|sample| sample.template.as_str()).collect();
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
            "pages-verify",
        ];
        if public.iter().any(|page| name.starts_with(page)) {
            let all = content.len() + shared + brand::Brand::default().stylesheet().len();
            assert!(all < 30_000, "{name}: {all} bytes");
        }
    }
}

#[test]
fn every_text_that_a_template_names_is_there_and_every_text_is_used() {
    let catalogue = catalogue("en");
    let known: BTreeSet<&str> = catalogue.keys().map(without_form).collect();
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
        "people.show.",
        "people.former",
        "statement.setting.",
        "statement.value.",
        "statement.kept.",
        "statement.role.",
        "statement.extent.",
        "statement.sight.",
        "statement.leaving.",
        "statement.compared.",
        "statement.section.",
        "statement.holds.",
        "statement.ends.",
        "first_steps.",
        "people.found_elsewhere.",
        "sure.",
        "desk.done.",
        "language.",
        "time.",
        "words.others",
        "desk.pace.",
        "desk.pace_most.",
        "desk.says.",
        "desk.shift.",
        "admin.health.",
        "admin.behind.",
        "held.why.",
        "shielded.why.",
        "admin.board.",
        "unsubscribe.",
        "digest.withdrawn.",
        "digest.title.",
        "digest.head_other.",
        "digest.late.",
        "sessions.now.",
        "sessions.every.",
        "sessions.exception.",
        "reason.",
        "rules.whom.",
        "mail.alert.",
        "admin.role.",
        "admin.kept.",
        "account.done.",
        "admin.role_does.",
        "admin.refused.",
        "admin.scope.",
        "admin.deed.",
        "admin.earlier_",
        "admin.fetch_named.",
        "admin.kind.",
        "admin.trouble.",
        "admin.field.",
        "admin.scale.",
        "channels.tested.",
        "sign_on.trouble.",
        "sign_on.tested.",
        "sign_on.refused.",
        "channels.delivery.",
        "admin.becomes_",
        "admin.no_sample",
        "roster.choice.",
        "roster.column.",
        "roster.wrong.",
        "roster.warning.",
        "roster.refusal.",
        "roster.many_leave",
        "search.became.",
        "spoken.logged.",
        "verify.state.",
        "search.problem.",
        "spoken.problem.",
        "spoken.saved.",
    ];
    for key in known {
        let expected = used.contains(key) || dynamic.iter().any(|group| key.starts_with(group));
        assert!(expected, "no template uses the text {key:?}");
    }
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
    for spoken in templates().languages() {
        let catalogue = catalogue(spoken.language.code());
        for kind in BecauseKind::ALL {
            let key = serde_json::to_value(kind).unwrap();
            assert!(catalogue.raw(key.as_str().unwrap()).is_some(), "{key}");
        }
    }
}

/// The forms of every number that a page may show, not only those that English has.
#[test]
fn every_catalogue_has_the_form_for_one_where_english_has_it() {
    let english = catalogue("en");
    for spoken in templates().languages() {
        let catalogue = catalogue(spoken.language.code());
        for key in english.keys().filter(|key| key.ends_with(".one")) {
            assert!(catalogue.raw(key).is_some(), "{} lacks {key}", spoken.name);
        }
    }
}

/// French says nought in the singular: where a page shows it, the text must not say "one".
#[test]
fn nought_is_a_number_in_every_language() {
    let shown = [
        "board.people",
        "roster.title",
        "admin.comments",
        "admin.jobs_waiting",
        "admin.charged",
        "admin.attempts",
        "channels.told",
    ];
    for spoken in templates().languages() {
        let catalogue = catalogue(spoken.language.code());
        for key in shown {
            let said = catalogue.say(key, &super::helpers::pairs(&[("n", "0")])).unwrap();
            assert!(said.contains('0'), "{}: {key} says {said:?}", spoken.name);
        }
    }
}

/// Marks that stand apart from their word in French must not begin a line, and no word is elided before a name.
#[test]
fn french_keeps_its_marks_with_their_words_and_elides_before_no_name() {
    let catalogue = catalogue("fr");
    for key in catalogue.keys() {
        let text = catalogue.raw(key).unwrap();
        let letters: Vec<char> = text.chars().collect();
        for pair in letters.windows(2) {
            let apart = match pair[1] {
                '!' | '?' | ';' => pair[0] == '\u{202f}',
                // A time as it is typed: 17:30.
                ':' if pair[0].is_ascii_digit() => true,
                ':' | '»' | '%' => pair[0] == '\u{a0}' || (pair[1] == '%' && pair[0] == '('),
                _ => pair[0] != '«' || pair[1] == '\u{a0}',
            };
            assert!(apart || text.contains("://"), "{key}: {text:?}");
        }
        for elided in [" de {", " que {", " le {", " d’{", "Le {", "De {"] {
            let name = text.split(elided).nth(1).unwrap_or_default();
            let is_date = [
                "from}",
                "until}",
                "since}",
                "at}",
                "to}",
                "n}",
                "threshold}",
                "target}",
            ]
            .iter()
            .any(|value| name.starts_with(value));
            assert!(name.is_empty() || is_date, "{key}: {text:?}");
        }
    }
}

/// `form`, `import` and `api` are names for programs.
#[test]
fn sources_that_every_organisation_has_are_named_by_the_catalogue() {
    let mut feed = samples_of("pages/feed").into_iter();
    let mut feed = feed.find(|sample| sample.name == "own").unwrap();
    let data = feed.data.to_string();
    assert!(data.contains("\"source\":\"Thank-you form\""), "{data}");
    let named = data.replace("\"source\":\"Thank-you form\"", "\"source\":\"form\"");
    feed.data = serde_json::from_str(&named).unwrap();
    for (language, said) in [
        ("en", "<span>Thank-you form</span>"),
        ("de", "<span>Danke-Formular</span>"),
    ] {
        let language = Language::of_tag(language).unwrap();
        let page = templates().render(&feed, language).unwrap().remove(0).1;
        assert!(
            page.contains(said) && !page.contains("<span>form</span>"),
            "{page}"
        );
    }
}

#[test]
fn every_deed_has_its_sentence_in_every_language() {
    for spoken in templates().languages() {
        let language = spoken.language.code();
        let catalogue = catalogue(language);
        for deed in super::context::DEEDS {
            let key = format!("admin.deed.{deed}");
            assert!(catalogue.raw(&key).is_some(), "{language} has no {key}");
        }
    }
}

#[test]
fn whatever_is_wrong_with_a_roster_is_said_in_every_language() {
    use domain::roster::problem::{ODD, WRONG};
    for spoken in templates().languages() {
        let catalogue = catalogue(spoken.language.code());
        for (group, codes) in [("wrong", WRONG), ("warning", ODD)] {
            for code in codes {
                let values = [
                    "n", "found", "wanted", "number", "line", "ends", "starts", "day", "one", "other",
                ];
                let more = [
                    "heading", "headings", "manager", "numbers", "site", "paths", "before", "after",
                ];
                let values: Vec<(&str, &str)> =
                    values.into_iter().chain(more).map(|name| (name, "2")).collect();
                let said = catalogue.say(&format!("roster.{group}.{code}"), &super::helpers::pairs(&values));
                assert!(said.is_ok(), "{}: {said:?}", spoken.name);
            }
        }
    }
}

#[test]
fn every_reason_of_the_engine_has_a_text_in_every_language() {
    for spoken in templates().languages() {
        let language = spoken.language.code();
        let catalogue = catalogue(language);
        for code in domain::attribution::explain::codes().chain(["person", "suggested"]) {
            let key = format!("reason.{code}");
            assert!(catalogue.raw(&key).is_some(), "{language} has no {key}");
        }
    }
}

#[test]
fn subjects_are_one_line_whatever_a_name_holds() {
    let templates = templates();
    for sample in sample::all().unwrap().iter().filter(|sample| sample.is_mail()) {
        let mail = templates
            .mail_of(&sample.template, Language::ENGLISH, &sample.data)
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
    let index = &samples_of("pages/index")[0];
    let page = templates.render(index, Language::ENGLISH).unwrap();
    assert!(page[0].1.contains("Kept by &lt;us&gt;"));
}

/// Whatever language it is: everything in English, but for how it begins.
fn further_language(name: &str, locale: &str) -> String {
    let english = embedded("text/en.toml").unwrap();
    english
        .replace("name = \"English\"", &format!("name = \"{name}\""))
        .replace("locale = \"en-GB\"", &format!("locale = \"{locale}\""))
        .replace("kept = \"Powered by Plaudit\"", "kept = \"Met dank aan Plaudit\"")
}

#[test]
fn a_further_language_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("text")).unwrap();
    let file = folder.path().join("text/nl.toml");
    fs::write(&file, further_language("Nederlands", "nl")).unwrap();
    let templates = Templates::load(Some(folder.path())).unwrap();
    let names: Vec<&str> = templates
        .languages()
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["English", "Deutsch", "Español", "Français", "Nederlands"]);
    let dutch = templates.choose("nl-BE, de;q=0.5").unwrap();
    let desk = &samples_of("pages/desk")[0];
    let page = templates.render(&samples_of("pages/thank")[0], dutch).unwrap();
    assert!(page[0].1.contains("<html lang=\"nl\"") && page[0].1.contains("Met dank aan Plaudit"));
    let desk = templates.render(desk, dutch).unwrap();
    assert!(desk[0].1.contains("donderdag"), "{}", desk[0].1);
    let text = further_language("Nederlands", "nl").replace("title = \"Say thank you\"\n", "");
    fs::write(&file, text).unwrap();
    let error = Templates::load(Some(folder.path())).err().unwrap().to_string();
    assert!(
        error.starts_with("text/nl.toml: 1 texts are missing, the first is \"thank.title\""),
        "{error}"
    );
    assert!(Templates::load(None).unwrap().of_tag("nl").is_none());
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
    for name in [
        "style.css",
        "mark.svg",
        "form.js",
        "feed.js",
        "desk.js",
        "wall.js",
        "wall.css",
    ] {
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
