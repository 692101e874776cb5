//! Pages and mails as browsers read them.
use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

/// All elements that a selector finds.
pub fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// A page as a browser reads it.
pub fn read(html: &str) -> Html {
    Html::parse_document(html)
}

/// All that it says, without what it is made of.
pub fn words(page: &Html) -> String {
    page.root_element().text().collect()
}

/// Every element with the names of its attributes: what a page is made of, whatever stands in it.
pub fn vocabulary(html: &str) -> BTreeSet<String> {
    vocabulary_of(&read(html))
}

/// The same of a page that was read.
pub fn vocabulary_of(page: &Html) -> BTreeSet<String> {
    let word = |element: ElementRef<'_>| {
        let mut names: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
        names.sort_unstable();
        format!("{} {}", element.value().name(), names.join(" "))
    };
    all(page, "*").into_iter().map(word).collect()
}

/// Addresses that the page leads to, or fetches.
pub fn addresses(html: &str) -> Vec<String> {
    addresses_of(&read(html))
}

/// The same of a page that was read.
pub fn addresses_of(page: &Html) -> Vec<String> {
    let leading = [
        "href",
        "src",
        "action",
        "formaction",
        "srcset",
        "poster",
        "data",
        "background",
        "cite",
        "ping",
    ];
    let of = |element: ElementRef<'_>| {
        let values = leading
            .iter()
            .filter_map(move |name| element.value().attr(name).map(str::to_owned));
        values.collect::<Vec<_>>()
    };
    all(page, "*").into_iter().flat_map(of).collect()
}

/// What the browser would mend silently, and what people with other senses would miss.
pub fn faults(html: &str, is_mail: bool) -> Vec<String> {
    faults_of(&read(html), is_mail)
}

/// The same of a page that was read.
pub fn faults_of(page: &Html, is_mail: bool) -> Vec<String> {
    let mut faults: Vec<String> = page
        .errors
        .iter()
        .map(|error| format!("markup: {error}"))
        .collect();
    let count = |selector: &str| all(page, selector).len();
    if count("html[lang][dir]") != 1 || count("title") != 1 {
        faults.push("no language, direction or title".to_owned());
    }
    if count("h1") != 1 {
        faults.push(format!("{} headlines", count("h1")));
    }
    if count("img:not([alt])") > 0 {
        faults.push("a picture without a text".to_owned());
    }
    if !is_mail && count("[style], style, script:not([src])") > 0 {
        faults.push("a style or script in the page".to_owned());
    }
    faults.extend(ids(page));
    faults.extend(unlabelled(page));
    faults
}

fn ids(page: &Html) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut faults = Vec::new();
    for element in all(page, "[id]") {
        let id = element.value().attr("id").unwrap();
        if !known.insert(id) {
            faults.push(format!("two elements with the id {id:?}"));
        }
    }
    for name in ["for", "aria-describedby", "aria-labelledby"] {
        for element in all(page, &format!("[{name}]")) {
            let named = element.value().attr(name).unwrap().split_whitespace();
            let missing = named.filter(|id| !known.contains(id));
            faults.extend(missing.map(|id| format!("{name} names {id:?}, which is not there")));
        }
    }
    faults
}

/// Fields that nobody could tell what they are for.
fn unlabelled(page: &Html) -> Vec<String> {
    let mut faults = Vec::new();
    for field in all(page, "input:not([type=hidden]), select, textarea") {
        let value = field.value();
        let is_named = value.attr("aria-label").is_some() || value.attr("aria-labelledby").is_some();
        let labels = value
            .attr("id")
            .map(|id| all(page, &format!("label[for='{id}']")).len());
        let mut above = field.ancestors().filter_map(ElementRef::wrap);
        if !is_named
            && labels.unwrap_or_default() == 0
            && !above.any(|parent| parent.value().name() == "label")
        {
            faults.push(format!("no label for {:?}", value.attr("name")));
        }
    }
    faults
}
