//! Messy files as people send them: each is taken in, or answered by one sentence for each cause (`files/expected.toml`).
use std::{collections::HashMap, path::PathBuf};

use domain::{roster::columns::Said, table::day::DayOrder};
use entity::{assignment, comment, comment_revision, source, staff_member};
use plaudit::{
    capture::import::{self as comment_import, CommentFile},
    platform::text_file::TextFile,
    roster::import::{self as roster_import, Options},
};
use sea_orm::EntityTrait;
use serde::Deserialize;

use crate::support::TestApp;

#[derive(Deserialize)]
struct Expected {
    roster: Vec<Case>,
    comments: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Case {
    file: String,
    columns: Vec<String>,
    days: Option<String>,
    people: Vec<String>,
    comments: Vec<String>,
    wrong: Vec<String>,
    refused: Option<String>,
}

fn expected() -> Expected {
    toml::from_str(include_str!("files/expected.toml")).unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/files")
        .join(file)
}

fn said(case: &Case) -> Said {
    let order = case.days.as_deref().map(|days| days.parse::<DayOrder>().unwrap());
    Said {
        columns: case
            .columns
            .iter()
            .map(|given| Said::column(given).unwrap())
            .collect(),
        day_order: order,
        ..Said::default()
    }
}

#[tokio::test]
async fn a_messy_roster_is_taken_in_or_answered_by_one_sentence_for_each_cause() {
    let cases = expected().roster;
    assert!(cases.len() > 20);
    for case in cases {
        let app = TestApp::start().await;
        let options = Options {
            create_sites: true,
            said: said(&case),
            ..Options::default()
        };
        let file = TextFile::open(&path(&case.file), None).unwrap();
        let (own, now) = (app.organisation.id, app.clock.now());
        let seen = match roster_import::preview(app.db.read(), &app.secrets, own, &file, &options, now).await
        {
            Ok(seen) => seen,
            Err(error) => {
                assert_eq!(Some(error.to_string()), case.refused, "{}", case.file);
                app.end().await;
                continue;
            }
        };
        let told: Vec<String> = seen.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            (told, None),
            (case.wrong.clone(), case.refused.clone()),
            "{}",
            case.file
        );
        if case.wrong.is_empty() {
            let agreed = roster_import::agreed(
                app.db.read(),
                &app.secrets,
                own,
                &file,
                &options,
                &seen.digest,
                now,
            )
            .await
            .unwrap();
            let tx = app.db.write().await.unwrap();
            roster_import::apply(&tx, agreed, "cli", now).await.unwrap();
            tx.commit().await.unwrap();
        }
        let wanted: Vec<_> = case.people.iter().map(|line| cells(line)).collect();
        assert_eq!(people(&app).await, wanted, "{}", case.file);
        app.end().await;
    }
}

async fn people(app: &TestApp) -> Vec<Vec<String>> {
    let mut staff = staff_member::Entity::find().all(app.db.read()).await.unwrap();
    staff.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
    let numbers: HashMap<_, _> = staff
        .iter()
        .map(|one| (one.id, one.employee_id.clone()))
        .collect();
    let sites = entity::site::Entity::find().all(app.db.read()).await.unwrap();
    let places = assignment::Entity::find().all(app.db.read()).await.unwrap();
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let shown = staff.iter().map(|one| {
        let place = places.iter().find(|place| place.staff_id == one.id).unwrap();
        let site = sites.iter().find(|site| Some(site.id) == place.site_id).unwrap();
        let manager = place
            .manager_id
            .map(|id| numbers[&id].clone())
            .unwrap_or_default();
        vec![
            one.employee_id.clone(),
            one.given_name.clone(),
            one.family_name.clone(),
            site.name.clone(),
            manager,
            day(one.starts_on),
            day(one.ends_on),
        ]
    });
    shown.collect()
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[tokio::test]
async fn a_messy_comment_file_is_taken_in_or_answered_by_one_sentence_for_each_cause() {
    for case in expected().comments {
        let mut app = TestApp::start().await;
        app.site("Leith", None).await;
        let source = source::Entity::find().all(app.db.read()).await.unwrap();
        let source = source.into_iter().find(|source| source.name == "import").unwrap();
        let options = comment_import::Options {
            time_zone: Some(chrono_tz::Europe::Berlin),
            ..comment_import::Options::default()
        };
        let file = TextFile::open(&path(&case.file), None).unwrap();
        let opened = CommentFile::open(app.db.read(), &source, file, &options, app.clock.now()).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                assert_eq!(Some(error.to_string()), case.refused, "{}", case.file);
                app.end_with_jobs().await;
                continue;
            }
        };
        let seen = opened.preview().unwrap();
        let told: Vec<String> = seen.causes.iter().map(ToString::to_string).collect();
        assert_eq!((told, None), (case.wrong, case.refused), "{}", case.file);
        let mut nowhere = std::io::sink();
        comment_import::run(&app.db, &app.clock, &opened, "cli", &mut nowhere, &mut |_| {})
            .await
            .unwrap();
        let wanted: Vec<_> = case.comments.iter().map(|line| cells(line)).collect();
        assert_eq!(comments(&app).await, wanted, "{}", case.file);
        app.end_with_jobs().await;
    }
}

async fn comments(app: &TestApp) -> Vec<Vec<String>> {
    let mut comments = comment::Entity::find().all(app.db.read()).await.unwrap();
    comments.sort_by_key(|comment| comment.occurred_at);
    let revisions = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    let shown = comments.iter().map(|comment| {
        let words = revisions
            .iter()
            .find(|revision| revision.comment_id == comment.id)
            .unwrap();
        let author = words.author.as_ref().and_then(|author| author.name.clone());
        vec![
            words.text.clone().unwrap(),
            comment.occurred_at.format("%Y-%m-%d %H:%M").to_string(),
            words
                .score_value
                .map(|score| score.to_string())
                .unwrap_or_default(),
            author.unwrap_or_default(),
        ]
    });
    shown.collect()
}

/// A workbook with one sheet, as small as there can be.
pub fn workbook(cells: &str, texts: &str) -> Vec<u8> {
    let relations = |of: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{of}</Relationships>"
        )
    };
    let relation = |id: &str, kind: &str, to: &str| {
        format!(
            "<Relationship Id=\"{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{to}\"/>"
        )
    };
    let parts = [
        ("_rels/.rels", relations(&relation("r1", "officeDocument", "xl/workbook.xml"))),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[relation("r1", "worksheet", "worksheets/sheet1.xml"), relation("r2", "sharedStrings", "sharedStrings.xml")].concat()),
        ),
        ("xl/workbook.xml", "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".to_owned()),
        ("xl/sharedStrings.xml", texts.to_owned()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{cells}</sheetData></worksheet>")),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::Write::write_all(&mut archive, content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub fn cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[tokio::test]
async fn a_workbook_that_asks_for_more_than_it_holds_is_refused_and_a_far_cell_costs_nothing() {
    let app = TestApp::start().await;
    let refused = async |bytes: Vec<u8>| {
        let file = TextFile::from_bytes("bomb.xlsx", &bytes, None).unwrap();
        let (own, now) = (app.organisation.id, app.clock.now());
        roster_import::preview(app.db.read(), &app.secrets, own, &file, &Options::default(), now)
            .await
            .map_err(|error| error.to_string())
    };
    let headings: String = [("A1", "Staff ID"), ("B1", "Full name"), ("C1", "Store")]
        .map(|(place, text)| cell(place, text))
        .concat();
    let person: String = [("A2", "7"), ("B2", "Ann Lee"), ("XFD1048576", "far")]
        .map(|(place, text)| cell(place, text))
        .concat();
    let good = refused(workbook(&format!("<row>{headings}{person}</row>"), "<sst/>"))
        .await
        .unwrap();
    assert_eq!(
        (good.added.len(), good.problems.len()),
        (1, 0),
        "{:?}",
        good.problems
    );
    let announced = "<sst uniqueCount=\"99999999999\"><si><t>x</t></si></sst>";
    let told = refused(workbook(&headings, announced)).await.unwrap_err();
    assert_eq!(
        told,
        "the workbook announces too many texts; save the sheet as CSV, and send that"
    );
    let wide: String = (2..13_000).map(|row| cell(&format!("SF{row}"), "x")).collect();
    let told = refused(workbook(&format!("{headings}{wide}"), "<sst/>"))
        .await
        .unwrap_err();
    assert_eq!(
        told,
        "the workbook has too many cells; save the sheet as CSV, and send that"
    );
    app.end().await;
}

#[tokio::test]
async fn numbers_that_lost_their_zeros_are_taken_for_those_on_the_roster() {
    let app = TestApp::start().await;
    let apply = async |content: &str| {
        let file = TextFile::from_bytes("roster.csv", content.as_bytes(), None).unwrap();
        let options = Options {
            create_sites: true,
            ..Options::default()
        };
        let (own, now) = (app.organisation.id, app.clock.now());
        let seen = roster_import::preview(app.db.read(), &app.secrets, own, &file, &options, now)
            .await
            .unwrap();
        let agreed = roster_import::agreed(
            app.db.read(),
            &app.secrets,
            own,
            &file,
            &options,
            &seen.digest,
            now,
        )
        .await
        .unwrap();
        let tx = app.db.write().await.unwrap();
        roster_import::apply(&tx, agreed, "cli", now).await.unwrap();
        tx.commit().await.unwrap();
        seen
    };
    apply("Staff ID,Full name,Store,Manager\n00123,Ruth Adlam,Leith,\n00124,Piotr Nairn,Leith,00123\n").await;
    let again =
        apply("Staff ID,Full name,Store,Manager\n123,Ruth Adlam,Leith,\n124,Piotr Nairn,Leith,123\n").await;
    assert_eq!((again.same, again.added.len()), (2, 0));
    assert!(
        again.warnings[0]
            .to_string()
            .starts_with("2 numbers have lost the zeros"),
        "{:?}",
        again.warnings
    );
    app.end().await;
}

#[tokio::test]
async fn what_was_said_of_columns_holds_for_the_next_file() {
    let app = TestApp::start().await;
    let (own, now) = (app.organisation.id, app.clock.now());
    let roster = |name: &str| {
        let content = format!("Key,Full name,Store\n7,{name},Leith\n");
        TextFile::from_bytes("roster.csv", content.as_bytes(), None).unwrap()
    };
    let said = |column: &str| Options {
        create_sites: true,
        said: Said {
            columns: vec![Said::column(column).unwrap()],
            ..Said::default()
        },
        ..Options::default()
    };
    let silent = Options::default();
    let before = roster_import::preview(app.db.read(), &app.secrets, own, &roster("Ann Lee"), &silent, now)
        .await
        .unwrap();
    assert_eq!(before.problems.len(), 1);
    let options = said("employee_id=Key");
    let seen = roster_import::preview(
        app.db.read(),
        &app.secrets,
        own,
        &roster("Ann Lee"),
        &options,
        now,
    )
    .await
    .unwrap();
    let agreed = roster_import::agreed(
        app.db.read(),
        &app.secrets,
        own,
        &roster("Ann Lee"),
        &options,
        &seen.digest,
        now,
    )
    .await
    .unwrap();
    let tx = app.db.write().await.unwrap();
    roster_import::apply(&tx, agreed, "cli", now).await.unwrap();
    tx.commit().await.unwrap();
    let after = roster_import::preview(
        app.db.read(),
        &app.secrets,
        own,
        &roster("Ann Leigh"),
        &silent,
        now,
    )
    .await
    .unwrap();
    assert_eq!(
        (after.problems.len(), after.changed.len()),
        (0, 1),
        "{:?}",
        after.problems
    );

    let sources = source::Entity::find().all(app.db.read()).await.unwrap();
    let import = sources.iter().find(|source| source.name == "import").unwrap();
    let other = sources.iter().find(|source| source.name != "import").unwrap();
    let file =
        |words: &str| TextFile::from_bytes("c.csv", format!("Q1,Q2\nx,{words}\n").as_bytes(), None).unwrap();
    let options = comment_import::Options {
        columns: vec![(comment_import::columns::Field::Text, "Q2".to_owned())],
        ..comment_import::Options::default()
    };
    let opened = CommentFile::open(app.db.read(), import, file("Lovely"), &options, now)
        .await
        .unwrap();
    let mut nowhere = std::io::sink();
    comment_import::run(&app.db, &app.clock, &opened, "cli", &mut nowhere, &mut |_| {})
        .await
        .unwrap();
    let silent = comment_import::Options::default();
    let again = CommentFile::open(app.db.read(), import, file("Kind"), &silent, now)
        .await
        .unwrap();
    assert_eq!(again.preview().unwrap().comments, 1);
    assert!(
        CommentFile::open(app.db.read(), other, file("Kind"), &silent, now)
            .await
            .is_err()
    );
    app.work().await;
    app.end().await;
}
