//! Signing in without mail: a code from one's manager, and a first link from the command line.
use chrono::TimeDelta;
use entity::audit;
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::support::{TestApp, process};

struct Team {
    app: TestApp,
    manager: String,
    member: Uuid,
}

impl Team {
    async fn start(settings: &str) -> Team {
        let app = TestApp::start_with(settings).await;
        let manager = app.person("Ruth", "Adler", None, None).await.id;
        let member = app.person("Priya", "Nair", None, Some(manager)).await.id;
        app.has_no_mail(member).await;
        Team {
            manager: app.sign_in_staff(manager).await,
            member,
            app,
        }
    }

    /// The code that the manager is shown.
    async fn code(&self) -> String {
        let list = self.app.page_as(&self.manager, "/team/join").await.expect(200);
        let path = format!("/team/join/{}", self.member);
        assert!(
            list.text.contains("Priya Nair") && list.text.contains(&path),
            "{}",
            list.text
        );
        let made = self.app.form_as(&self.manager, &path, &[]).await.expect(303);
        let page = self
            .app
            .page_as(&self.manager, &made.header("location"))
            .await
            .expect(200);
        assert!(page.text.contains("<svg class=\"qr\""), "{}", page.text);
        let (_, rest) = page.text.split_once("<p class=\"code\">").unwrap();
        rest.split('<').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_code_signs_in_once_however_it_is_typed() {
    let team = Team::start("").await;
    let code = team.code().await;
    assert_eq!(code.len(), 11, "{code}");
    assert_eq!(team.code().await, code, "the same code is shown again");
    let typed = code.to_lowercase();
    let button = team.app.send_form("/join", &[("code", &typed)]).await.expect(200);
    assert!(button.text.contains("Hello Priya."), "{}", button.text);
    let path = format!("/join?code={}", code.replace(' ', ""));
    assert!(
        button
            .text
            .contains(&format!("action=\"{}\"", path.replace('=', "&#x3D;"))),
        "{}",
        button.text
    );
    team.app.page(&path).await.expect(200);
    let entered = team.app.send_form(&path, &[]).await.expect(303);
    team.app.page_as(&entered.cookie(), "/feed").await.expect(200);
    team.app.send_form(&path, &[]).await.expect(422);
    assert_ne!(team.code().await, code);
    let log = audit::Entity::find().all(team.app.db.read()).await.unwrap();
    let made = log.iter().filter(|entry| entry.action == "create_sign_in_link");
    assert_eq!(made.count(), 2);
    team.app.end().await;
}

#[tokio::test]
async fn a_code_works_for_a_week_unless_it_is_taken_back() {
    let team = Team::start("").await;
    let code = team.code().await;
    team.app.send_form("/join", &[("code", &code)]).await.expect(200);
    team.app.advance(TimeDelta::days(7) - TimeDelta::minutes(5));
    team.app.send_form("/join", &[("code", &code)]).await.expect(200);
    team.app.advance(TimeDelta::minutes(5));
    team.app.send_form("/join", &[("code", &code)]).await.expect(422);
    let code = team.code().await;
    let revoke = format!("/team/join/{}/revoke", team.member);
    team.app.form_as(&team.manager, &revoke, &[]).await.expect(303);
    team.app.send_form("/join", &[("code", &code)]).await.expect(422);
    team.app.end().await;
}

#[tokio::test]
async fn guessing_codes_is_slow() {
    let team = Team::start("[limits]\nsign_ins_per_minute = 3").await;
    for _ in 0..3 {
        team.app
            .send_form("/join", &[("code", "AAAA AAAA")])
            .await
            .expect(422);
    }
    team.app
        .send_form("/join", &[("code", "AAAA AAAB")])
        .await
        .expect(429);
    team.app.end().await;
}

#[tokio::test]
async fn an_invitation_prints_a_link_that_signs_in_with_the_role() {
    let shop = process::Installation::create(
        "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n",
        &[],
    )
    .await;
    let printed = shop.run(&["invite", "Boss@Example.org", "--role", "administrator"]);
    let link = printed.lines().next().unwrap();
    let server = shop.serve(process::free_port()).await;
    let path = link.split_once("/sign-in/").unwrap().1;
    let link = format!("{}/sign-in/{path}", server.base_url);
    drop(process::http_client());
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = client.get(&link).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    let request = client
        .post(&link)
        .header("content-type", "application/x-www-form-urlencoded");
    let entered = request.send().await.unwrap();
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let keys = client
        .get(format!("{}/keys", server.base_url))
        .header("cookie", cookie);
    assert_eq!(keys.send().await.unwrap().status().as_u16(), 200);
    server.stop().await;
    shop.database.remove().await;
}
