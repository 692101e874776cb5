//! Which module names which: read off the `crate::` paths of the source. Arrows point one way.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The platform is what every stage stands on.
#[test]
fn the_platform_names_no_stage() {
    assert_eq!(arrows()["platform"], BTreeSet::new());
}

#[test]
fn no_module_lies_on_a_circle() {
    let arrows = arrows();
    let on_a_circle: Vec<&str> = arrows
        .keys()
        .filter(|module| reached_from(&arrows, module).contains(*module))
        .map(String::as_str)
        .collect();
    assert_eq!(on_a_circle, Vec::<&str>::new(), "{arrows:#?}");
}

#[test]
fn an_arrow_is_seen_in_a_list_of_imports_and_in_a_path() {
    let text = "use crate::{\n    app::App,\n    db::{self, Tx},\n};\nfn f() { crate::route::job_for(1); }";
    assert_eq!(
        named_in(text),
        BTreeSet::from(["app", "db", "route"].map(str::to_owned))
    );
}

fn arrows() -> Arrows {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut arrows = Arrows::new();
    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module != "lib" && module != "main" {
            collect(&path, arrows.entry(module).or_default());
        }
    }
    let modules: BTreeSet<String> = arrows.keys().cloned().collect();
    for (module, named) in &mut arrows {
        named.retain(|other| other != module && modules.contains(other));
    }
    arrows
}

fn collect(path: &Path, named: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), named);
        }
        return;
    }
    if path.extension().is_some_and(|extension| extension == "rs") {
        let text = std::fs::read_to_string(path).unwrap();
        named.extend(named_in(text.split("#[cfg(test)]").next().unwrap()));
    }
}

/// The first names after `crate::`, those of a list in braces included; comments aside.
fn named_in(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let names = code.split("crate::").skip(1).flat_map(first_names);
    names.filter(|name| !name.is_empty()).collect()
}

fn first_names(rest: &str) -> Vec<String> {
    let Some(list) = rest.strip_prefix('{') else {
        return vec![first_name(rest)];
    };
    let (mut depth, mut names) = (0, vec![first_name(list)]);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first_name(&list[at + 1..])),
            _ => {}
        }
    }
    names
}

fn first_name(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.trim_start().chars().take_while(|c| is_part(*c)).collect()
}

fn reached_from<'a>(arrows: &'a Arrows, start: &str) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&String> = arrows[start].iter().collect();
    while let Some(module) = waiting.pop() {
        if reached.insert(module) {
            waiting.extend(&arrows[module]);
        }
    }
    reached
}
