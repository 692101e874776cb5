//! How sources do, as administrators see it.
use entity::grant::Role;
use plaudit::capture::source::tool::{SecretsFrom, Tool};

use crate::{
    fake_tool::{FakeTool, KEY, answers},
    fake_x::{FakeX, Fault},
    reading::{SEALING, reading_from, x_source},
    support::{Answer, TestApp, html, telling::Shop},
};

/// The page of sources, after a connection with this budget met this trouble.
async fn sources(budget: Option<i64>, trouble: Option<Fault>) -> String {
    let fake = FakeX::start(7).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(x_source(&[], budget)).await;
    fake.script(trouble);
    shop.app.work().await;
    let account = shop
        .app
        .account_with("ruth@example.org", Role::Administrator, None);
    let cookie = shop.app.sign_in(&account.await).await;
    let page = shop.app.page_as(&cookie, "/sources").await.expect(200).text;
    shop.app.end_with_jobs().await;
    let (_, own) = page.split_once("<h2>X</h2>").unwrap();
    own.split("</section>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_source_that_is_read_says_when_how_far_and_for_how_much() {
    let own = sources(Some(25_000_000), None).await;
    for said in ["Ready.", "Last read: ", "Up to date.", " of $25.00."] {
        assert!(own.contains(said), "{said}: {own}");
    }
    assert!(!own.contains("class=\"late\""), "{own}");
}

#[tokio::test]
async fn a_source_that_somebody_must_mend_says_what_and_since_when() {
    let own = sources(None, Some(Fault::Unauthorized)).await;
    assert!(own.contains("name=\"to\" value=\"resume\">Resume"), "{own}");
    for said in [
        "class=\"late\">Stopped: something must be fixed.",
        "<span lang=\"en\">",
        "Failing since ",
        "no budget set.",
    ] {
        assert!(own.contains(said), "{said}: {own}");
    }
}

#[tokio::test]
async fn a_source_whose_budget_is_used_up_says_so() {
    let own = sources(Some(1), None).await;
    assert!(own.contains("the monthly budget is used up"), "{own}");
    assert!(own.contains("$0.00 of $0.01."), "{own}");
}

/// An administrator who is signed in, of a service that can encrypt.
async fn administrator() -> (TestApp, String) {
    let base = "[server]\nbase_url = \"https://plaudit.example\"\n";
    let app = TestApp::start_with(&format!("{SEALING}{base}")).await;
    let account = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&account).await;
    (app, cookie)
}

/// What stands in the field of a page.
fn value_of(page: &str, id: &str) -> String {
    let page = html::read(page);
    let fields = html::all(&page, &format!("#{id}"));
    fields[0].value().attr("value").unwrap().to_owned()
}

/// The path of the only source to which something is pushed.
async fn path_of(app: &TestApp, name: &str) -> String {
    let list = app.get("/v1/sources").await.expect(200).json();
    let all = list["items"].as_array().unwrap().clone();
    let found = all.iter().find(|source| source["name"] == name).unwrap();
    format!("/sources/{}", found["id"].as_str().unwrap())
}

async fn push(app: &TestApp, address: &str, secret: &str, body: &str) -> Answer {
    let path = address.replace("https://plaudit.example", "");
    let request = app.web().post(&path).content_type("application/json");
    let request = request.header("authorization", format!("Bearer {secret}"));
    Answer::read(request.body(body.to_owned()).send().await).await
}

#[tokio::test]
async fn an_administrator_connects_any_tool_by_page_and_sees_what_came() {
    let (app, cookie) = administrator().await;
    let list = app.page_as(&cookie, "/connect").await.expect(200).text;
    for (kind, tool) in Tool::all() {
        let address = format!("/connect?kind={kind}");
        assert!(html::addresses(&list).contains(&address), "{kind}");
        let form = app
            .page_as(&cookie, &format!("/connect?kind={kind}"))
            .await
            .expect(200)
            .text;
        assert!(
            html::faults(&form, false).is_empty(),
            "{kind}: {:?}",
            html::faults(&form, false)
        );
        let has_field = form.contains("name=\"secrets\"");
        let are_theirs = tool.secrets_from != SecretsFrom::Here && !tool.secrets.is_empty();
        assert_eq!(has_field, are_theirs, "{kind}");
        let made = app
            .form_as(&cookie, "/connect", &[("kind", kind), ("name", kind)])
            .await
            .expect(201)
            .text;
        assert!(
            value_of(&made, "address").starts_with("https://plaudit.example/hooks/"),
            "{kind}"
        );
        assert_eq!(
            made.contains("id=\"secret-0\""),
            !are_theirs && !tool.secrets.is_empty(),
            "{kind}"
        );
        let page = app
            .page_as(&cookie, &path_of(&app, kind).await)
            .await
            .expect(200)
            .text;
        assert!(!page.contains(&value_of(&made, "address")), "it is shown once");
        assert_eq!(
            page.contains("The secret is missing"),
            are_theirs && !tool.works_without_secrets(),
            "{kind}"
        );
    }
    let taken = app
        .form_as(&cookie, "/connect", &[("kind", "typeform"), ("name", "typeform")])
        .await
        .expect(422);
    assert!(
        taken.text.contains("Another source has this name"),
        "{}",
        taken.text
    );
    app.end().await;
}

#[tokio::test]
async fn what_stands_where_is_tried_on_the_last_push_and_then_read_again() {
    let (app, cookie) = administrator().await;
    let fields = [("kind", "generic"), ("name", "Exit poll")];
    let made = app.form_as(&cookie, "/connect", &fields).await.expect(201).text;
    let (address, secret) = (value_of(&made, "address"), value_of(&made, "secret-0"));
    let path = path_of(&app, "Exit poll").await;
    let page = async || app.page_as(&cookie, &path).await.expect(200).text;
    assert!(page().await.contains("Nothing received yet."));
    push(&app, &address, "another secret", "{}").await.expect(401);
    assert!(
        page()
            .await
            .contains("its signature is another than the secret makes")
    );
    let body = r#"{"answers": [{"words": "Marta was so <kind>!"}], "who": "E-1", "mark": 9}"#;
    push(&app, &address, &secret, body).await.expect(200);
    app.work().await;
    let waits = page().await;
    assert!(waits.contains("One delivery could not be read."), "{waits}");
    let mapping = format!("{path}/mapping");
    let last = app
        .form_as(&cookie, &mapping, &[("do", "last")])
        .await
        .expect(422)
        .text;
    assert!(
        last.contains("/answers/0/words") && last.contains("no words stand where we look for them"),
        "{last}"
    );
    let typed = [
        ("do", "preview"),
        ("sample", body),
        ("at-text", "/answers/0/words"),
        ("at-staff", "/who"),
        ("at-score", "/mark"),
        ("scale", "nps"),
    ];
    let tried = app.form_as(&cookie, &mapping, &typed).await.expect(200).text;
    assert!(
        tried.contains("Marta was so &lt;kind&gt;!") && tried.contains("9 (nps)"),
        "{tried}"
    );
    assert!(
        html::faults(&tried, false).is_empty(),
        "{:?}",
        html::faults(&tried, false)
    );
    let wrong = [("do", "save"), ("sample", body), ("at-text", "words")];
    let refused = app.form_as(&cookie, &mapping, &wrong).await.expect(422).text;
    assert!(refused.contains("must begin with /"), "{refused}");
    let mut save = typed;
    save[0] = ("do", "save");
    let saved = app.form_as(&cookie, &mapping, &save).await.expect(200).text;
    assert!(saved.contains("Saved."), "{saved}");
    push(&app, &address, &secret, &body.replace("so ", "very "))
        .await
        .expect(200);
    app.work().await;
    assert_eq!(app.texts().await, ["Marta was very <kind>!"]);
    let renewed = app
        .form_as(&cookie, &format!("{path}/address"), &[])
        .await
        .expect(201)
        .text;
    assert_ne!(value_of(&renewed, "address"), address);
    push(&app, &address, &secret, body).await.expect(404);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_secret_that_the_tool_shows_later_is_entered_on_the_page() {
    let (app, cookie) = administrator().await;
    let fields = [
        ("kind", "surveymonkey"),
        ("name", "Survey"),
        ("secrets", "only one"),
    ];
    let refused = app.form_as(&cookie, "/connect", &fields).await.expect(422).text;
    assert!(refused.contains("as many as there are"), "{refused}");
    let fields = [("kind", "surveymonkey"), ("name", "Survey")];
    app.form_as(&cookie, "/connect", &fields).await.expect(201);
    let path = path_of(&app, "Survey").await;
    let secret = format!("{path}/secret");
    let refused = app
        .form_as(&cookie, &secret, &[("secrets", " ")])
        .await
        .expect(422)
        .text;
    assert!(refused.contains("as many as there are"), "{refused}");
    let both = [("secrets", "client\r\nsecret")];
    app.form_as(&cookie, &secret, &both).await.expect(303);
    let page = app.page_as(&cookie, &path).await.expect(200).text;
    assert!(
        !page.contains("The secret is missing") && !page.contains("client\nsecret"),
        "{page}"
    );
    app.end().await;
}

/// What a tool held before it pushed is fetched and taken back on its source's page.
#[tokio::test]
async fn an_administrator_fetches_earlier_answers_by_page_and_takes_them_back() {
    let (app, cookie) = administrator().await;
    let said = answers(3, app.clock.now());
    let tool = FakeTool::start("formbricks", said.clone()).await;
    let fields = [("kind", "formbricks"), ("name", "Survey")];
    app.form_as(&cookie, "/connect", &fields).await.expect(201);
    let path = path_of(&app, "Survey").await;
    let page = async || app.page_as(&cookie, &path).await.expect(200).text;
    let bare = page().await;
    assert!(
        bare.contains("No key is entered yet.") && bare.contains("https://app.formbricks.com"),
        "{bare}"
    );
    assert!(!bare.contains("id=\"since\""), "there is no key to fetch with");
    let settings = tool.settings();
    let server = settings["fetch"]["server"].as_str().unwrap().to_owned();
    let key = format!("{path}/reading-key");
    let typed = [
        ("server", "ftp://x"),
        ("named-survey", "77"),
        ("reading_key", KEY),
    ];
    let refused = app.form_as(&cookie, &key, &typed).await.expect(422).text;
    assert!(refused.contains("is not https"), "{refused}");
    let typed = [
        ("server", server.as_str()),
        ("named-survey", "77"),
        ("reading_key", KEY),
    ];
    app.form_as(&cookie, &key, &typed).await.expect(303);
    let entered = page().await;
    assert!(
        entered.contains("A key is entered.") && !entered.contains(KEY),
        "{entered}"
    );
    assert!(
        html::faults(&entered, false).is_empty(),
        "{:?}",
        html::faults(&entered, false)
    );
    let backfill = format!("{path}/backfill");
    let future = [("do", "begin"), ("since", "2030-01-01")];
    let refused = app.form_as(&cookie, &backfill, &future).await.expect(422).text;
    assert!(refused.contains("lies in the future"), "{refused}");
    let day = said[0].at.date_naive().to_string();
    let begin = [("do", "begin"), ("since", day.as_str())];
    app.form_as(&cookie, &backfill, &begin).await.expect(303);
    assert!(page().await.contains("Fetching."));
    app.work().await;
    let done = page().await;
    assert!(done.contains("Everything is fetched."), "{done}");
    assert!(done.contains("Answers read: 3. New messages: 3."), "{done}");
    assert!(
        html::faults(&done, false).is_empty(),
        "{:?}",
        html::faults(&done, false)
    );
    app.form_as(&cookie, &backfill, &[("do", "undo")])
        .await
        .expect(303);
    assert!(page().await.contains("Taken back."));
    assert!(app.texts().await.is_empty());
    app.work().await;
    app.end().await;
}
