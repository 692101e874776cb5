//! Codes are for whoever has no address, and made by those above: never a way up.
use entity::grant::Role;
use plaudit::access::role;
use uuid::Uuid;

use crate::support::TestApp;

/// Pia leads York; others work there.
async fn york() -> (TestApp, Uuid, String) {
    let app = TestApp::start().await;
    let york = app.site("York", None).await.id;
    let pia = app.person("Pia", "Lund", Some(york), None).await.id;
    app.let_lead(york, pia).await;
    let cookie = app.sign_in_staff(pia).await;
    (app, york, cookie)
}

async fn makes_code(app: &TestApp, cookie: &str, staff: Uuid) -> u16 {
    let path = format!("/team/join/{staff}");
    app.form_as(cookie, &path, &[]).await.status.as_u16()
}

#[tokio::test]
async fn a_site_lead_makes_no_code_for_an_administrator_who_works_there() {
    let (app, york, pia) = york().await;
    let zed = app.person("Zed", "Admin", Some(york), None).await.id;
    let account = app.signing_in(zed).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(makes_code(&app, &pia, zed).await, 404);
    app.has_no_mail(zed).await;
    assert_eq!(
        makes_code(&app, &pia, zed).await,
        404,
        "a role keeps its own address"
    );
    app.page_as(&pia, &format!("/team/join/{zed}")).await.expect(404);
    app.end().await;
}

#[tokio::test]
async fn nobody_makes_a_code_for_somebody_who_has_an_address() {
    let (app, york, pia) = york().await;
    let maria = app.person("Maria", "Kowalska", Some(york), None).await.id;
    assert_eq!(makes_code(&app, &pia, maria).await, 404);
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let ruth = app.sign_in(&ruth).await;
    assert_eq!(makes_code(&app, &ruth, maria).await, 404);
    app.end().await;
}

#[tokio::test]
async fn only_an_administrator_makes_a_code_for_somebody_who_is_above_others() {
    let (app, york, pia) = york().await;
    let gwen = app.person("Gwen", "Boss", Some(york), None).await.id;
    app.person("Tom", "Reed", Some(york), Some(gwen)).await;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    app.has_no_mail(gwen).await;
    app.has_no_mail(olu).await;
    let list = app.page_as(&pia, "/team/join").await.expect(200);
    assert!(
        list.text.contains("Olu Adeyemi") && !list.text.contains("Gwen Boss"),
        "{}",
        list.text
    );
    assert_eq!(makes_code(&app, &pia, gwen).await, 403);
    assert_eq!(makes_code(&app, &pia, olu).await, 303);
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let ruth = app.sign_in(&ruth).await;
    assert_eq!(makes_code(&app, &ruth, gwen).await, 303);
    app.end().await;
}
