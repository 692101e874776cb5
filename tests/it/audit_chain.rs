//! The audit log proves itself: what was changed or removed after it was linked is found, and where.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{audit, audit_block, audit_cut, audit_head, comment_revision};
use plaudit::{
    access::{
        audit::{Entry, record_all},
        chain::{
            self,
            check::{self, Checked, Fault, Noted},
            cut, link,
        },
    },
    platform::signing,
};
use poem::http::Method;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, ModelTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    reading::SEALING,
    support::{TestApp, office::Office, process::Installation, telling::*},
};

impl TestApp {
    /// Writes lines of the log.
    async fn note(&self, organisation: Uuid, count: usize) {
        let at = self.clock.now();
        let numbers: Vec<usize> = (0..count).collect();
        for some in numbers.chunks(2_000) {
            let tx = self.db.write().await.unwrap();
            let lines = some.iter().map(|number| Entry {
                organisation,
                at,
                actor: "account:019ac0de-0000-7000-8000-000000000001",
                action: "sign_in",
                subject_kind: "account",
                subject_id: Some("019ac0de-0000-7000-8000-000000000001".to_owned()),
                detail: json!({ "number": number }),
            });
            record_all(&tx, lines).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn check_log(&self, organisation: Uuid) -> Checked {
        self.check_noted(organisation, &[]).await
    }

    async fn check_noted(&self, organisation: Uuid, noted: &[Noted]) -> Checked {
        let key = signing::own(self.db.read(), &self.secrets).await.unwrap();
        let key = key.map(|key| key.public());
        check::check_with(self.db.read(), key, organisation, noted)
            .await
            .unwrap()
    }

    async fn fault(&self) -> Option<Fault> {
        self.check_log(self.organisation.id).await.fault
    }

    async fn run_sql(&self, sql: &str) {
        let tx = self.db.write().await.unwrap();
        tx.execute_unprepared(sql).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn change_row(&self, id: Uuid, column: audit::Column, value: Expr) {
        let tx = self.db.write().await.unwrap();
        let changed = audit::Entity::update_many()
            .col_expr(column, value)
            .filter(audit::Column::Id.eq(id))
            .exec(&tx)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected, 1);
        tx.commit().await.unwrap();
    }

    /// Puts a row back as it was.
    async fn put_back(&self, was: &audit::Model, id: Uuid) {
        let tx = self.db.write().await.unwrap();
        let gone = audit::Entity::delete_by_id(id).exec(&tx).await.unwrap();
        assert!(gone.rows_affected < 2);
        was.clone()
            .into_active_model()
            .reset_all()
            .insert(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn blocks(&self) -> Vec<audit_block::Model> {
        audit_block::Entity::within(self.organisation.id)
            .order_by_asc(audit_block::Column::Number)
            .all(self.db.read())
            .await
            .unwrap()
    }

    async fn put_block(&self, block: &audit_block::Model) {
        let tx = self.db.write().await.unwrap();
        block
            .clone()
            .into_active_model()
            .reset_all()
            .update(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_row_of(&self, block: i64) -> audit::Model {
        audit::Entity::within(self.organisation.id)
            .filter(audit::Column::Block.eq(block))
            .order_by_asc(audit::Column::Id)
            .offset(3)
            .one(self.db.read())
            .await
            .unwrap()
            .unwrap()
    }
}

fn is_of_rows(fault: Option<Fault>, number: i64) -> bool {
    matches!(fault, Some(Fault::Rows { block, .. }) if block == number)
}

/// 10,000 lines in a chain whose first blocks were cut away, with comments that were erased between.
async fn ten_thousand() -> (Shop, u64) {
    let shop = Shop::open_with(SEALING).await;
    let (app, own) = (&shop.app, shop.app.organisation.id);
    let early = shop.say("Thank you Priya Nair, so kind!").await;
    let late = shop.say("Thank you Priya Nair, so very kind!").await;
    app.work().await;
    app.note(own, 4_000).await;
    chain::run_due(app).await.unwrap();
    erase(app, early).await;
    app.advance(TimeDelta::days(40));
    app.note(own, 6_000).await;
    chain::run_due(app).await.unwrap();
    let before = app.clock.now() - TimeDelta::days(30);
    let cut = cut::cut(app, own, before).await.unwrap();
    assert!(cut >= 4_000, "{cut}");
    erase(app, late).await;
    app.note(own, 500).await;
    chain::run_due(app).await.unwrap();
    (shop, cut)
}

async fn erase(app: &TestApp, comment: Uuid) {
    let path = format!("/v1/comments/{comment}");
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.work().await;
    let revisions = comment_revision::Entity::find()
        .filter(comment_revision::Column::CommentId.eq(comment))
        .filter(comment_revision::Column::Text.contains("kind"));
    assert_eq!(revisions.count(app.db.read()).await.unwrap(), 0);
}

#[tokio::test]
async fn ten_thousand_lines_hold_through_erasures_and_a_cut_and_a_changed_byte_is_found() {
    let (shop, cut) = ten_thousand().await;
    let (app, own) = (&shop.app, shop.app.organisation.id);
    let (other, _) = app.other_organisation().await;
    let checked = app.check_log(own).await;
    assert_eq!(checked.fault, None);
    assert_eq!(
        (checked.waiting, checked.cut_away),
        (0, i64::try_from(cut).unwrap())
    );
    let there = audit::Entity::within(own).count(app.db.read()).await.unwrap();
    assert_eq!(checked.rows, there);
    assert!(there + cut >= 10_500, "{there} and {cut}");

    let number = app.blocks().await[2].number;
    let row = app.a_row_of(number).await;
    let new_id = Uuid::now_v7();
    use audit::Column;
    for (column, value, id) in [
        (Column::Id, Expr::value(new_id), new_id),
        (Column::OrganisationId, Expr::value(other.id), row.id),
        (
            Column::At,
            Expr::value(row.at + TimeDelta::microseconds(1)),
            row.id,
        ),
        (Column::Actor, Expr::value(row.actor.replace('1', "2")), row.id),
        (Column::Action, Expr::value("sign_iN"), row.id),
        (Column::SubjectKind, Expr::value("Account"), row.id),
        (Column::SubjectId, Expr::value("019ac0de"), row.id),
        (Column::SubjectId, Expr::value(Option::<String>::None), row.id),
        (Column::Detail, Expr::value(json!({ "number": "3" })), row.id),
        (Column::Block, Expr::value(number + 1), row.id),
        (Column::Block, Expr::value(Option::<i64>::None), row.id),
    ] {
        app.change_row(row.id, column, value).await;
        let fault = app.fault().await;
        assert!(is_of_rows(fault.clone(), number), "{column:?}: {fault:?}");
        app.put_back(&row, id).await;
    }
    let spaced = row.detail.to_string().replace(':', ": ");
    app.run_sql(&format!(
        "UPDATE audit SET detail = '{spaced}' WHERE action = 'sign_in' AND block = {number}"
    ))
    .await;
    assert!(is_of_rows(app.fault().await, number));
    shop.app.end().await;
}

#[tokio::test]
async fn a_line_that_was_removed_or_slipped_in_is_found() {
    let app = TestApp::start_with(SEALING).await;
    let own = app.organisation.id;
    app.note(own, 2_500).await;
    assert!(link(&app, own).await.unwrap());
    assert_eq!(app.blocks().await.len(), 3);
    let row = app.a_row_of(2).await;
    let tx = app.db.write().await.unwrap();
    row.clone().delete(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let fault = app.fault().await;
    assert!(
        matches!(
            fault,
            Some(Fault::Rows {
                block: 2,
                first: 1_001,
                last: 2_000,
                found: 999,
                ..
            })
        ),
        "{fault:?}"
    );
    app.put_back(&row, row.id).await;
    assert_eq!(app.fault().await, None);
    let mut slipped = row.clone();
    slipped.id = Uuid::now_v7();
    app.put_back(&slipped, slipped.id).await;
    assert!(is_of_rows(app.fault().await, 2));
    app.end().await;
}

#[tokio::test]
async fn a_changed_block_cut_or_last_note_is_found() {
    let (shop, _) = ten_thousand().await;
    let app = &shop.app;
    let own = app.organisation.id;
    let was = app.blocks().await[1].clone();
    let wrong = vec![7; 32];
    let changed: Vec<audit_block::Model> = vec![
        audit_block::Model {
            linked_at: was.linked_at + TimeDelta::seconds(1),
            ..was.clone()
        },
        audit_block::Model {
            first_row: was.first_row - 1,
            ..was.clone()
        },
        audit_block::Model {
            row_count: was.row_count - 1,
            ..was.clone()
        },
        audit_block::Model {
            previous: wrong.clone(),
            ..was.clone()
        },
        audit_block::Model {
            digest: wrong.clone(),
            ..was.clone()
        },
        audit_block::Model {
            signature: vec![7; 64],
            ..was.clone()
        },
    ];
    for block in changed {
        app.put_block(&block).await;
        assert_eq!(app.fault().await, Some(Fault::Block(was.number)), "{block:?}");
        app.put_block(&was).await;
    }
    let tx = app.db.write().await.unwrap();
    was.clone().delete(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.fault().await, Some(Fault::Gone(was.number)));
    let tx = app.db.write().await.unwrap();
    was.clone()
        .into_active_model()
        .reset_all()
        .insert(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.fault().await, None);

    let cut = audit_cut::Entity::within(own)
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    app.run_sql("UPDATE audit_cut SET block = block + 1").await;
    assert_eq!(app.fault().await, Some(Fault::Cut(cut.block + 1)));
    app.run_sql("UPDATE audit_cut SET block = block - 1, last_row = last_row + 1")
        .await;
    assert_eq!(app.fault().await, Some(Fault::Cut(cut.block)));
    app.run_sql("UPDATE audit_cut SET last_row = last_row - 1").await;
    app.run_sql("UPDATE audit SET block = 1 WHERE id = (SELECT id FROM audit WHERE block = (SELECT max(block) FROM audit) ORDER BY id LIMIT 1)")
        .await;
    assert_eq!(app.fault().await, Some(Fault::Returned(1)));
    shop.app.end().await;
}

#[tokio::test]
async fn a_removed_end_is_found_by_the_note_of_the_last_block_or_by_whoever_noted_it() {
    let app = TestApp::start_with(SEALING).await;
    let own = app.organisation.id;
    app.note(own, 10).await;
    link(&app, own).await.unwrap();
    let first = chain::head(app.db.read(), own).await.unwrap().unwrap();
    app.note(own, 10).await;
    link(&app, own).await.unwrap();
    let last = app.check_log(own).await.last.unwrap();
    let noted = [Noted {
        number: last.number,
        hash: last.hash.clone(),
    }];
    assert_eq!(app.check_noted(own, &noted).await.fault, None);

    app.run_sql("DELETE FROM audit_block WHERE number = 2").await;
    assert_eq!(app.fault().await, Some(Fault::Gone(2)));
    app.run_sql("DELETE FROM audit WHERE block = 2").await;
    assert_eq!(app.fault().await, Some(Fault::Gone(2)));
    app.run_sql("DELETE FROM audit_head").await;
    assert_eq!(app.fault().await, Some(Fault::Head(1)));
    // Whoever kept an older note can put it back: only what somebody noted elsewhere shows it.
    let tx = app.db.write().await.unwrap();
    first.into_active_model().reset_all().insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.fault().await, None);
    assert_eq!(app.check_noted(own, &noted).await.fault, Some(Fault::Gone(2)));
    app.note(own, 10).await;
    link(&app, own).await.unwrap();
    assert_eq!(app.fault().await, None);
    assert_eq!(app.check_noted(own, &noted).await.fault, Some(Fault::Noted(2)));
    app.run_sql("UPDATE audit_head SET block = 1").await;
    assert_eq!(app.fault().await, Some(Fault::Head(1)));
    app.end().await;
}

#[tokio::test]
async fn two_who_link_at_once_link_every_line_once() {
    let app = TestApp::start_with(SEALING).await;
    let own = app.organisation.id;
    app.note(own, 3_500).await;
    let (one, two, three, ()) = tokio::join!(
        link(&app, own),
        link(&app, own),
        link(&app, own),
        app.note(own, 200)
    );
    for linked in [one, two, three] {
        linked.unwrap();
    }
    while !link(&app, own).await.unwrap() {}
    let checked = app.check_log(own).await;
    assert_eq!((checked.fault, checked.waiting), (None, 0));
    let there = audit::Entity::within(own).count(app.db.read()).await.unwrap();
    assert_eq!(checked.rows, there);
    app.end().await;
}

#[tokio::test]
async fn a_line_that_is_committed_late_is_linked_behind_younger_ones() {
    let app = TestApp::start_with(SEALING).await;
    let own = app.organisation.id;
    let late = audit::Model {
        id: Uuid::now_v7(),
        organisation_id: own,
        at: app.clock.now() - TimeDelta::minutes(9),
        actor: "cli".to_owned(),
        action: "late".to_owned(),
        subject_kind: "organisation".to_owned(),
        subject_id: None,
        detail: json!({}),
        block: None,
    };
    // On SQLite nobody writes beside it; there it comes late.
    let slow = match app.db.is_sqlite() {
        true => None,
        false => Some(app.db.write().await.unwrap()),
    };
    if let Some(slow) = &slow {
        late.clone()
            .into_active_model()
            .reset_all()
            .insert(slow)
            .await
            .unwrap();
    }
    app.note(own, 20).await;
    link(&app, own).await.unwrap();
    let slow = match slow {
        Some(slow) => slow,
        None => {
            let tx = app.db.write().await.unwrap();
            late.clone()
                .into_active_model()
                .reset_all()
                .insert(&tx)
                .await
                .unwrap();
            tx
        }
    };
    slow.commit().await.unwrap();
    assert_eq!(app.check_log(own).await.waiting, 1);
    link(&app, own).await.unwrap();
    let checked = app.check_log(own).await;
    assert_eq!((checked.fault, checked.waiting, checked.blocks), (None, 0, 2));
    let linked = audit::Entity::find_by_id(late.id)
        .one(app.db.read())
        .await
        .unwrap();
    assert_eq!(linked.unwrap().block, Some(2));
    app.end().await;
}

#[tokio::test]
async fn organisations_have_chains_of_their_own() {
    let app = TestApp::start_with(SEALING).await;
    let (other, _) = app.other_organisation().await;
    for organisation in [app.organisation.id, other.id] {
        app.note(organisation, 30).await;
    }
    chain::run_due(&app).await.unwrap();
    let before = app.check_log(other.id).await;
    let row = app.a_row_of(1).await;
    app.change_row(row.id, audit::Column::Action, Expr::value("x"))
        .await;
    let far = app.clock.now() + TimeDelta::days(1);
    assert_eq!(cut::cut(&app, app.organisation.id, far).await.unwrap(), 0);
    assert!(is_of_rows(app.fault().await, 1));
    let after = app.check_log(other.id).await;
    assert_eq!((after.fault, after.rows), (None, before.rows));
    assert_eq!(after.last.unwrap().hash, before.last.unwrap().hash);
    app.end().await;
}

#[tokio::test]
async fn the_page_says_what_the_last_reading_found_and_when() {
    let office = Office::start_with(SEALING).await;
    let (app, own) = (&office.app, office.app.organisation.id);
    let page = office.page("/audit").await.expect(200).text;
    assert!(!page.contains("Last checked"), "{page}");
    app.note(own, 10).await;
    chain::run_due(app).await.unwrap();
    let page = office.page("/audit").await.expect(200).text;
    assert!(
        page.contains("Last checked:") && page.contains("No line had been changed or removed."),
        "{page}"
    );
    let row = app.a_row_of(1).await;
    app.change_row(row.id, audit::Column::Actor, Expr::value("system"))
        .await;
    app.advance(TimeDelta::hours(23));
    chain::run_due(app).await.unwrap();
    assert_eq!(found_at(app).await, None);
    app.advance(TimeDelta::hours(2));
    chain::run_due(app).await.unwrap();
    assert_eq!(found_at(app).await, Some(1));
    let cookie = app
        .sign_in(
            &app.account_with("eve@example.org", entity::grant::Role::Auditor, None)
                .await,
        )
        .await;
    let page = app.page_as(&cookie, "/audit").await.expect(200).text;
    assert!(
        page.contains("the first in block 1.") && !page.contains("No line had been"),
        "{page}"
    );
    office.app.work().await;
    office.app.end().await;
}

async fn found_at(app: &TestApp) -> Option<i64> {
    let head: Option<audit_head::Model> = chain::head(app.db.read(), app.organisation.id).await.unwrap();
    head.unwrap().fault_block
}

#[tokio::test]
async fn lines_go_when_they_are_kept_no_longer_and_what_does_not_hold_stays() {
    let app = TestApp::start_with(&format!("{SEALING}[audit]\nkeep_days = 30\n")).await;
    let own = app.organisation.id;
    app.note(own, 2_000).await;
    chain::run_due(&app).await.unwrap();
    app.advance(TimeDelta::days(29));
    app.note(own, 10).await;
    chain::run_due(&app).await.unwrap();
    assert_eq!(app.check_log(own).await.cut_away, 0);
    app.advance(TimeDelta::days(2));
    chain::run_due(&app).await.unwrap();
    chain::run_due(&app).await.unwrap();
    let checked = app.check_log(own).await;
    assert_eq!(checked.fault, None);
    assert!(checked.cut_away >= 2_000, "{checked:?}");
    let cut = audit::Entity::within(own).filter(audit::Column::Action.eq("cut_audit"));
    assert_eq!(cut.count(app.db.read()).await.unwrap(), 1);
    let number = app.blocks().await[0].number;
    let row = app.a_row_of(number).await;
    app.change_row(row.id, audit::Column::Action, Expr::value("x"))
        .await;
    app.advance(TimeDelta::days(90));
    chain::run_due(&app).await.unwrap();
    assert!(is_of_rows(app.fault().await, number));
    app.end().await;
}

#[tokio::test]
async fn everything_may_be_cut_away_and_the_chain_goes_on() {
    let app = TestApp::start_with(SEALING).await;
    let own = app.organisation.id;
    app.note(own, 1_500).await;
    link(&app, own).await.unwrap();
    let far = app.clock.now() + TimeDelta::days(1);
    assert!(cut::cut(&app, own, far).await.unwrap() >= 1_500);
    assert_eq!(app.fault().await, None);
    assert_eq!(app.blocks().await.len(), 0);
    link(&app, own).await.unwrap();
    let checked = app.check_log(own).await;
    assert_eq!((checked.fault, checked.rows), (None, 1));
    app.run_sql("DELETE FROM audit_cut").await;
    assert_eq!(app.fault().await, Some(Fault::Gone(1)));
    app.end().await;
}

#[tokio::test]
async fn without_a_key_that_lasts_nothing_is_linked() {
    let app = TestApp::start().await;
    app.note(app.organisation.id, 5).await;
    chain::run_due(&app).await.unwrap();
    assert_eq!(app.blocks().await.len(), 0);
    assert_eq!(app.fault().await, None);
    app.end().await;
}

#[tokio::test]
async fn the_log_is_searched_by_person_and_days() {
    let office = Office::start_with(SEALING).await;
    let app = &office.app;
    let mara = app
        .account_with("mara@example.org", entity::grant::Role::Auditor, None)
        .await;
    app.sign_in(&mara).await;
    let page = office.page("/audit?who=mara").await.expect(200).text;
    assert!(page.contains(&mara.id.to_string()), "{page}");
    assert!(page.contains("value=\"mara\""), "{page}");
    let none = office.page("/audit?who=nobody%25").await.expect(200).text;
    assert!(none.contains("Nothing was found."), "{none}");
    let day = |at: DateTime<Utc>| at.date_naive().to_string();
    let today = day(app.clock.now());
    let before = day(app.clock.now() - TimeDelta::days(1));
    for (query, finds) in [
        (format!("who=mara&from={today}&to={today}"), true),
        (format!("who=mara&to={before}"), false),
        (format!("from={today}"), true),
        (format!("to={before}"), false),
    ] {
        let page = office.page(&format!("/audit?{query}")).await.expect(200).text;
        assert_eq!(!page.contains("Nothing was found."), finds, "{query}: {page}");
    }
    office.page("/audit?from=tomorrow").await.expect(422);
    chain::run_due(app).await.unwrap();
    let saved = office
        .send("/audit/file", &[("who", "mara"), ("as", "ndjson")])
        .await
        .expect(200)
        .text;
    let lines: Vec<serde_json::Value> = saved
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line.to_string().contains(&mara.id.to_string()), "{line}");
        assert!(
            line["block"].is_number() || line["action"] == "save_audit",
            "{line}"
        );
    }
    let table = office
        .send("/audit/file", &[("q", "save_audit"), ("as", "csv")])
        .await
        .expect(200)
        .text;
    assert!(table.contains("ruth@example.org"), "{table}");
    office.send("/audit/file", &[("as", "exe")]).await.expect(400);
    app.note(app.organisation.id, 460).await;
    let (other, _) = app.other_organisation().await;
    app.note(other.id, 3).await;
    let all = office
        .send("/audit/file", &[("as", "ndjson")])
        .await
        .expect(200)
        .text;
    let there = audit::Entity::within(app.organisation.id);
    assert_eq!(
        all.lines().count() as u64,
        there.count(app.db.read()).await.unwrap()
    );
    let page = office
        .page(&format!("/audit?q=sign_in&from={today}"))
        .await
        .expect(200)
        .text;
    assert!(
        page.contains("from&#x3D;") && page.contains("after&#x3D;"),
        "{page}"
    );
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn the_command_says_that_it_holds_and_where_it_does_not() {
    let shop = Installation::create(
        "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n",
        &[],
    )
    .await;
    let said = shop.run(&["audit", "verify"]);
    assert!(said.starts_with("shop: holds: no row is linked;"), "{said}");
    let server = shop.serve(crate::support::process::free_port()).await;
    let mut said = String::new();
    for _ in 0..100 {
        said = shop.run(&["audit", "verify"]);
        if said.contains(" rows in 1 block, to block 1:") && !said.contains("not linked") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    server.stop().await;
    assert!(said.contains(" rows in 1 block, to block 1:"), "{said}");
    let noted = said
        .split_once("to block ")
        .unwrap()
        .1
        .split_once(" of ")
        .unwrap()
        .0;
    shop.run(&["audit", "verify", "--noted", noted]);
    let lines = shop.run(&["audit", "export"]);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["action"], &first["block"]),
        (&json!("create_organisation"), &json!(1))
    );
    let misused = shop
        .command()
        .args(["audit", "verify", "--noted", "1:x"])
        .output()
        .unwrap();
    assert_eq!(misused.status.code(), Some(2));

    let mut config = plaudit::platform::config::Config::from_toml(SEALING).unwrap();
    config.database.url = shop.database.url().into();
    let app = plaudit::app::App::connect(config, plaudit::platform::clock::Clock::System)
        .await
        .unwrap();
    let tx = app.db.write().await.unwrap();
    tx.execute_unprepared("UPDATE audit SET action = 'nothing' WHERE action = 'create_organisation'")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.db.clone().close().await;
    let refused = shop.command().args(["audit", "verify"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said.starts_with("shop: DOES NOT HOLD: block 1, linked "),
        "{said}"
    );
    shop.database.remove().await;
}
