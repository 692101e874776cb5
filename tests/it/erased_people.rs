//! A former employee is erased: nothing names them any more, counts stay, and nobody brings them back unnoticed.
use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use entity::{
    account, answer, assignment, audit, delivery, deputy, grant::Role, json::Words, name_answer, notice,
    promise, recognition, rule, scim_user, session, shift, staff_member, unmet_name,
};
use futures_util::TryStreamExt;
use plaudit::{
    ledger::rebuild,
    platform::text_file::TextFile,
    record::erase,
    record::stored::{Head, Whose, lines, pieces},
    roster::{
        erased,
        import::{self, Options},
    },
};
use poem::http::Method;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

/// Stands in everything that names the one who is erased.
const SENTINEL: &str = "zebra";
/// What customers wrote, and the words by which it is found: theirs, and not the person's.
const WORDS_OF_CUSTOMERS: [&str; 3] = [
    "comment_revision.text",
    "comment_search.words",
    "comment_revision.hint",
];
/// Columns in which ids of theirs stay, of rows that name nobody, and why.
const IDS_STAY: &[(&str, &str)] = &[
    ("staff_member.id", "the row without a name, which counts refer to"),
    (
        "account.id",
        "the row without an address, which the audit log refers to",
    ),
    (
        "assignment.staff_id",
        "where and for whom they worked on a day decides in which counter praise stands",
    ),
    ("assignment.manager_id", "the same of those who reported to them"),
    ("board_absence.staff_id", "keeps them off boards"),
    ("recognition.staff_id", "that somebody was thanked"),
    ("recognition_count.staff_id", "counts"),
    ("team_count.staff_id", "counts"),
    ("verdict.staff_id", "that somebody was meant"),
    ("verdict.actor", "who did what"),
    ("promise.recognition_id", "how praise ended"),
    ("passed_on.recognition_id", "that praise was passed on"),
    ("passed_on.account_id", "who did what"),
    ("decision.actor", "who did what"),
    ("notice_recognition.recognition_id", "that others were told"),
    (
        "notice_recognition.reader_id",
        "that nobody is told of others' praise again",
    ),
    ("notice.reader_id", "that nobody is told of others' praise again"),
    ("notice.reason", "that others were told"),
    ("delivery.account_id", "the same"),
    (
        "comment.logged_by",
        "praise that a colleague wrote down is counted apart",
    ),
    ("comment.logged_by_staff", "the same"),
    (
        "name_answer.staff_id",
        "whose a name was said to be, without the name",
    ),
    ("spot_check.candidates", "who was offered"),
    ("spot_check.staff_id", "what people answered of a credit"),
    ("unmet_name.nearest", "ids, until the words are erased"),
    ("audit.actor", "who did what"),
    ("audit.subject_id", "who did what"),
    ("audit.detail", "who did what"),
    ("deputy.absent_id", "who had whose praise on a day"),
    ("deputy.deputy_id", "the same"),
    ("rule.staff_id", "whom an ended rule told, without its name"),
    ("wall_link.created_by", "who did what"),
    ("key.created_by", "who did what"),
    ("sign_in_link.created_by", "who did what, until it is over"),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Zelda Zebra is thanked, heard of it, replied, wrote praise down and signed in; she left yesterday.
async fn lived(shop: &Shop, words: &str) -> (account::Model, String) {
    let app = &shop.app;
    let zelda = shop.priya.id;
    app.change_person(zelda, |row| {
        row.employee_id = Set("zebra-7".to_owned());
        row.given_name = Set("Zebragiven".to_owned());
        row.family_name = Set("Zebrafamily".to_owned());
        row.preferred_name = Set(Some("Zebraknown".to_owned()));
        row.aliases = Set(Words(vec!["Zebraalias".to_owned()]));
        row.handles = Set(Words(vec!["zebrahandle".to_owned()]));
        row.email = Set(Some("zebra@example.org".to_owned()));
        row.phone = Set(Some("zebra 030".to_owned()));
        row.starts_on = Set(Some(day("2020-01-01")));
    })
    .await;
    raise_version(app).await;
    let said = json!({"text": words, "site": "Leeds", "consent": "public", "staff_reference": "zebra-7",
        "author": { "name": "Clara Customer", "contact": "clara@example.com" }});
    let id = shop.send(said).await;
    shop.send(json!({"text": "What a lovely evening, thank you Tomasz Wilk!", "site": "Leeds"}))
        .await;
    app.work().await;
    app.give_receipt(id).await;
    let account = app.signing_in(zelda).await;
    let cookie = app.sign_in(&account).await;
    app.form_as(
        &cookie,
        "/me",
        &[
            ("frequency", "at_once"),
            ("own_praise", "yes"),
            ("time_zone", "Europe/Berlin"),
            ("on_boards", "yes"),
            ("looked_at_first", "yes"),
        ],
    )
    .await
    .expect(303);
    let praise = recognition::Entity::find()
        .filter(recognition::Column::StaffId.eq(zelda))
        .one(app.db.read())
        .await
        .unwrap()
        .expect("she was thanked");
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let pass_on = format!("/desk/praise/{}/pass-on", praise.id);
    app.form_as(&ruth, &pass_on, &[("how", "told"), ("note", "Zebraknown beamed")])
        .await
        .expect(303);
    app.form_as(
        &cookie,
        &format!("/feed/praise/{}/answer", praise.id),
        &[("answer", "Yours, Zebraknown")],
    )
    .await
    .expect(303);
    let spoken = [("words", "Tomasz Wilk was so kind, she said"), ("way", "phone")];
    app.form_as(&cookie, "/spoken", &spoken).await.expect(303);
    app.work().await;
    more(shop, zelda).await;
    app.leaves(zelda, day("2026-11-20")).await;
    app.work().await;
    (account, cookie)
}

/// Has the indices in memory read anew what was changed behind their back.
async fn raise_version(app: &TestApp) {
    let sql = "UPDATE organisation SET roster_version = roster_version + 1";
    app.db.writer().execute_unprepared(sql).await.unwrap();
    let sql = "UPDATE staff_member SET changed_in_version = (SELECT max(roster_version) FROM organisation)";
    app.db.writer().execute_unprepared(sql).await.unwrap();
}

/// What only imports, directories and rotas write.
async fn more(shop: &Shop, zelda: Uuid) {
    let (app, own) = (&shop.app, shop.app.organisation.id);
    let now = app.clock.now();
    let tx = app.db.write().await.unwrap();
    assignment::Entity::update_many()
        .col_expr(
            assignment::Column::JobTitle,
            sea_orm::sea_query::Expr::value("Zebrakeeper"),
        )
        .filter(assignment::Column::StaffId.eq(zelda))
        .exec(&tx)
        .await
        .unwrap();
    let directory = |staff: Uuid, name: &str, manager: Option<&str>| scim_user::ActiveModel {
        staff_id: Set(staff),
        organisation_id: Set(own),
        user_name: Set(Some(name.to_owned())),
        external_id: Set(Some(format!("ext-{name}"))),
        manager: Set(manager.map(str::to_owned)),
        active: Set(true),
        document: Set(json!({
            "userName": name,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                manager.map_or(json!({}), |manager| json!({ "manager": { "value": manager, "displayName": "Zebraknown" } })),
        })),
        created_at: Set(now),
        changed_at: Set(now),
        ended_at: Set(None),
    };
    directory(zelda, "zebra@corp.example", None)
        .insert(&tx)
        .await
        .unwrap();
    directory(shop.lena.id, "lena@corp.example", Some("zebra@corp.example"))
        .insert(&tx)
        .await
        .unwrap();
    name_answer::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(own),
        site_id: Set(shop.leeds.id),
        name_id: Set(Uuid::now_v7()),
        staff_id: Set(Some(zelda)),
        name: Set(Some("Zebranick".to_owned())),
        starts_on: Set(None),
        ends_on: Set(None),
        actor: Set("cli".to_owned()),
        created_at: Set(now),
        undone_at: Set(None),
        undone_by: Set(None),
        to_read: Set(0),
        read: Set(0),
        credited: Set(0),
        finished_at: Set(Some(now)),
    }
    .insert(&tx)
    .await
    .unwrap();
    for (absent, stands_in) in [(zelda, shop.ruth.id), (shop.ruth.id, zelda)] {
        let row = deputy::ActiveModel {
            id: Set(Uuid::now_v7()),
            organisation_id: Set(own),
            absent_id: Set(absent),
            deputy_id: Set(stands_in),
            starts_on: Set(day("2026-11-01")),
            ends_on: Set(day("2026-11-03")),
            given_by: Set("cli".to_owned()),
            created_at: Set(now),
            taken_back_at: Set(None),
            next_at: Set(None),
        };
        row.insert(&tx).await.unwrap();
    }
    let told = rule::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(own),
        name: Set("Zebraknown hears of all".to_owned()),
        who: Set(rule::Who::Person),
        staff_id: Set(Some(zelda)),
        channel_id: Set(None),
        at_once: Set(false),
        source_id: Set(None),
        score_from: Set(None),
        language: Set(None),
        nth: Set(None),
        created_by: Set("cli".to_owned()),
        created_at: Set(now),
        ended_at: Set(None),
    };
    told.insert(&tx).await.unwrap();
    // More than one set.
    let shifts = (0..450).map(|number| shift::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(own),
        site_id: Set(shop.leeds.id),
        staff_id: Set(zelda),
        post: Set(Some("zebra crossing".to_owned())),
        day: Set(day("2026-11-01")),
        starts_at: Set(now - TimeDelta::hours(number * 24 + 8)),
        ends_at: Set(now - TimeDelta::hours(number * 24)),
        breaks: Set(entity::json::Breaks::default()),
        created_at: Set(now),
    });
    shift::Entity::insert_many(shifts)
        .exec_without_returning(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Columns in which the sentinel stands, in capitals or not.
async fn found_in(app: &TestApp) -> BTreeSet<String> {
    let backend = app.db.writer().get_database_backend();
    let columns = match backend {
        DbBackend::Sqlite => {
            "SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'comment_search_index%'"
        }
        _ => {
            "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns
             WHERE table_schema = 'public'"
        }
    };
    let mut found = BTreeSet::new();
    for row in app.rows(columns).await {
        let (table, column): (String, String) =
            (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
        let text = match backend {
            DbBackend::Sqlite => format!("CAST(\"{column}\" AS TEXT)"),
            _ => format!(
                "CASE WHEN pg_typeof(\"{column}\") = 'bytea'::regtype THEN encode(\"{column}\"::text::bytea, 'escape') \
                 ELSE \"{column}\"::text END"
            ),
        };
        let sql = format!("SELECT 1 AS n FROM \"{table}\" WHERE lower({text}) LIKE '%{SENTINEL}%' LIMIT 1");
        if !app.rows(&sql).await.is_empty() {
            found.insert(format!("{table}.{column}"));
        }
    }
    found
}

/// Every column of the person's file in which rows are left.
async fn columns_left(app: &TestApp, staff: Uuid, account: Uuid) -> (BTreeSet<String>, String) {
    let whose = Whose {
        organisation: app.organisation.id,
        account,
        staff: Some(staff),
        employee_id: Some("zebra-7".to_owned()),
    };
    let head = Head {
        organisation: "Shop".to_owned(),
        name: "Nobody".to_owned(),
        at: app.clock.now(),
    };
    let parts: Vec<Vec<u8>> = pieces(app.db.clone(), whose, head).try_collect().await.unwrap();
    let file: Value = serde_json::from_slice(&parts.concat()).unwrap();
    let rows = file["rows"].as_object().unwrap();
    let left = rows
        .iter()
        .filter(|(_, rows)| !rows.as_array().unwrap().is_empty());
    (
        left.map(|(name, _)| name.clone()).collect(),
        file["rows"].to_string(),
    )
}

impl TestApp {
    async fn erase(&self, staff: Uuid) -> crate::support::Answer {
        self.call(
            Method::DELETE,
            &format!("/v1/staff/{staff}"),
            Some(&self.key),
            None,
        )
        .await
    }

    async fn person_row(&self, staff: Uuid) -> staff_member::Model {
        let found = staff_member::Entity::find_by_id(staff).one(self.db.read()).await;
        found.unwrap().unwrap()
    }
}

#[tokio::test]
async fn after_an_erasure_no_column_names_the_person_and_counts_stay() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let zelda = shop.priya.id;
    let (account, _) = lived(
        &shop,
        "Zebraknown Zebrafamily was so kind and helpful, thank you Zebraknown!",
    )
    .await;
    let before = found_in(app).await;
    for named in [
        "staff_member.employee_id",
        "staff_member.aliases",
        "assignment.job_title",
        "scim_user.document",
        "scim_user.manager",
        "name_answer.name",
        "answer.text",
        "passed_on.note",
        "comment_revision.staff_reference",
        "comment_revision.metadata",
        "shift.post",
        "rule.name",
    ] {
        assert!(before.contains(named), "{named} is not in {before:?}");
    }
    let path = format!("/v1/board?team={}&period=all", shop.ruth.id);
    let board = app.get(&path).await.expect(200);
    let counted = recognition::Entity::find().count(app.db.read()).await.unwrap();
    app.erase(zelda).await.expect(202);
    app.work().await;
    let left: Vec<String> = found_in(app)
        .await
        .into_iter()
        .filter(|column| !WORDS_OF_CUSTOMERS.contains(&column.as_str()))
        .collect();
    assert_eq!(left, [""; 0]);
    let (columns, text) = columns_left(app, zelda, account.id).await;
    let stays: BTreeSet<&str> = IDS_STAY.iter().map(|(name, _)| *name).collect();
    let more: Vec<&String> = columns
        .iter()
        .filter(|name| !stays.contains(name.as_str()))
        .collect();
    assert!(
        more.is_empty(),
        "erase these in src/record/erase.rs, or say why they stay: {more:?}"
    );
    assert!(!text.to_lowercase().contains(SENTINEL), "{text}");
    let known: BTreeSet<String> = lines().iter().map(plaudit::record::stored::Line::name).collect();
    assert!(stays.iter().all(|name| known.contains(*name)), "{known:?}");
    assert_eq!(
        session::Entity::find()
            .filter(session::Column::AccountId.eq(account.id))
            .count(app.db.read())
            .await
            .unwrap(),
        0
    );
    assert_eq!(answer::Entity::find().count(app.db.read()).await.unwrap(), 0);
    // Counts.
    assert_eq!(
        recognition::Entity::find().count(app.db.read()).await.unwrap(),
        counted
    );
    let check = rebuild::rebuild(&app.db, app.organisation.id, true, app.clock.now())
        .await
        .unwrap();
    assert_eq!(check.differing, 0, "{:?}", check.differences);
    let after = app.get(&path).await.expect(200);
    assert!(!after.text.contains(&zelda.to_string()) && board.text.contains(&zelda.to_string()));
    let open = promise::Entity::find()
        .filter(promise::Column::NextAt.is_not_null())
        .all(app.db.read())
        .await
        .unwrap();
    assert!(
        open.iter().all(|one| one.account_id != Some(account.id)),
        "{open:?}"
    );
    // The log keeps ids alone, and that it was done.
    let done = audit::Entity::find()
        .filter(audit::Column::SubjectId.eq(zelda.to_string()))
        .filter(audit::Column::Action.is_in(["erase_staff_member", "finish_erasure"]))
        .count(app.db.read())
        .await
        .unwrap();
    assert_eq!(done, 2);
    shop.app.end().await;
}

#[tokio::test]
async fn the_erased_are_in_no_byte_of_the_data_once_no_customer_names_them() {
    let shop = Shop::open().await;
    let app = &shop.app;
    lived(&shop, "She was so kind and helpful, thank you so much!").await;
    app.erase(shop.priya.id).await.expect(202);
    app.work().await;
    assert_eq!(found_in(app).await, BTreeSet::new());
    if app.db.is_sqlite() {
        app.db.tidy().await.unwrap();
        let file = app.config.database.file().unwrap();
        let mut looked = 0;
        for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_file() {
                continue;
            }
            looked += 1;
            let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
            let holds = bytes
                .windows(SENTINEL.len())
                .any(|part| part == SENTINEL.as_bytes());
            assert!(!holds, "{}", path.display());
        }
        assert!(looked > 0);
    } else {
        app.db.writer().execute_unprepared("VACUUM").await.unwrap();
        assert_eq!(found_in(app).await, BTreeSet::new());
    }
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_works_here_is_not_erased_and_a_second_erasure_does_nothing() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let refused = app.erase(shop.priya.id).await.expect(409);
    assert!(
        refused.at("/detail").contains("give them a last day first"),
        "{}",
        refused.text
    );
    assert_eq!(app.person_row(shop.priya.id).await.erased_at, None);
    app.leaves(shop.priya.id, day("2026-11-21")).await;
    app.erase(shop.priya.id).await.expect(409);
    app.advance(TimeDelta::days(1));
    app.erase(shop.priya.id).await.expect(202);
    app.work().await;
    let first = app.person_row(shop.priya.id).await;
    app.advance(TimeDelta::days(1));
    app.erase(shop.priya.id).await.expect(202);
    app.work().await;
    assert_eq!(app.person_row(shop.priya.id).await.erased_at, first.erased_at);
    app.erase(Uuid::nil()).await.expect(404);
    let patch = json!({ "given_name": "Again" });
    let path = format!("/v1/staff/{}", shop.priya.id);
    let refused = app
        .call(Method::PATCH, &path, Some(&app.key), Some(patch))
        .await
        .expect(409);
    assert!(refused.at("/detail").contains("erased"), "{}", refused.text);
    shop.app.end().await;
}

#[tokio::test]
async fn no_import_page_program_or_directory_brings_the_erased_back_before_they_are_let_in() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.leaves(shop.priya.id, day("2026-11-20")).await;
    app.erase(shop.priya.id).await.expect(202);
    app.work().await;
    let csv = "employee_id,given_name,family_name,site\n PRIYA ,Priya,Nair,Leeds\nnew,New,Person,Leeds\n";
    let file = TextFile::from_bytes("roster.csv", csv.as_bytes(), None).unwrap();
    let now = app.clock.now();
    let own = app.organisation.id;
    let look = || async {
        import::preview(app.db.read(), &app.secrets, own, &file, &Options::default(), now)
            .await
            .unwrap()
    };
    let seen = look().await;
    assert!(!seen.is_applicable());
    assert_eq!(seen.problems.len(), 1, "{:?}", seen.problems);
    assert!(
        seen.problems[0]
            .to_string()
            .contains("was erased as a former employee"),
        "{}",
        seen.problems[0]
    );
    let new = json!({ "employee_id": "priya", "given_name": "Priya", "family_name": "Nair" });
    let refused = app.post("/v1/staff", new.clone()).await.expect(409);
    assert!(
        refused.at("/detail").contains("plaudit person readmit"),
        "{}",
        refused.text
    );
    let admin = app
        .account_with("boss@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    let typed = [
        ("employee_id", "priya"),
        ("given_name", "Priya"),
        ("family_name", "Nair"),
        ("site", "Leeds"),
        ("from", "2026-11-21"),
    ];
    let page = app.form_as(&cookie, "/people/add", &typed).await.expect(422);
    assert!(page.text.contains("was erased"), "{}", page.text);
    let scim = app.key_for(&[plaudit::access::Scope::Scim]).await;
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "priya",
        "name": { "givenName": "Priya", "familyName": "Nair" } });
    let refused = app
        .call(Method::POST, "/scim/v2/Users", Some(&scim), Some(user))
        .await;
    assert!(
        refused.status.is_client_error() && refused.text.contains("erased"),
        "{}",
        refused.text
    );
    // Hired again.
    let tx = app.db.write().await.unwrap();
    assert!(
        erased::readmit(&tx, &app.secrets, own, "priya", "cli", now)
            .await
            .unwrap()
    );
    assert!(
        !erased::readmit(&tx, &app.secrets, own, "priya", "cli", now)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert!(look().await.is_applicable());
    let made = app.post("/v1/staff", new).await.expect(201);
    assert_ne!(made.at("/id"), shop.priya.id.to_string());
    shop.app.end().await;
}

#[tokio::test]
async fn where_a_name_would_stand_it_says_a_former_colleague_in_every_language() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.send(json!({"text": PRAISE, "site": "Leeds", "consent": "public"}))
        .await;
    app.work().await;
    app.leaves(shop.priya.id, day("2026-11-20")).await;
    let admin = app
        .account_with("boss@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    let asks = app
        .page_as(&cookie, &format!("/people/{}", shop.priya.id))
        .await
        .expect(200);
    let erase = format!("/people/{}/erase", shop.priya.id);
    assert!(asks.text.contains(&erase), "{}", asks.text);
    let asks = app.page_as(&cookie, &erase).await.expect(200);
    assert!(
        asks.text.contains("Messages with “Priya Nair”") && asks.text.contains("Erase for good"),
        "{}",
        asks.text
    );
    app.form_as(&cookie, &erase, &[]).await.expect(303);
    app.work().await;
    let former = [
        ("en", "a former colleague"),
        ("de", "ein früheres Teammitglied"),
        ("fr", "une personne qui a quitté l’équipe"),
        ("es", "alguien que ya no está en el equipo"),
    ];
    for (language, said) in former {
        for path in [
            format!("/feed/site/{}", shop.leeds.id),
            format!("/people/{}", shop.priya.id),
        ] {
            let page = app
                .page_as(&cookie, &format!("{path}?lang={language}"))
                .await
                .expect(200);
            assert!(page.text.contains(said), "{path} in {language}: {}", page.text);
            assert!(!page.text.contains('\u{e0f0}'), "{path}");
        }
    }
    let list = app.get("/v1/recognitions").await.expect(200);
    assert!(
        list.text.contains("a former colleague") && !list.text.contains('\u{e0f0}'),
        "{}",
        list.text
    );
    let people = app.page_as(&cookie, "/people?show=left").await.expect(200);
    assert!(
        !people.text.contains(&shop.priya.id.to_string()),
        "{}",
        people.text
    );
    assert_eq!(unmet_name::Entity::find().count(app.db.read()).await.unwrap(), 0);
    shop.app.end().await;
}

#[tokio::test]
async fn an_erasure_asks_for_a_sign_in_of_a_moment_ago_and_ends_the_persons_own() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let own = app.sign_in_staff(shop.priya.id).await;
    app.leaves(shop.priya.id, day("2026-11-20")).await;
    app.page_as(&own, "/feed").await.expect(200);
    let account = app.account_of(shop.priya.id).await;
    let late = account::ActiveModel {
        digest_weekday: Set(4),
        digest_minute: Set(17 * 60),
        ..account.into_active_model()
    };
    late.update(app.db.writer()).await.unwrap();
    let admin = app
        .account_with("boss@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    app.advance(TimeDelta::minutes(20));
    let erase = format!("/people/{}/erase", shop.priya.id);
    app.form_as(&cookie, &erase, &[]).await;
    assert_eq!(
        app.person_row(shop.priya.id).await.erased_at,
        None,
        "it may be somebody else at an open browser"
    );
    let cookie = app.sign_in(&admin).await;
    app.form_as(&cookie, &erase, &[]).await.expect(303);
    assert!(app.page_as(&own, "/feed").await.status.is_redirection());
    let closed = app.account_of(shop.priya.id).await;
    assert_eq!((closed.digest_weekday, closed.digest_minute), (1, 8 * 60));
    let is_under_way = async || {
        erase::is_under_way(app.db.read(), app.organisation.id)
            .await
            .unwrap()
    };
    assert!(is_under_way().await);
    app.work().await;
    assert!(!is_under_way().await);
    let told = notice::Entity::find().count(app.db.read()).await.unwrap();
    assert_eq!(told, delivery::Entity::find().count(app.db.read()).await.unwrap());
    shop.app.end().await;
}
