//! The second factor: set up, asked for, lost, and taken off; and what half a session reaches: nothing.
use chrono::TimeDelta;
use entity::{account, grant::Role};
use plaudit::{
    access::{Action, role, second_factor},
    app::App,
    platform::{clock::Clock, config::Config},
    sign_on::policy,
    web::pages::{PAGES, Who},
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::{
    reading::SEALING,
    sign_on::Company,
    support::{
        TestApp,
        document::Operation,
        factor::{Phone, paper},
        noon,
        process::Installation,
    },
};

const A_STEP: TimeDelta = TimeDelta::seconds(30);

async fn open() -> TestApp {
    TestApp::start_with(&format!(
        "{SEALING}[limits]\nsign_ins_per_minute = 1000\napi_per_minute = 100000\n"
    ))
    .await
}

/// An administrator who has a second factor, their app, and the session that set it up.
async fn ruth_with_phone(app: &TestApp) -> (account::Model, Phone, String) {
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    let phone = app.sets_factor_up(&cookie).await;
    (ruth, phone, cookie)
}

/// Mails to an address whose subject or text has these words.
async fn mailed(app: &TestApp, to: &str, words: &str) -> usize {
    app.work().await;
    let is_it = |mail: &crate::support::smtp::Received| {
        let parsed = mail_parser::MessageParser::default().parse(&mail.raw).unwrap();
        parsed.subject().unwrap_or_default().contains(words) && mail.to == to
    };
    app.mails().iter().filter(|mail| is_it(mail)).count()
}

#[tokio::test]
async fn from_setting_it_up_to_signing_in_and_confirming_and_turning_it_off() {
    let app = open().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let elsewhere = app.sign_in(&ruth).await;
    let cookie = app.sign_in(&ruth).await;
    let me = app.page_as(&cookie, "/me").await.expect(200);
    assert!(me.text.contains("/me/second-factor"), "{}", me.text);
    let phone = app.sets_factor_up(&cookie).await;
    assert_eq!(phone.paper.len(), 10);
    // What began without it is over; what set it up goes on.
    app.page_as(&elsewhere, "/me").await.expect(303);
    let page = app.page_as(&cookie, "/me/second-factor").await.expect(200);
    assert!(page.text.contains("10 recovery codes are left"), "{}", page.text);
    for shown in [&page, &app.page_as(&cookie, "/me").await] {
        let text = shown.text.replace(' ', "");
        assert!(!text.contains(&phone.secret) && !text.contains("otpauth"));
        assert!(phone.paper.iter().all(|code| !text.contains(code)));
    }
    // A link leads to the code, and the code to the page that was asked for, once.
    let link = app.link_for(&ruth, Some("/keys")).await;
    let half = app.send_form(&link, &[]).await.expect(303);
    assert_eq!(half.header("location"), "/sign-in-code?to=%2Fkeys");
    let half = half.cookie();
    let path = "/sign-in-code?to=%2Fkeys";
    let asked = app.page_as(&half, path).await.expect(200);
    assert!(asked.text.contains("the code from your app"), "{}", asked.text);
    app.advance(A_STEP);
    let wrong = phone.never_shows(app.clock.now());
    let again = app.form_as(&half, path, &[("code", &wrong)]).await.expect(422);
    assert!(again.text.contains("This code isn’t right") && !again.text.contains(&wrong));
    let code = phone.shows(app.clock.now());
    let entered = app.form_as(&half, path, &[("code", &code)]).await.expect(303);
    assert_eq!(entered.header("location"), "/keys");
    let whole = entered.cookie();
    assert_ne!(half, whole);
    app.page_as(&half, "/me").await.expect(303);
    app.page_as(&half, path).await.expect(303);
    // It has just been proved; after a quarter of an hour it is asked again.
    let key = [("name", "Till"), ("scope", "comments:write")];
    app.form_as(&whole, "/keys", &key).await.expect(201);
    app.advance(TimeDelta::hours(1));
    let led = app.form_as(&whole, "/keys", &key).await.expect(303);
    let confirm = led.header("location");
    assert_eq!(confirm, "/me/confirm?to=%2Fkeys");
    let asked = app.page_as(&whole, &confirm).await.expect(200);
    assert!(asked.text.contains("/me/confirm/code") && !asked.text.contains("Send me the link"));
    let here = "/me/confirm/code?to=%2Fkeys";
    let wrong = phone.never_shows(app.clock.now());
    app.form_as(&whole, here, &[("code", &wrong)]).await.expect(422);
    app.form_as(&whole, "/keys", &key).await.expect(303);
    let code = phone.shows(app.clock.now());
    let back = app.form_as(&whole, here, &[("code", &code)]).await.expect(303);
    assert_eq!(back.header("location"), "/keys");
    app.form_as(&whole, "/keys", &key).await.expect(201);
    // Turning it off asks for a code; then links alone sign in.
    let off = async |code: &str| {
        let fields = [("code", code), ("do", "off")];
        app.form_as(&whole, "/me/second-factor/change", &fields).await
    };
    let used = off(&code).await.expect(422);
    assert!(used.text.contains("has been used already"), "{}", used.text);
    app.advance(A_STEP);
    off(&phone.shows(app.clock.now())).await.expect(303);
    let link = app.link_for(&ruth, None).await;
    let answer = app.send_form(&link, &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/");
    for action in ["add_second_factor", "confirm_by_code", "remove_second_factor"] {
        assert_eq!(app.noted(action).await.len(), 1, "{action}");
    }
    assert_eq!(
        entity::recovery_code::Entity::find()
            .count(app.db.read())
            .await
            .unwrap(),
        0
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn it_is_kept_sealed_and_recovery_codes_as_hashes() {
    let app = open().await;
    let (_, phone, _) = ruth_with_phone(&app).await;
    let factor = entity::second_factor::Entity::find().one(app.db.read()).await;
    let factor = factor.unwrap().unwrap();
    let secret = totp_rs::Secret::try_from_base32(&phone.secret).unwrap();
    let is_in = |part: &[u8]| factor.secret.windows(part.len()).any(|window| window == part);
    assert!(!is_in(secret.as_bytes()) && !is_in(phone.secret.as_bytes()));
    let codes = entity::recovery_code::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    assert!(codes.iter().all(|code| code.code_hash.len() == 32));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_code_is_taken_once_even_of_two_at_the_same_time() {
    let app = open().await;
    let (ruth, phone, _) = ruth_with_phone(&app).await;
    // That one turned it on.
    let (one, other) = (app.half_session(&ruth).await, app.half_session(&ruth).await);
    let used = phone.shows(app.clock.now());
    let taken = app.gives_code(&one, &used).await.expect(422);
    assert!(taken.text.contains("has been used already"), "{}", taken.text);
    app.advance(A_STEP);
    let code = phone.shows(app.clock.now());
    let (first, second) = tokio::join!(app.gives_code(&one, &code), app.gives_code(&other, &code));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    // An older step than the last is over too, though it is near enough.
    app.advance(TimeDelta::seconds(-30));
    let third = app.half_session(&ruth).await;
    let taken = app.gives_code(&third, &used).await.expect(422);
    assert!(taken.text.contains("has been used already"), "{}", taken.text);
    app.advance(A_STEP);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn five_wrong_codes_end_the_attempt_and_the_account_waits() {
    let app = open().await;
    let (ruth, phone, cookie) = ruth_with_phone(&app).await;
    app.advance(A_STEP);
    let wrong = phone.never_shows(app.clock.now());
    let half = app.half_session(&ruth).await;
    // By the page of the code and by the page of changes: one count.
    for _ in 0..2 {
        app.gives_code(&half, &wrong).await.expect(422);
        let fields = [("code", &*wrong), ("do", "off")];
        app.form_as(&cookie, "/me/second-factor/change", &fields)
            .await
            .expect(422);
    }
    let stopped = app.gives_code(&half, &wrong).await.expect(429);
    assert!(stopped.text.contains("Too many wrong codes"), "{}", stopped.text);
    let over = app
        .gives_code(&half, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    assert_eq!(over.header("location"), "/sign-in");
    // The right code and those on paper are not taken either.
    let next = app.half_session(&ruth).await;
    for code in [&phone.shows(app.clock.now()), &phone.paper[0]] {
        app.gives_code(&next, code).await.expect(429);
    }
    assert_eq!(
        app.noted("refuse_second_factor").await,
        [(format!("account:{}", ruth.id), json!({ "count": 5 }))]
    );
    assert_eq!(mailed(&app, "ruth@example.org", "Five wrong codes").await, 1);
    let roles = app.page_as(&cookie, "/roles").await.expect(200);
    assert!(roles.text.contains("5 wrong codes from an app"), "{}", roles.text);
    // After a quarter of an hour it goes on; whoever goes on wrongly waits for half an hour.
    app.advance(TimeDelta::minutes(15));
    let next = app.half_session(&ruth).await;
    let wrong = phone.never_shows(app.clock.now());
    for _ in 0..4 {
        app.gives_code(&next, &wrong).await.expect(422);
    }
    app.gives_code(&next, &wrong).await.expect(429);
    app.advance(TimeDelta::minutes(29));
    let next = app.half_session(&ruth).await;
    app.gives_code(&next, &phone.shows(app.clock.now()))
        .await
        .expect(429);
    app.advance(TimeDelta::minutes(1));
    app.gives_code(&next, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    // Wrong codes that a right one ended are one line too.
    app.advance(A_STEP);
    let next = app.half_session(&ruth).await;
    for _ in 0..3 {
        let wrong = phone.never_shows(app.clock.now());
        app.gives_code(&next, &wrong).await.expect(422);
    }
    app.gives_code(&next, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    let counts: Vec<_> = app
        .noted("refuse_second_factor")
        .await
        .into_iter()
        .map(|(_, detail)| detail["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [5, 5, 3]);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_end_the_old() {
    let app = open().await;
    let (ruth, phone, _) = ruth_with_phone(&app).await;
    let half = app.half_session(&ruth).await;
    // However it is typed.
    let typed = phone.paper[0].to_lowercase().replace('-', " ");
    let whole = app.gives_code(&half, &typed).await.expect(303).cookie();
    let page = app.page_as(&whole, "/me/second-factor").await.expect(200);
    assert!(page.text.contains("9 recovery codes are left"), "{}", page.text);
    assert_eq!(
        mailed(&app, "ruth@example.org", "A recovery code was used").await,
        1
    );
    assert_eq!(app.noted("use_recovery_code").await[0].1, json!({ "left": 9 }));
    let half = app.half_session(&ruth).await;
    app.gives_code(&half, &phone.paper[0]).await.expect(422);
    app.advance(A_STEP);
    let fields = [("code", &*phone.shows(app.clock.now())), ("do", "renew")];
    let renewed = app
        .form_as(&whole, "/me/second-factor/change", &fields)
        .await
        .expect(200);
    let new = paper(&renewed);
    assert_eq!(new.len(), 10);
    app.gives_code(&half, &phone.paper[1]).await.expect(422);
    app.gives_code(&half, &new[0]).await.expect(303);
    // Nobody else's.
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    app.sets_factor_up(&app.sign_in(&ann).await).await;
    let half = app.half_session(&ann).await;
    app.gives_code(&half, &new[1]).await.expect(422);
    app.work().await;
    app.end().await;
}

/// A path of the table with something in its parts.
fn filled(path: &str) -> String {
    let part = |part: &str| match part.starts_with(':') {
        true => "019a0000-0000-7000-8000-000000000000".to_owned(),
        false => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn half_a_session_reaches_no_page_and_no_operation() {
    let app = open().await;
    let (ruth, phone, _) = ruth_with_phone(&app).await;
    app.advance(A_STEP);
    let half = app.half_session(&ruth).await;
    for page in PAGES.iter().filter(|page| page.who != Who::Anybody) {
        let path = filled(page.path);
        let answer = match page.method {
            "GET" => app.page_as(&half, &path).await,
            _ => app.form_as(&half, &path, &[]).await,
        };
        let location = answer.expect(303).header("location");
        assert!(
            location == "/sign-in-code" || location.starts_with("/sign-in-code?to="),
            "{} {path}: {location}",
            page.method
        );
    }
    let home = app.page_as(&half, "/").await.expect(303);
    assert_eq!(home.header("location"), "/sign-in-code");
    for operation in Operation::all() {
        let path = operation.address("019a0000-0000-7000-8000-000000000000");
        let body = operation
            .body
            .as_ref()
            .map(|(_, body)| body.clone())
            .unwrap_or_default();
        let answer = app.send_as(&half, operation.method.clone(), &path, &body).await;
        assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
    }
    for (method, path) in [
        (Method::POST, "/scim/v2/Users"),
        (Method::GET, "/scim/v2/Users"),
        (Method::GET, "/feed/live"),
    ] {
        let answer = app.ask_as(&half, method, path).await;
        assert!(
            matches!(answer.status.as_u16(), 303 | 401),
            "{path}: {}",
            answer.status
        );
    }
    // It is no session that is listed, and it does not know the browser; it is over after a quarter of an hour.
    let open = plaudit::access::session::list(app.db.read(), app.organisation.id, ruth.id, app.clock.now());
    assert_eq!(open.await.unwrap().len(), 1);
    app.advance(TimeDelta::minutes(15));
    let late = app
        .gives_code(&half, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    assert_eq!(late.header("location"), "/sign-in");
    assert!(
        app.noted("sign_in").await.len() == 1,
        "only what began without a factor"
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn where_it_is_needed_a_role_waits_until_it_is_set_up() {
    let app = open().await;
    let york = app.site("York", None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), None).await.id;
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let boss = app.sign_in(&ruth).await;
    let ask = async |needed: &str| {
        app.form_as(&boss, "/roles/second-factor", &[("needed", needed)])
            .await
    };
    // Whoever asks it of others has one.
    let refused = ask("yes").await.expect(409);
    assert!(refused.text.contains("for yourself first"), "{}", refused.text);
    let of_ann = app.sign_in(&ann).await;
    app.page_as(&of_ann, "/keys").await.expect(200);
    app.sets_factor_up(&boss).await;
    ask("yes").await.expect(303);
    let page = app.page_as(&boss, "/roles").await.expect(200);
    assert!(
        page.text.contains("One person doesn’t have it yet"),
        "{}",
        page.text
    );
    // At once, in sessions that there are too.
    for page in PAGES.iter().filter(|page| page.who != Who::Anybody) {
        let path = filled(page.path);
        let answer = match page.method {
            "GET" => app.page_as(&of_ann, &path).await,
            _ if path.starts_with("/me/sign-out") => continue,
            _ => app.form_as(&of_ann, &path, &[]).await,
        };
        let is_open = path == "/me/second-factor"
            || path == "/me/second-factor/confirm"
            || path.starts_with("/me/confirm");
        let location = answer
            .headers
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        let is_led = location.as_deref() == Some("/me/second-factor");
        assert!(
            is_led || is_open,
            "{} {path}: {} {location:?}",
            page.method,
            answer.status
        );
    }
    assert_eq!(
        app.page_as(&of_ann, "/").await.header("location"),
        "/me/second-factor"
    );
    let refused = app.ask_as(&of_ann, Method::GET, "/v1/keys").await.expect(403);
    assert_eq!(refused.at("/type"), "urn:plaudit:problem:second_factor");
    let page = app.page_as(&of_ann, "/me/second-factor").await.expect(200);
    assert!(page.text.contains("your role waits"), "{}", page.text);
    app.sets_factor_up(&of_ann).await;
    app.page_as(&of_ann, "/keys").await.expect(200);
    // Whoever holds no role is asked nothing.
    let of_tom = app.sign_in_staff(tom).await;
    app.page_as(&of_tom, "/feed").await.expect(200);
    app.page_as(&of_tom, "/me/second-factor").await.expect(404);
    app.form_as(&of_tom, "/me/second-factor", &[]).await.expect(404);
    // And so in no other organisation.
    let (other, _) = app.other_organisation().await;
    assert!(!second_factor::is_needed(app.db.read(), other.id).await.unwrap());
    ask("").await.expect(303);
    let policies = app.noted("change_second_factor_policy").await;
    assert_eq!(policies.len(), 2);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn whoever_comes_through_the_company_is_proved_there_but_for_emergencies() {
    let company = Company::with_roles(&["auditors=auditor"]).await;
    let app = &company.app;
    let (ruth, phone, boss) = ruth_with_phone(app).await;
    let claims = json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true, "groups": ["auditors"] });
    company.there.person(claims);
    app.form_as(&boss, "/roles/second-factor", &[("needed", "yes")])
        .await
        .expect(303);
    let (mut browser, _) = company.comes().await;
    browser.get("/keys").await.expect(200);
    // The one for emergencies comes past the company: with a code, and all administrators are told when it was right.
    policy::set(&app.sign_on(), app.organisation.id, Some(ruth.id), "cli")
        .await
        .unwrap();
    app.advance(A_STEP);
    let half = app.half_session(&ruth).await;
    assert_eq!(
        mailed(app, "ruth@example.org", "without the company account").await,
        0
    );
    app.gives_code(&half, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    assert_eq!(
        mailed(app, "ruth@example.org", "without the company account").await,
        1
    );
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn the_one_for_emergencies_needs_their_own_though_they_come_through_the_company() {
    let company = Company::open().await;
    let app = &company.app;
    let (_, _, boss) = ruth_with_phone(app).await;
    let priya = app.signing_in(company.priya).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &priya, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut browser = crate::sign_on::Browser::new(app);
    let cookie = app.sign_in(&priya).await;
    let (name, token) = cookie.split_once('=').unwrap();
    browser.cookies.insert(name.to_owned(), token.to_owned());
    company.links_in(&mut browser, &[]).await.expect(303);
    app.form_as(&boss, "/roles/second-factor", &[("needed", "yes")])
        .await
        .expect(303);
    browser.get("/keys").await.expect(200);
    policy::set(&app.sign_on(), app.organisation.id, Some(priya.id), "cli")
        .await
        .unwrap();
    let led = browser.get("/keys").await.expect(303);
    assert_eq!(led.header("location"), "/me/second-factor");
    browser.get("/me/second-factor").await.expect(200);
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn another_administrator_takes_it_off_and_nobody_else() {
    let app = open().await;
    let (ruth, phone, of_ruth) = ruth_with_phone(&app).await;
    let zed = app
        .account_with("zed@example.org", Role::Administrator, None)
        .await;
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    let path = format!("/accounts/{}", ruth.id);
    let take_off = format!("{path}/second-factor/take-off");
    app.form_as(&of_ruth, &take_off, &[]).await.expect(409);
    let of_ann = app.sign_in(&ann).await;
    let page = app.page_as(&of_ann, &path).await.expect(200);
    assert!(!page.text.contains("take-off"), "{}", page.text);
    app.form_as(&of_ann, &take_off, &[]).await.expect(403);
    // Who asks proves first who they are.
    let of_zed = app.sign_in(&zed).await;
    app.advance(TimeDelta::hours(1));
    let led = app.form_as(&of_zed, &take_off, &[]).await.expect(303);
    assert_eq!(
        led.header("location"),
        format!("/me/confirm?to=%2Faccounts%2F{}", ruth.id)
    );
    let of_zed = app.sign_in(&zed).await;
    let half = app.half_session(&ruth).await;
    app.form_as(&of_zed, &take_off, &[]).await.expect(303);
    app.page_as(&of_ruth, "/me").await.expect(303);
    let over = app
        .gives_code(&half, &phone.shows(app.clock.now()))
        .await
        .expect(303);
    assert_eq!(over.header("location"), "/sign-in");
    assert_eq!(
        mailed(&app, "ruth@example.org", "was taken off your account").await,
        1
    );
    let noted = app.noted("take_off_second_factor").await;
    assert_eq!(noted[0].0, format!("account:{}", zed.id));
    let link = app.link_for(&ruth, None).await;
    assert_eq!(
        app.send_form(&link, &[]).await.expect(303).header("location"),
        "/"
    );
    app.form_as(&of_zed, &take_off, &[]).await.expect(404);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn an_administrator_sees_and_ends_sessions_of_others() {
    let app = open().await;
    let york = app.site("York", None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), None).await.id;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let (of_tom, boss) = (app.sign_in_staff(tom).await, app.sign_in(&ruth).await);
    let account = app.signing_in(tom).await;
    let path = format!("/accounts/{}", account.id);
    let person = app.page_as(&boss, &format!("/people/{tom}")).await.expect(200);
    assert!(person.text.contains(&path), "{}", person.text);
    let page = app.page_as(&boss, &path).await.expect(200);
    assert!(page.text.contains("Firefox, Android"), "{}", page.text);
    let end = format!("{path}/sessions/end");
    app.form_as(&of_tom, &end, &[]).await.expect(403);
    let link = app.link_for(&account, None).await;
    let ended = app.form_as(&boss, &end, &[]).await.expect(303);
    let page = app.page_as(&boss, &ended.header("location")).await.expect(200);
    assert!(page.text.contains("Not signed in anywhere"), "{}", page.text);
    app.page_as(&of_tom, "/feed").await.expect(303);
    app.page(&link).await.expect(410);
    assert_eq!(mailed(&app, "tom@example.org", "You were signed out").await, 1);
    assert_eq!(app.noted("end_sessions").await.len(), 1);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_link_that_links_with_the_company_does_not_pass_by_the_code() {
    use plaudit::access::sign_in::{self, NewLink};
    let company = Company::open().await;
    let app = &company.app;
    let (ruth, _, _) = ruth_with_phone(app).await;
    let new = NewLink {
        kind: entity::sign_in_link::Kind::Link,
        language: None,
        path: None,
        actor: "cli",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    let link = sign_in::make(&tx, &app.secrets, &ruth, &new).await.unwrap();
    tx.commit().await.unwrap();
    let token = sign_in::token(&app.secrets, link.id);
    company.there.person(json!({ "sub": "s-mallory" }));
    let mut browser = crate::sign_on::Browser::new(app);
    company
        .links_in(&mut browser, &[("handed", &token)])
        .await
        .expect(403);
    assert!(!browser.is_signed_in().await && company.links().await.is_empty());
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn what_changes_who_gets_in_asks_for_a_fresh_proof() {
    for action in [
        Action::SET_SECOND_FACTOR,
        Action::TAKE_SECOND_FACTOR_OFF,
        Action::CHANGE_SECOND_FACTOR_POLICY,
    ] {
        assert!(action.needs_fresh_sign_in(), "{}", action.operation);
    }
    let app = open().await;
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    let cookie = app.sign_in(&ann).await;
    app.advance(TimeDelta::hours(1));
    let led = app.form_as(&cookie, "/me/second-factor", &[]).await.expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Fme%2Fsecond-factor");
    app.end().await;
}

#[tokio::test]
async fn without_a_lasting_key_nothing_is_set_up() {
    let app = TestApp::start().await;
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    let cookie = app.sign_in(&ann).await;
    let refused = app.form_as(&cookie, "/me/second-factor", &[]).await.expect(409);
    assert!(refused.text.contains("plaudit init"), "{}", refused.text);
    app.end().await;
}

#[tokio::test]
async fn it_ends_with_an_account_that_is_closed() {
    let app = open().await;
    let (ruth, _, _) = ruth_with_phone(&app).await;
    app.account_with("zed@example.org", Role::Administrator, None)
        .await;
    let tx = app.db.write().await.unwrap();
    let held = role::list(&tx, app.organisation.id, app.clock.now())
        .await
        .unwrap();
    let own = held.iter().find(|held| held.grant.account_id == ruth.id).unwrap();
    role::revoke(&tx, app.organisation.id, own.grant.id, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        entity::second_factor::Entity::find()
            .count(app.db.read())
            .await
            .unwrap(),
        0
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn the_command_takes_it_off_whoever_lost_it() {
    let shop = Installation::create("employee_id,given_name,family_name,site\n", &[]).await;
    shop.run(&["invite", "boss@example.org", "--role", "administrator"]);
    let refused = shop.fails(&["second-factor", "take-off", "boss@example.org"]);
    assert!(
        refused.contains("boss@example.org has no second factor"),
        "{refused}"
    );
    let unknown = shop.fails(&["second-factor", "take-off", "nobody@example.org"]);
    assert!(unknown.contains("nobody has the address"), "{unknown}");
    let mut config = Config::from_toml("").unwrap();
    config.database.url = shop.database.url().into();
    let app = App::connect(config, Clock::fixed(noon())).await.unwrap();
    let theirs = account::Entity::find().filter(account::Column::Email.eq("boss@example.org"));
    let theirs = theirs.one(app.db.read()).await.unwrap().unwrap();
    // With a secret that nothing opens: the installation's key is lost, too.
    let lost = entity::second_factor::ActiveModel {
        account_id: Set(theirs.id),
        organisation_id: Set(theirs.organisation_id),
        secret: Set(vec![1]),
        created_at: Set(noon()),
        confirmed_at: Set(Some(noon())),
        last_step: Set(None),
        wrong: Set(0),
        waits_until: Set(None),
    };
    lost.insert(app.db.writer()).await.unwrap();
    app.service.db.close().await;
    let said = shop.run(&["second-factor", "take-off", "Boss@example.org"]);
    assert!(
        said.contains("boss@example.org has no second factor any more"),
        "{said}"
    );
    let again = shop.fails(&["second-factor", "take-off", "boss@example.org"]);
    assert!(again.contains("has no second factor"), "{again}");
    let said = shop.run(&["second-factor", "optional"]);
    assert!(said.contains("need no second factor"), "{said}");
    shop.database.remove().await;
}
