//! What is named by ids is asked for by `named`: SQLite reads the whole organisation for `within` with a list.
use std::{fs, path::Path};

/// Columns of which few rows share a value.
const IDS: [&str; 4] = ["Id", "CommentId", "StaffId", "AccountId"];

#[test]
fn ids_are_named_and_not_looked_for_within_an_organisation() {
    let mut found = Vec::new();
    read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(),
        &mut found,
    );
    assert!(found.is_empty(), "write named(…) here: {found:#?}");
}

#[test]
fn a_list_within_an_organisation_is_noticed() {
    let within = "comment::Entity::within(own.id())\n    .filter(comment::Column::Id\n    .is_in(ids))";
    assert_eq!(lists(within), ["comment::Column::Id"]);
    assert!(lists("comment::Entity::within(own).filter(comment::Column::State.is_in(states))").is_empty());
    assert!(lists("comment::Entity::named(own, comment::Column::Id, ids)").is_empty());
}

fn read(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(
                lists(&text)
                    .iter()
                    .map(|column| format!("{}: {column}", path.display())),
            );
        }
    }
}

/// Columns of ids that are filtered by a list right after `within`.
fn lists(text: &str) -> Vec<String> {
    let text: String = text.split_whitespace().collect();
    let after_within = text.split("Entity::within(").skip(1);
    let columns = after_within.filter_map(|rest| {
        let rest = rest.get(end_of_arguments(rest)?..)?.strip_prefix(").filter(")?;
        let (column, _) = rest.split_once(".is_in(")?;
        let name = column.rsplit_once("Column::")?.1;
        (IDS.contains(&name) && !column.contains('(')).then(|| column.to_owned())
    });
    columns.collect()
}

fn end_of_arguments(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.find(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth < 0
    })
}
