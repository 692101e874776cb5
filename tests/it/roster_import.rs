//! Roster files: what the dry run says is what happens, or nothing does.
use chrono::TimeDelta;
use entity::{assignment, audit, import, organisation, site, staff_member};
use plaudit::{
    platform::text_file::TextFile,
    roster::import::{self as roster_import, Applied, ImportError, Options, Preview},
};
use poem::http::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use crate::support::TestApp;

const HEADER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,manager_employee_id,email,phone,starts_on,ends_on";

fn file(lines: &[&str]) -> TextFile {
    text(&format!("{HEADER}\n{}\n", lines.join("\n")))
}

fn text(content: &str) -> TextFile {
    TextFile::from_bytes("roster.csv", content.as_bytes(), None).unwrap()
}

fn creating() -> Options {
    Options {
        create_sites: true,
        ..Options::default()
    }
}

async fn preview(app: &TestApp, file: &TextFile, options: &Options) -> Preview {
    roster_import::preview(
        app.db.read(),
        &app.secrets,
        app.organisation.id,
        file,
        options,
        app.clock.now(),
    )
    .await
    .unwrap()
}

async fn apply_as(
    app: &TestApp,
    file: &TextFile,
    options: &Options,
    digest: &str,
) -> Result<Applied, ImportError> {
    let (own, now) = (app.organisation.id, app.clock.now());
    let agreed = roster_import::agreed(app.db.read(), &app.secrets, own, file, options, digest, now).await?;
    let tx = app.db.write().await.unwrap();
    let applied = roster_import::apply(&tx, agreed, "cli", now).await?;
    tx.commit().await.unwrap();
    Ok(applied)
}

async fn apply(app: &TestApp, file: &TextFile, options: &Options) -> Preview {
    let seen = preview(app, file, options).await;
    assert!(seen.is_applicable(), "{:?} {:?}", seen.problems, seen.refusals);
    apply_as(app, file, options, &seen.digest).await.unwrap().preview
}

async fn staff(app: &TestApp) -> Vec<staff_member::Model> {
    let mut staff = staff_member::Entity::find().all(app.db.read()).await.unwrap();
    staff.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
    staff
}

async fn assignments(app: &TestApp) -> Vec<assignment::Model> {
    let mut rows = assignment::Entity::find().all(app.db.read()).await.unwrap();
    rows.sort_by_key(|row| row.id);
    rows
}

fn problems(preview: &Preview) -> Vec<String> {
    preview.problems.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_first_roster_makes_sites_people_and_their_managers() {
    let app = TestApp::start().await;
    let file = file(&[
        "E2,Priya,Nair,,Pri;P1,@priya,barista,North / Leeds,E1,priya@example.com,,,",
        "E1,Ruth,Adler,,,,store manager,North / Leeds,,,,,",
    ]);
    let seen = preview(&app, &file, &creating()).await;
    assert_eq!(seen.new_sites, ["North", "North / Leeds"]);
    assert_eq!((seen.added.len(), seen.same), (2, 0));
    assert_eq!(site::Entity::find().count(app.db.read()).await.unwrap(), 0);
    let applied = apply_as(&app, &file, &creating(), &seen.digest).await.unwrap();
    let people = staff(&app).await;
    assert_eq!(people[1].aliases.0, ["Pri", "P1"]);
    let places = assignments(&app).await;
    let priya = places.iter().find(|row| row.staff_id == people[1].id).unwrap();
    assert_eq!(priya.manager_id, Some(people[0].id));
    assert_eq!(
        (priya.starts_on, priya.job_title.as_deref()),
        (None, Some("barista"))
    );
    let row = import::Entity::find_by_id(applied.import)
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.kind.as_str(), row.counts["added"].as_u64()),
        ("roster", Some(2))
    );
    let audited = audit::Entity::find().all(app.db.read()).await.unwrap();
    assert!(audited.iter().any(|line| line.action == "apply_roster"));
    app.end().await;
}

#[tokio::test]
async fn the_same_file_again_changes_nobody() {
    let app = TestApp::start().await;
    let file = file(&[
        "E1,Ruth,Adler,,,,,Leeds,,,,2020-01-01,",
        "E2,Priya,Nair,,a;b,,,Leeds,E1,,,,",
    ]);
    apply(&app, &file, &creating()).await;
    let before = (staff(&app).await, assignments(&app).await);
    app.advance(TimeDelta::days(3));
    let again = apply(&app, &file, &creating()).await;
    assert_eq!((again.same, again.added.len(), again.changed.len()), (2, 0, 0));
    assert_eq!((staff(&app).await, assignments(&app).await), before);
    app.end().await;
}

#[tokio::test]
async fn who_moves_gets_a_new_assignment_and_keeps_the_old_one_until_yesterday() {
    let app = TestApp::start().await;
    apply(&app, &file(&["E1,Ruth,Adler,,,,,Leeds,,,,,"]), &creating()).await;
    let moved = apply(&app, &file(&["E1,Ruth,Adler,,,,boss,York,,,,,"]), &creating()).await;
    let fields: Vec<_> = moved.changed[0]
        .fields
        .iter()
        .map(|change| (change.field, change.to.as_str()))
        .collect();
    assert_eq!(fields, [("site", "York"), ("job_title", "boss")]);
    let rows = assignments(&app).await;
    let days: Vec<_> = rows.iter().map(|row| (row.starts_on, row.ends_on)).collect();
    let day = |text: &str| Some(text.parse().unwrap());
    assert_eq!(days, [(None, day("2026-11-20")), (day("2026-11-21"), None)]);
    // A correction on the same day does not make a third one.
    apply(&app, &file(&["E1,Ruth,Adler,,,,boss,Leeds,,,,,"]), &creating()).await;
    assert_eq!(assignments(&app).await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_column_that_is_not_there_changes_nothing() {
    let app = TestApp::start().await;
    apply(
        &app,
        &file(&["E1,Ruth,Adler,Ruthie,R1,@ruth,boss,Leeds,,r@example.com,123,2020-01-01,"]),
        &creating(),
    )
    .await;
    let short = text("employee_id,given_name,family_name,site\nE1,Ruth,Adler,Leeds\n");
    let seen = apply(&app, &short, &Options::default()).await;
    assert_eq!(seen.same, 1);
    assert_eq!(staff(&app).await[0].preferred_name.as_deref(), Some("Ruthie"));
    app.end().await;
}

#[tokio::test]
async fn somebody_missing_leaves_only_if_the_file_is_complete() {
    let app = TestApp::start().await;
    apply(
        &app,
        &file(&["E1,Ruth,Adler,,,,,Leeds,,,,,", "E2,Priya,Nair,,,,,York,,,,,"]),
        &creating(),
    )
    .await;
    let without_priya = file(&["E1,Ruth,Adler,,,,,Leeds,,,,,"]);
    assert!(
        preview(&app, &without_priya, &Options::default())
            .await
            .leaving
            .is_empty()
    );
    let complete = Options {
        complete: true,
        ..Options::default()
    };
    let seen = preview(&app, &without_priya, &complete).await;
    assert_eq!(seen.leaving[0].employee_id, "E2");
    assert!(
        seen.refusals[0].words("add --allow-leavers").contains(
            "1 of 2 people are not in the file and would leave; if that is right, add --allow-leavers 1"
        ),
        "{:?}",
        seen.refusals
    );
    assert!(matches!(
        apply_as(&app, &without_priya, &complete, &seen.digest).await,
        Err(ImportError::Refused(_))
    ));
    assert_eq!(staff(&app).await[1].ends_on, None);
    let for_leeds = Options {
        site: Some("Leeds".to_owned()),
        ..complete.clone()
    };
    assert!(preview(&app, &without_priya, &for_leeds).await.leaving.is_empty());
    apply(
        &app,
        &without_priya,
        &Options {
            allow_leavers: Some(1),
            ..complete
        },
    )
    .await;
    let yesterday = "2026-11-20".parse().ok();
    assert_eq!(staff(&app).await[1].ends_on, yesterday);
    assert_eq!(assignments(&app).await[1].ends_on, yesterday);
    app.end().await;
}

#[tokio::test]
async fn a_complete_file_for_a_site_ends_those_below_it_too() {
    let app = TestApp::start().await;
    let everyone = [
        "E1,A,A,,,,,North,,,,,",
        "E2,B,B,,,,,North / Leeds,,,,,",
        "E3,C,C,,,,,South,,,,,",
    ];
    apply(&app, &file(&everyone), &creating()).await;
    let options = Options {
        complete: true,
        site: Some("North".into()),
        allow_leavers: Some(9),
        ..Options::default()
    };
    let seen = apply(&app, &file(&everyone[..1]), &options).await;
    let leaving: Vec<&str> = seen
        .leaving
        .iter()
        .map(|person| person.employee_id.as_str())
        .collect();
    assert_eq!(leaving, ["E2"]);
    app.end().await;
}

#[tokio::test]
async fn who_comes_back_gets_an_assignment_from_that_day() {
    let app = TestApp::start().await;
    let (ruth, priya) = ("E1,Ruth,Adler,,,,,Leeds,,,,,", "E2,Priya,Nair,,,,,Leeds,,,,,");
    apply(&app, &file(&[ruth, priya]), &creating()).await;
    let complete = Options {
        complete: true,
        allow_leavers: Some(1),
        ..Options::default()
    };
    apply(&app, &file(&[ruth]), &complete).await;
    app.advance(TimeDelta::days(30));
    apply(&app, &file(&[ruth, priya]), &Options::default()).await;
    assert_eq!(staff(&app).await[1].ends_on, None);
    let rows = assignments(&app).await;
    assert_eq!(rows[2].starts_on, "2026-12-21".parse().ok());
    app.end().await;
}

#[tokio::test]
async fn bad_lines_are_named_and_nothing_is_applied() {
    let app = TestApp::start().await;
    app.site("Leeds", Some(app.site("North", None).await.id)).await;
    app.site("Leeds", Some(app.site("South", None).await.id)).await;
    let file = file(&[
        "E1,Ruth,Adler,,,,,Leeds,,,,,",
        "E2,Priya,Nair,,,,,Bath,E9,,,,",
        "E2,Twin,Nair,,,,,North,,,,,",
        "E3,No,Mail,,,,,North,,ruth at home,,,",
    ]);
    let seen = preview(&app, &file, &Options::default()).await;
    let told = problems(&seen);
    let expected = [
        "line 2, column site: the site \"Leeds\" is ambiguous; give its path: North / Leeds, South / Leeds",
        "line 3, column site: there is no site \"Bath\"; make it first, or have missing sites made",
        "line 3, column manager_employee_id: nobody \"E9\" is in the file or on the roster",
        "line 4, column employee_id: employee_id E2 stands on line 3 already",
        "line 5, column email: is no mail address",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
    }
    let version = |row: Option<organisation::Model>| row.unwrap().roster_version;
    let before = organisation::Entity::find().one(app.db.read()).await.unwrap();
    assert!(matches!(
        apply_as(&app, &file, &Options::default(), &seen.digest).await,
        Err(ImportError::Refused(_))
    ));
    let after = organisation::Entity::find().one(app.db.read()).await.unwrap();
    assert_eq!(version(after), version(before));
    assert!(staff(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn a_file_makes_no_site_below_a_closed_one() {
    let app = TestApp::start().await;
    let north = format!("/v1/sites/{}", app.site("North", None).await.id);
    let close = Some(json!({"closed": true}));
    app.call(Method::PATCH, &north, Some(&app.key), close)
        .await
        .expect(200);
    let file = file(&["E1,Ruth,Adler,,,,,North / Leeds,,,,,"]);
    let seen = preview(&app, &file, &creating()).await;
    let told = "line 2, column site: the site \"North\" is closed; reopen it first";
    assert_eq!(problems(&seen), [told]);
    app.end().await;
}

#[tokio::test]
async fn a_circle_of_managers_is_refused_even_through_people_who_are_not_in_the_file() {
    let app = TestApp::start().await;
    apply(
        &app,
        &file(&["E1,A,A,,,,,L,,,,,", "E2,B,B,,,,,L,E1,,,,", "E3,C,C,,,,,L,E2,,,,"]),
        &creating(),
    )
    .await;
    let seen = preview(&app, &file(&["E1,A,A,,,,,L,E3,,,,"]), &Options::default()).await;
    let told = problems(&seen);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("line 2, column manager_employee_id: this makes a circle of managers"),
        "{told:?}"
    );
    app.end().await;
}

#[tokio::test]
async fn what_was_agreed_to_is_applied_or_nothing() {
    let app = TestApp::start().await;
    let one = file(&["E1,Ruth,Adler,,,,,,,,,,"]);
    let seen = preview(&app, &one, &Options::default()).await;
    let other = file(&["E1,Ruth,Addler,,,,,,,,,,"]);
    let stale = |result: Result<Applied, ImportError>| matches!(result, Err(ImportError::Stale { .. }));
    assert!(stale(
        apply_as(&app, &other, &Options::default(), &seen.digest).await
    ));
    assert!(stale(apply_as(&app, &one, &creating(), &seen.digest).await));
    app.person("Bob", "B", None, None).await;
    assert!(stale(
        apply_as(&app, &one, &Options::default(), &seen.digest).await
    ));
    assert_eq!(staff(&app).await.len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_file_from_a_western_spreadsheet_is_understood() {
    let app = TestApp::start().await;
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend_from_slice(b"\nE1,Zo\xeb,Fran\xe7ois,,,,,Caf\xe9,,,,,\n");
    let file = TextFile::from_bytes("r.csv", &bytes, None).unwrap();
    let seen = apply(&app, &file, &creating()).await;
    assert_eq!(seen.encoding, "windows-1252");
    assert_eq!(staff(&app).await[0].given_name, "Zoë");
    app.end().await;
}

#[tokio::test]
async fn fifty_thousand_people_are_taken_in_batches() {
    // A tenth here; the figure for 50,000 comes from `./dev bench import`.
    let app = TestApp::start().await;
    let lines: Vec<String> = (0..5_000)
        .map(|n| {
            format!(
                "E{n},Given{n},Family{n},,,,,Region {} / Shop {},{},,,,",
                n % 10,
                n % 200,
                manager_of(n)
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let seen = apply(&app, &file(&lines), &creating()).await;
    assert_eq!((seen.added.len(), seen.new_sites.len()), (5_000, 210));
    assert_eq!(
        assignment::Entity::find().count(app.db.read()).await.unwrap(),
        5_000
    );
    app.end().await;
}

fn manager_of(n: usize) -> String {
    if n == 0 {
        String::new()
    } else {
        format!("E{}", n / 10)
    }
}

#[tokio::test]
async fn a_stale_file_is_refused_without_waiting_for_the_connection_that_writes() {
    let app = TestApp::start().await;
    let file = file(&["E1,Ruth,Adler,,,,,Leeds,,,,,"]);
    let (own, now) = (app.organisation.id, app.clock.now());
    let writing = app.db.write().await.unwrap();
    let agreed = roster_import::agreed(
        app.db.read(),
        &app.secrets,
        own,
        &file,
        &creating(),
        "0123456789abcdef",
        now,
    )
    .await;
    assert!(matches!(agreed, Err(ImportError::Stale { .. })));
    drop(writing);
    app.end().await;
}

#[tokio::test]
async fn a_roster_that_changed_after_the_file_was_read_is_left_alone() {
    let app = TestApp::start().await;
    let file = file(&["E1,Ruth,Adler,,,,,Leeds,,,,,"]);
    let (own, now) = (app.organisation.id, app.clock.now());
    let seen = preview(&app, &file, &creating()).await;
    let agreed = roster_import::agreed(
        app.db.read(),
        &app.secrets,
        own,
        &file,
        &creating(),
        &seen.digest,
        now,
    )
    .await
    .unwrap();
    app.person("Omar", "Haddad", None, None).await;
    let tx = app.db.write().await.unwrap();
    let applied = roster_import::apply(&tx, agreed, "cli", now).await;
    assert!(matches!(applied, Err(ImportError::Stale { .. })));
    tx.rollback().await.unwrap();
    assert_eq!(staff(&app).await.len(), 1);
    app.end().await;
}
