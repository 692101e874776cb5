//! Roster, sources, imports, keys and jobs over the API.
use plaudit::access::Scope;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

async fn upload(app: &TestApp, path: &str, content: &str) -> Answer {
    let request = app.web().request(Method::POST, path);
    let request = request.header("authorization", format!("Bearer {}", app.key));
    let request = request.header("content-type", "text/csv");
    Answer::read(request.body(content.to_owned()).send().await).await
}

async fn patch(app: &TestApp, path: &str, body: serde_json::Value) -> Answer {
    app.call(Method::PATCH, path, Some(&app.key), Some(body)).await
}

#[tokio::test]
async fn a_roster_is_built_piece_by_piece() {
    let app = TestApp::start().await;
    let north = app.post("/v1/sites", json!({"name": "North"})).await.expect(201);
    let leeds = json!({"name": "Leeds", "parent_id": north.at("/id")});
    let leeds = app.post("/v1/sites", leeds).await.expect(201);
    assert_eq!(
        (leeds.at("/path"), leeds.at("/slug")),
        ("North / Leeds".into(), "leeds".into())
    );
    let ann = app
        .post("/v1/staff", json!({"employee_id": "E1", "given_name": "Ann"}))
        .await
        .expect(201);
    let place = json!({"staff_id": ann.at("/id"), "site_id": leeds.at("/id"), "shifts": "1-5@8-16"});
    let place = app.post("/v1/assignments", place).await.expect(201);
    let ended = json!({"ends_on": "2026-12-31", "shifts": null});
    let ended = patch(&app, &format!("/v1/assignments/{}", place.at("/id")), ended)
        .await
        .expect(200);
    assert_eq!(ended.at("/ends_on"), "2026-12-31");
    assert!(ended.json().get("shifts").is_none(), "{}", ended.text);
    let listed = app
        .get(&format!("/v1/assignments?staff_id={}", ann.at("/id")))
        .await
        .expect(200);
    assert_eq!(listed.at("/items/0/id"), place.at("/id"));
    let renamed = patch(
        &app,
        &format!("/v1/sites/{}", north.at("/id")),
        json!({"name": "South"}),
    )
    .await
    .expect(200);
    assert_eq!(renamed.at("/path"), "South");
    let leeds = app
        .get(&format!("/v1/sites/{}", leeds.at("/id")))
        .await
        .expect(200);
    assert_eq!(leeds.at("/path"), "South / Leeds");
    let found = app.get("/v1/staff?employee_id=E1").await.expect(200);
    assert_eq!(found.at("/items/0/id"), ann.at("/id"));
    app.end().await;
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    let app = TestApp::start().await;
    for name in ["A", "B", "C"] {
        app.post("/v1/sites", json!({"name": name})).await.expect(201);
    }
    let first = app.get("/v1/sites?limit=2").await.expect(200);
    assert_eq!(
        (first.at("/items/0/name"), first.at("/items/1/name")),
        ("A".into(), "B".into())
    );
    let second = app
        .get(&format!("/v1/sites?limit=2&after={}", first.at("/next")))
        .await
        .expect(200);
    assert_eq!(second.at("/items/0/name"), "C");
    assert!(second.json().get("next").is_none());
    app.get("/v1/sites?after=bogus").await.expect(422);
    app.end().await;
}

#[tokio::test]
async fn what_belongs_to_another_organisation_is_not_found() {
    let app = TestApp::start().await;
    let site = app.site("Leeds", None).await;
    let ann = app.person("Ann", "A", Some(site.id), None).await;
    let assignment = app.get("/v1/assignments").await.expect(200).at("/items/0/id");
    let source = app.get("/v1/sources").await.expect(200).at("/items/0/id");
    let key_id = app.get("/v1/keys").await.expect(200).at("/items/0/id");
    let (_, theirs) = app.other_organisation().await;
    let paths = [
        (Method::GET, format!("/v1/sites/{}", site.id)),
        (Method::PATCH, format!("/v1/sites/{}", site.id)),
        (Method::GET, format!("/v1/staff/{}", ann.id)),
        (Method::PATCH, format!("/v1/staff/{}", ann.id)),
        (Method::PATCH, format!("/v1/assignments/{assignment}")),
        (Method::GET, format!("/v1/sources/{source}")),
        (Method::PATCH, format!("/v1/sources/{source}")),
        (Method::DELETE, format!("/v1/keys/{key_id}")),
    ];
    for (method, path) in paths {
        let body = (method == Method::PATCH).then(|| json!({}));
        app.call(method, &path, Some(&theirs), body).await.expect(404);
    }
    let below_ours = json!({"name": "Spy", "parent_id": site.id});
    app.call(Method::POST, "/v1/sites", Some(&theirs), Some(below_ours))
        .await
        .expect(422);
    let their_sites = app
        .call(Method::GET, "/v1/sites", Some(&theirs), None)
        .await
        .expect(200);
    assert_eq!(their_sites.at("/items"), "[]");
    app.end().await;
}

#[tokio::test]
async fn what_contradicts_the_roster_is_refused_with_a_fitting_status() {
    let app = TestApp::start().await;
    app.post("/v1/sites", json!({"name": "Leeds"})).await.expect(201);
    app.post("/v1/sites", json!({"name": "Leeds"})).await.expect(409);
    app.post("/v1/sites", json!({"name": "A / B"})).await.expect(422);
    app.post("/v1/staff", json!({"employee_id": "E1"}))
        .await
        .expect(422);
    app.post("/v1/sites", json!({"name": "York", "time_zone": "Mars"}))
        .await
        .expect(422);
    app.post("/v1/sites", json!({"name": "York", "colour": "red"}))
        .await
        .expect(400);
    patch(&app, "/v1/organisation", json!({"threshold": 0.2}))
        .await
        .expect(422);
    app.end().await;
}

#[tokio::test]
async fn settings_are_changed_and_read_back() {
    let app = TestApp::start().await;
    let change = json!({"brands": ["Acme Gold"], "threshold": 0.95, "board_mode": "full"});
    let changed = patch(&app, "/v1/organisation", change).await.expect(200);
    assert_eq!(changed.at("/settings_version"), "1");
    let back = patch(&app, "/v1/organisation", json!({"threshold": null}))
        .await
        .expect(200);
    assert!(back.json().get("threshold").is_none());
    assert_eq!(
        app.get("/v1/organisation").await.expect(200).at("/brands/0"),
        "Acme Gold"
    );
    app.end().await;
}

#[tokio::test]
async fn a_key_made_over_the_api_works_until_it_is_revoked() {
    let app = TestApp::start().await;
    let made = json!({"name": "till", "scopes": ["roster:read"]});
    let made = app.post("/v1/keys", made).await.expect(201);
    let secret = made.at("/secret");
    app.call(Method::GET, "/v1/sites", Some(&secret), None)
        .await
        .expect(200);
    app.call(Method::GET, "/v1/keys", Some(&secret), None)
        .await
        .expect(403);
    app.call(
        Method::DELETE,
        &format!("/v1/keys/{}", made.at("/id")),
        Some(&app.key),
        None,
    )
    .await
    .expect(204);
    app.call(Method::GET, "/v1/sites", Some(&secret), None)
        .await
        .expect(401);
    assert!(!app.get("/v1/keys").await.expect(200).text.contains(&secret));
    app.end().await;
}

#[tokio::test]
async fn a_roster_file_is_applied_as_its_dry_run_said() {
    let app = TestApp::start().await;
    let file = "employee_id,given_name,family_name,site\nE1,Ann,Lee,Leeds\n";
    let seen = upload(&app, "/v1/imports/roster?create_sites=true", file)
        .await
        .expect(200);
    assert_eq!(
        (seen.at("/added/0/name"), seen.at("/applicable")),
        ("Ann Lee".into(), "true".into())
    );
    let apply = format!(
        "/v1/imports/roster?create_sites=true&apply={}",
        seen.at("/digest")
    );
    let applied = upload(&app, &apply, file).await.expect(200);
    upload(&app, &apply, file).await.expect(409);
    let listed = app.get("/v1/imports").await.expect(200);
    assert_eq!(listed.at("/items/0/id"), applied.at("/import_id"));
    let refused = upload(
        &app,
        "/v1/imports/roster",
        "employee_id,given_name,family_name,site\nE2,B,B,Bath\n",
    )
    .await;
    assert_eq!(refused.at("/problems/0/column"), "site");
    let undo = format!("/v1/imports/{}/undo", applied.at("/import_id"));
    app.call(Method::POST, &undo, Some(&app.key), None)
        .await
        .expect(409);
    app.end().await;
}

#[tokio::test]
async fn a_comment_file_is_looked_through_taken_in_and_taken_back() {
    let app = TestApp::start().await;
    let file = "id,comment,score\n1,Lovely,9\n2,,10\n3,Bad score,12\n";
    upload(&app, "/v1/imports/comments", file).await.expect(422);
    let seen = upload(&app, "/v1/imports/comments?scale=nps", file)
        .await
        .expect(200);
    assert_eq!(
        (
            seen.at("/comments"),
            seen.at("/blank"),
            seen.at("/rejects/0/line")
        ),
        ("1".into(), "1".into(), "4".into())
    );
    let taken = upload(&app, "/v1/imports/comments?scale=nps&apply=true", file)
        .await
        .expect(200);
    assert_eq!(taken.at("/outcome/added"), "1");
    app.work().await;
    let undo = format!("/v1/imports/{}/undo", taken.at("/import_id"));
    let undone = app
        .call(Method::POST, &undo, Some(&app.key), None)
        .await
        .expect(200);
    assert_eq!(undone.at("/withdrawn"), "1");
    upload(&app, "/v1/imports/comments?column=comment", file)
        .await
        .expect(422);
    upload(&app, "/v1/imports/comments?encoding=klingon", file)
        .await
        .expect(422);
    app.end().await;
}

#[tokio::test]
async fn a_paused_source_refuses_comments_and_files() {
    let app = TestApp::start().await;
    let made = app
        .post("/v1/sources", json!({"name": "tills", "kind": "api"}))
        .await
        .expect(201);
    app.post("/v1/sources", json!({"name": "tills", "kind": "api"}))
        .await
        .expect(409);
    let path = format!("/v1/sources/{}", made.at("/id"));
    let paused = patch(&app, &path, json!({"paused": true})).await.expect(200);
    assert!(paused.json().get("paused_at").is_some());
    app.post("/v1/comments", json!({"text": "Hello", "source": "tills"}))
        .await
        .expect(409);
    upload(&app, "/v1/imports/comments?source=tills", "comment\nHi\n")
        .await
        .expect(409);
    app.end().await;
}

#[tokio::test]
async fn every_operation_needs_the_scope_it_names() {
    let app = TestApp::start().await;
    let reader = app.key_for(&[Scope::RosterRead]).await;
    for path in [
        "/v1/sources",
        "/v1/keys",
        "/v1/jobs",
        "/v1/imports",
        "/v1/comments",
    ] {
        app.call(Method::GET, path, Some(&reader), None).await.expect(403);
        app.call(Method::GET, path, None, None).await.expect(401);
    }
    app.call(
        Method::POST,
        "/v1/sites",
        Some(&reader),
        Some(json!({"name": "X"})),
    )
    .await
    .expect(403);
    app.call(Method::POST, "/v1/jobs/1/retry", Some(&app.key), None)
        .await
        .expect(404);
    app.end().await;
}

#[tokio::test]
async fn an_excel_workbook_is_taken_in_over_the_api() {
    let app = TestApp::start().await;
    let send = async |path: &str| {
        let request = app.web().request(Method::POST, path);
        let request = request.header("authorization", format!("Bearer {}", app.key));
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let request = request.header("content-type", kind);
        let bytes = include_bytes!("files/de-titel.xlsx").to_vec();
        Answer::read(request.body(bytes).send().await).await
    };
    let path = "/v1/imports/roster?create_sites=true&column=none%3DGehalt";
    let seen = send(path).await.expect(200);
    assert_eq!(seen.at("/encoding"), "Excel, sheet \"Mitarbeiter\"");
    assert_eq!(seen.at("/columns/4/column"), "manager_employee_id");
    send(&format!("{path}&apply={}", seen.at("/digest")))
        .await
        .expect(200);
    let again = send(path).await.expect(200);
    assert_eq!(again.at("/counts/same"), "3");
    send("/v1/imports/roster?column=salary%3DGehalt")
        .await
        .expect(422);
    send("/v1/imports/roster?date_format=ymd").await.expect(422);
    app.end().await;
}
