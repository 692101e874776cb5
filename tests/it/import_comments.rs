//! Comment files: looked through, taken in, taken back.
use chrono::TimeDelta;
use entity::{comment, comment_revision, recognition};
use plaudit::{
    capture::{
        draft::Scale,
        import::{self, CommentFile, ImportError, Notify, Options, Outcome, Preview, columns::Field, undo},
        source,
    },
    platform::text_file::TextFile,
};
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::support::TestApp;

async fn open(app: &TestApp, content: &str, options: &Options) -> Result<CommentFile, ImportError> {
    let file = TextFile::from_bytes("comments.csv", content.as_bytes(), None).unwrap();
    let source = source::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    CommentFile::open(app.db.read(), &source, file, options, app.clock.now()).await
}

async fn preview(app: &TestApp, content: &str, options: &Options) -> Result<Preview, ImportError> {
    open(app, content, options).await?.preview()
}

async fn run(app: &TestApp, content: &str, options: &Options) -> (Outcome, String) {
    let file = open(app, content, options).await.unwrap();
    let mut rejects = Vec::new();
    let outcome = import::run(&app.db, &app.clock, &file, "cli", &mut rejects, &mut |_| {})
        .await
        .unwrap();
    (outcome, String::from_utf8(rejects).unwrap())
}

async fn comments(app: &TestApp) -> Vec<comment::Model> {
    let mut comments = comment::Entity::find().all(app.db.read()).await.unwrap();
    comments.sort_by_key(|comment| comment.id);
    comments
}

#[tokio::test]
async fn an_export_of_scores_is_taken_in_and_credited() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let priya = app.person("Priya", "Nair", Some(leeds.id), None).await;
    let content = "Response ID,NPS score,Comment,Store,Created at,Name\n\
        r1,10,\"Priya was wonderful, thank you Priya!\",Leeds,2026-11-20T10:00:00Z,Ann\n\
        r2,7,,Leeds,2026-11-20T10:00:00Z,Bob\n";
    let seen = preview(&app, content, &Options::default()).await.unwrap();
    assert_eq!((seen.lines, seen.comments, seen.blank, seen.told), (2, 1, 1, 1));
    assert_eq!(seen.scale, Some(Scale::Nps));
    assert_eq!(comment::Entity::find().count(app.db.read()).await.unwrap(), 0);
    let (outcome, rejects) = run(&app, content, &Options::default()).await;
    assert_eq!((outcome.added, outcome.blank, rejects.as_str()), (1, 1, ""));
    app.work().await;
    let credited = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(credited[0].staff_id, Some(priya.id));
    let row = import::log::get(app.db.read(), app.organisation.id, outcome.import)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.counts["added"], 1);
    assert!(row.finished_at.is_some());
    app.end().await;
}

#[tokio::test]
async fn the_same_file_again_adds_nothing_even_without_ids() {
    let app = TestApp::start().await;
    let content = "comment\nLovely place\nLovely place\n";
    let (first, _) = run(&app, content, &Options::default()).await;
    app.advance(TimeDelta::hours(1));
    let (again, _) = run(&app, content, &Options::default()).await;
    assert_eq!((first.added, again.added, again.same), (2, 0, 2));
    let (longer, _) = run(&app, &format!("{content}Another\n"), &Options::default()).await;
    assert_eq!((longer.added, longer.same), (1, 2));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn other_words_under_a_known_id_are_a_revision() {
    let app = TestApp::start().await;
    run(&app, "id,comment\n1,Good\n", &Options::default()).await;
    app.advance(TimeDelta::hours(1));
    let (again, _) = run(&app, "id,comment\n1,Very good\n", &Options::default()).await;
    assert_eq!((again.added, again.revised), (0, 1));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn lines_of_one_file_that_speak_of_the_same_comment_follow_each_other() {
    let app = TestApp::start().await;
    let content = "id,comment\n1,Good\n1,Very good\n2,Fine\n1,Very good\n1,Best\n";
    let (outcome, _) = run(&app, content, &Options::default()).await;
    assert_eq!((outcome.added, outcome.revised, outcome.same), (2, 2, 1));
    app.work().await;
    let mut revisions: Vec<i32> = comments(&app)
        .await
        .iter()
        .map(|comment| comment.revision)
        .collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 3]);
    app.end().await;
}

#[tokio::test]
async fn bad_lines_go_to_the_rejects_with_number_and_reason() {
    let app = TestApp::start().await;
    app.site("Leeds", None).await;
    let long = "x".repeat(20_001);
    let content = format!(
        "comment,nps,site,date\n\
         Fine,9,Leeds,2026-11-20T10:00:00Z\n\
         Off the scale,11,Leeds,2026-11-20T10:00:00Z\n\
         Elsewhere,9,Bath,2026-11-20T10:00:00Z\n\
         No score,many,Leeds,2026-11-20T10:00:00Z\n\
         Too late,9,Leeds,2027-11-20T10:00:00Z\n\
         Too early,9,Leeds,1999-12-31T10:00:00Z\n\
         No time,9,Leeds,\n\
         Not a time,9,Leeds,soon\n\
         {long},9,Leeds,2026-11-20T10:00:00Z\n\
         too,few\n\
         \"two\nlines\",9,Leeds,2026-11-20T10:00:00Z\n\
         After,12,Leeds,2026-11-20T10:00:00Z\n"
    );
    let (outcome, rejects) = run(&app, &content, &Options::default()).await;
    assert_eq!((outcome.added, outcome.rejected), (2, 10));
    let numbers: Vec<&str> = rejects
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(numbers, ["3", "4", "5", "6", "7", "8", "9", "10", "11", "14"]);
    assert!(rejects.contains("there is no site \"\"Bath\"\""), "{rejects}");
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn what_only_the_caller_can_know_is_asked_for_before_anything_is_stored() {
    let app = TestApp::start().await;
    let options = Options::default();
    let needs = |content: &'static str| {
        let (app, options) = (&app, &options);
        async move { preview(app, content, options).await.unwrap_err().to_string() }
    };
    assert!(
        needs("comment,date\nGood,2026-11-20 10:00\n")
            .await
            .contains("--time-zone")
    );
    assert!(
        needs("comment,date\nGood,03/04/2026 10:00\n")
            .await
            .contains("--date-format")
    );
    assert!(needs("comment,score\nGood,5\n").await.contains("--scale"));
    assert!(needs("a,b\nGood,5\n").await.contains("--column text="));
    assert!(needs("").await.contains("empty"));
    let said = Options {
        columns: vec![(Field::Text, "Q2 comment".to_owned())],
        scale: Some(Scale::Stars),
        time_zone: Some(chrono_tz::Europe::Berlin),
        date_format: Some("dmy".parse().unwrap()),
        ..Options::default()
    };
    let (outcome, _) = run(&app, "Q2 comment;Score;Datum\nGut;4,5;03/11/2026 10:00\n", &said).await;
    assert_eq!(outcome.added, 1);
    assert_eq!(
        comments(&app).await[0].occurred_at.to_rfc3339(),
        "2026-11-03T09:00:00+00:00"
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn old_comments_are_told_to_nobody_unless_it_is_said() {
    let app = TestApp::start().await;
    let content = "comment,date\nNew,2026-11-20T10:00:00Z\nOld,2026-01-20T10:00:00Z\n";
    assert_eq!(preview(&app, content, &Options::default()).await.unwrap().told, 1);
    let now = Options {
        notify: Notify::Now,
        ..Options::default()
    };
    assert_eq!(preview(&app, content, &now).await.unwrap().told, 2);
    let digest = Options {
        notify: Notify::Digest,
        ..Options::default()
    };
    run(&app, content, &digest).await;
    assert!(
        comments(&app)
            .await
            .iter()
            .all(|comment| comment.tell == comment::Tell::Digest)
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn formulas_stay_text_and_are_mentioned() {
    let app = TestApp::start().await;
    let content = "comment\n\"=HYPERLINK(\"\"x\"\")\"\n+1 for Ann\n@ann is great\n";
    assert_eq!(
        preview(&app, content, &Options::default())
            .await
            .unwrap()
            .formula_cells,
        3
    );
    run(&app, content, &Options::default()).await;
    let words = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        words
            .iter()
            .any(|words| words.text.as_deref() == Some("=HYPERLINK(\"x\")"))
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn one_line_in_another_encoding_is_rejected_alone() {
    let app = TestApp::start().await;
    let bytes = ["comment\nZoë and José\n".as_bytes(), b"Jos\xe9\n"].concat();
    let file = TextFile::from_bytes("c.csv", &bytes, None).unwrap();
    let source = source::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    let opened = CommentFile::open(app.db.read(), &source, file, &Options::default(), app.clock.now()).await;
    let seen = opened.unwrap().preview().unwrap();
    assert_eq!((seen.comments, seen.rejects[0].line), (1, 3));
    assert!(
        seen.rejects[0].reason.contains("UTF-8"),
        "{}",
        seen.rejects[0].reason
    );
    app.end().await;
}

#[tokio::test]
async fn an_import_is_undone_with_its_credits_and_can_be_read_another_way() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    app.person("Priya", "Nair", Some(leeds.id), None).await;
    let content = "id,comment,site\n1,\"Priya was wonderful, thank you Priya!\",Leeds\n2,Nice,\n";
    run(&app, "id,comment\n2,Nice\n", &Options::default()).await;
    app.advance(TimeDelta::hours(1));
    let (outcome, _) = run(&app, content, &Options::default()).await;
    app.work().await;
    let withdrawn = undo::undo(&app.db, &app.clock, app.organisation.id, outcome.import, "cli")
        .await
        .unwrap();
    assert_eq!(withdrawn, 1);
    let credited = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert!(credited[0].withdrawn_at.is_some());
    let words = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        !words
            .iter()
            .any(|words| words.text.as_deref().is_some_and(|text| text.contains("Priya")))
    );
    let row = import::log::get(app.db.read(), app.organisation.id, outcome.import)
        .await
        .unwrap()
        .unwrap();
    assert!(row.undone_at.is_some());
    let twice = undo::undo(&app.db, &app.clock, app.organisation.id, outcome.import, "cli").await;
    assert!(matches!(twice, Err(ImportError::CannotUndo(_))));
    let (again, _) = run(&app, content, &Options::default()).await;
    assert_eq!((again.added, again.same), (1, 1));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_paused_source_takes_nothing_in() {
    let app = TestApp::start().await;
    let found = source::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    let tx = app.db.write().await.unwrap();
    let pause = source::SourcePatch {
        paused: Some(true),
        ..source::SourcePatch::default()
    };
    source::update(&tx, app.organisation.id, found.id, pause, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        preview(&app, "comment\nx\n", &Options::default()).await,
        Err(ImportError::Paused(_))
    ));
    assert_eq!(
        entity::import::Entity::find().count(app.db.read()).await.unwrap(),
        0
    );
    app.end().await;
}
