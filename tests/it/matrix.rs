//! Every page and every operation of the API for every role: who gets in, and who does not. A page that stands in no
//! row here fails, and so does an operation whose answer does not follow from its `Action`.
//!
//! A new page gets a row in [`PAGES`]: its path, its method, whose it is, and the status that each role gets. What a
//! path names is that role's own team's, another team's, or another organisation's, one after the other.
use std::collections::BTreeSet;

use entity::grant::Role;
use plaudit::access::{Action, By};
use poem::http::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Answer, TestApp, document::Operation, form::encoded};

/// Who asks. The order is that of the columns below.
const ROLES: [&str; 7] = [
    "nobody",
    "former",
    "staff",
    "manager",
    "lead",
    "auditor",
    "administrator",
];

/// What the path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Nothing: one page for all.
    Nothing,
    /// A member of the team of the role's manager; for staff, themselves.
    Own,
    /// Somebody of another team at another site.
    OtherTeam,
    /// Somebody of another organisation.
    Foreign,
    /// The role's own site, or another one.
    Site,
    /// Another site.
    OtherSite,
}

/// Path, method, what it names, and the status for each of [`ROLES`]. 303 for nobody is the way to the sign-in.
type Row = (&'static str, &'static str, Of, [u16; 7]);

/// For whoever comes: nothing depends on the role.
const OPEN: &[&str] = &[
    "/thank/:organisation",
    "/thank/:organisation/:site",
    "/r/:token",
    "/r/:token/correct",
    "/r/:token/withdraw",
    "/p/:token",
    "/u/:token",
    "/static/:name",
    "/brand/:file",
    "/sign-in",
    "/sign-in/:token",
    "/join",
];

const PAGES: &[Row] = &[
    ("/", "GET", Of::Nothing, [303; 7]),
    ("/me", "GET", Of::Nothing, [303, 200, 200, 200, 200, 200, 200]),
    ("/me", "POST", Of::Nothing, [303; 7]),
    (
        "/me/sessions/:id/end",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    // Whoever is not on the roster is led to their desk.
    ("/feed", "GET", Of::Nothing, [303, 200, 200, 200, 303, 200, 200]),
    (
        "/feed/staff/:id",
        "GET",
        Of::Own,
        [303, 403, 200, 200, 200, 200, 200],
    ),
    (
        "/feed/staff/:id",
        "GET",
        Of::OtherTeam,
        [303, 403, 403, 403, 403, 200, 200],
    ),
    (
        "/feed/staff/:id",
        "GET",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/feed/site/:id",
        "GET",
        Of::Site,
        [303, 403, 403, 403, 200, 200, 200],
    ),
    (
        "/feed/site/:id",
        "GET",
        Of::OtherSite,
        [303, 403, 403, 403, 403, 200, 200],
    ),
    (
        "/feed/site/:id",
        "GET",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    ("/board", "GET", Of::Nothing, [303, 200, 200, 200, 200, 200, 200]),
    (
        "/team/join",
        "GET",
        Of::Nothing,
        [303, 403, 403, 200, 200, 403, 200],
    ),
    (
        "/team/join/:id",
        "GET",
        Of::Own,
        [303, 403, 403, 303, 303, 403, 303],
    ),
    (
        "/team/join/:id",
        "POST",
        Of::Own,
        [303, 403, 403, 303, 303, 403, 303],
    ),
    (
        "/team/join/:id",
        "POST",
        Of::OtherTeam,
        [303, 403, 403, 403, 403, 403, 303],
    ),
    (
        "/team/join/:id",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/team/join/:id/revoke",
        "POST",
        Of::Own,
        [303, 403, 403, 303, 303, 403, 303],
    ),
    (
        "/team/join/:id/revoke",
        "POST",
        Of::OtherTeam,
        [303, 403, 403, 403, 403, 403, 303],
    ),
    (
        "/team/join/:id/revoke",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    ("/roster", "GET", Of::Nothing, [303, 403, 403, 403, 403, 200, 200]),
    // What was not shown before is not applied.
    (
        "/roster/apply",
        "POST",
        Of::Nothing,
        [303, 403, 403, 403, 403, 403, 409],
    ),
    (
        "/sources",
        "GET",
        Of::Nothing,
        [303, 403, 403, 403, 403, 200, 200],
    ),
    (
        "/sources/:id/switch",
        "POST",
        Of::Foreign,
        [303, 403, 403, 403, 403, 403, 404],
    ),
    ("/held", "GET", Of::Nothing, [303, 403, 403, 403, 403, 200, 200]),
    (
        "/held/:id",
        "POST",
        Of::Foreign,
        [303, 403, 403, 403, 403, 403, 400],
    ),
    ("/jobs", "GET", Of::Nothing, [303, 403, 403, 403, 403, 200, 200]),
    (
        "/jobs/retry",
        "POST",
        Of::Nothing,
        [303, 403, 403, 403, 403, 403, 303],
    ),
    (
        "/jobs/:id/retry",
        "POST",
        Of::Foreign,
        [303, 403, 403, 403, 403, 403, 404],
    ),
    ("/keys", "GET", Of::Nothing, [303, 403, 403, 403, 403, 200, 200]),
    ("/keys", "POST", Of::Nothing, [303, 403, 403, 403, 403, 403, 422]),
    (
        "/keys/:id/revoke",
        "POST",
        Of::Foreign,
        [303, 403, 403, 403, 403, 403, 404],
    ),
    ("/audit", "GET", Of::Nothing, [303, 403, 403, 403, 403, 200, 200]),
    (
        "/settings",
        "GET",
        Of::Nothing,
        [303, 403, 403, 403, 403, 200, 200],
    ),
    // Without a board mode, whoever may change it is told so.
    (
        "/settings",
        "POST",
        Of::Nothing,
        [303, 403, 403, 403, 403, 403, 400],
    ),
    (
        "/settings/logo/remove",
        "POST",
        Of::Nothing,
        [303, 403, 403, 403, 403, 403, 303],
    ),
    (
        "/feed/team",
        "GET",
        Of::Nothing,
        [303, 404, 200, 200, 404, 404, 404],
    ),
    ("/desk", "GET", Of::Nothing, [303, 403, 403, 200, 200, 200, 200]),
    (
        "/feed/praise/:id/answer",
        "POST",
        Of::Foreign,
        [303, 422, 422, 422, 404, 404, 404],
    ),
    (
        "/feed/praise/:id/answer/take-back",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/feed/praise/:id/hide",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/feed/praise/:id/show",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/feed/praise/:id/not-me",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/feed/perhaps/:id/claim",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/praise/:id/pass-on",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/praise/:id/undo",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/praise/:id/not-them",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/comment/:id/decide",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/comment/:id/undo",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/comment/:id/handled",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    (
        "/desk/comment/:id/handled/undo",
        "POST",
        Of::Foreign,
        [303, 404, 404, 404, 404, 404, 404],
    ),
    // Last, since they end the session.
    ("/me/sign-out", "POST", Of::Nothing, [303; 7]),
    ("/me/sign-out-everywhere", "POST", Of::Nothing, [303; 7]),
];

/// What is tried elsewhere: uploads of files in `admin_pages`, and the stream, which stays open.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/roster", "POST"),
    ("/settings/logo", "POST"),
    ("/feed/live", "GET"),
];

struct World {
    app: TestApp,
    cookies: Vec<Option<String>>,
    site: Uuid,
    other_site: Uuid,
    staff: Uuid,
    colleague: Uuid,
    stranger: Uuid,
    foreign: Uuid,
}

impl World {
    async fn make() -> World {
        let app = TestApp::start().await;
        let site = app.site("Leeds", None).await.id;
        let other_site = app.site("York", None).await.id;
        let manager = app.person("Ruth", "Adler", Some(site), None).await.id;
        let staff = app.person("Priya", "Nair", Some(site), Some(manager)).await.id;
        let other_manager = app.person("Olga", "Berg", Some(other_site), None).await.id;
        let stranger = app
            .person("Tom", "Hall", Some(other_site), Some(other_manager))
            .await
            .id;
        let former = app.person("Ed", "Carver", Some(site), Some(manager)).await.id;
        let lead = app
            .account_with("lead@example.org", Role::SiteLead, Some(site))
            .await;
        let auditor = app.account_with("auditor@example.org", Role::Auditor, None).await;
        let administrator = app
            .account_with("admin@example.org", Role::Administrator, None)
            .await;
        let cookies = vec![
            None,
            Some(app.sign_in_staff(former).await),
            Some(app.sign_in_staff(staff).await),
            Some(app.sign_in_staff(manager).await),
            Some(app.sign_in(&lead).await),
            Some(app.sign_in(&auditor).await),
            Some(app.sign_in(&administrator).await),
        ];
        app.leaves(former, app.clock.now().date_naive() - chrono::TimeDelta::days(10))
            .await;
        let (_, key) = app.other_organisation().await;
        let theirs = serde_json::json!({"employee_id": "x", "given_name": "Xe", "family_name": "Yo"});
        let foreign = app
            .call(Method::POST, "/v1/staff", Some(&key), Some(theirs))
            .await
            .expect(201);
        World {
            cookies,
            site,
            other_site,
            staff,
            colleague: staff,
            stranger,
            foreign: foreign.at("/id").parse().unwrap(),
            app,
        }
    }

    fn id(&self, of: Of) -> Uuid {
        match of {
            Of::Nothing => Uuid::nil(),
            Of::Own => self.colleague,
            Of::OtherTeam => self.stranger,
            Of::Foreign => self.foreign,
            Of::Site => self.site,
            Of::OtherSite => self.other_site,
        }
    }

    async fn ask(&self, role: usize, method: &str, path: &str, body: Option<(String, String)>) -> Answer {
        let mut request = self.app.web().request(method.parse().unwrap(), path);
        if let Some(cookie) = &self.cookies[role] {
            request = request
                .header("cookie", cookie)
                .header("sec-fetch-site", "same-origin");
        }
        if let Some((media_type, body)) = body {
            request = request.content_type(media_type).body(body);
        }
        Answer::read(request.send().await).await
    }
}

#[test]
fn every_page_stands_in_the_matrix() {
    let mut missing: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (path, methods) in plaudit::http::pages::METHODS {
        let methods = methods.iter().filter(|method| **method != "HEAD");
        missing.extend(methods.map(|method| (*path, *method)));
    }
    missing.retain(|(path, _)| !OPEN.contains(path));
    missing.retain(|page| !ELSEWHERE.contains(page));
    for (path, method, ..) in PAGES {
        missing.remove(&(*path, *method));
    }
    assert!(
        missing.is_empty(),
        "give these pages a row in tests/it/matrix.rs: {missing:?}"
    );
}

#[tokio::test]
async fn every_page_opens_for_those_whom_it_is_for() {
    let world = World::make().await;
    let mut wrong = Vec::new();
    for (path, method, of, expected) in PAGES {
        let path = path.replace(":id", &world.id(*of).to_string());
        for (role, expected) in expected.iter().enumerate() {
            let form = "application/x-www-form-urlencoded".to_owned();
            let body = (*method == "POST").then(|| (form, encoded(&[])));
            let answer = world.ask(role, method, &path, body).await;
            if answer.status.as_u16() != *expected {
                wrong.push(format!(
                    "{method} {path} ({of:?}) as {}: {}, not {expected}",
                    ROLES[role], answer.status
                ));
            }
            let leads_to_sign_in = answer
                .headers
                .get("location")
                .is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
            if role == 0 && !leads_to_sign_in {
                wrong.push(format!("{method} {path} does not lead nobody to the sign-in"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.app.work().await;
    world.app.end().await;
}

/// Whether a role may do this to the organisation as a whole, or to something that is not there.
fn is_for(by: By, role: &str) -> bool {
    let oversees = matches!(role, "auditor" | "administrator");
    let is_active = !matches!(role, "nobody" | "former");
    match by {
        By::Programs | By::Oneself => false,
        By::Everybody => is_active,
        By::Decide | By::Administrators => role == "administrator",
        By::Board | By::Praise | By::Desk | By::Lead | By::Overseers => oversees,
    }
}

#[tokio::test]
async fn every_operation_answers_each_role_as_its_action_says() {
    let world = World::make().await;
    let mut wrong = Vec::new();
    for operation in Operation::all() {
        let action = Action::ALL
            .iter()
            .find(|action| action.operation == operation.id)
            .unwrap();
        let nothing = if operation.path.starts_with("/v1/jobs") {
            "4000000".to_owned()
        } else {
            Uuid::nil().to_string()
        };
        let path = operation.address(&nothing);
        for (role, name) in ROLES.iter().enumerate() {
            let body = operation.body.clone().map(|(media_type, body)| match body {
                Value::String(text) => (media_type, text),
                body => (media_type, body.to_string()),
            });
            let answer = world.ask(role, operation.method.as_str(), &path, body).await;
            let status = answer.status.as_u16();
            let is_right = match (*name, is_for(action.by, name)) {
                ("nobody", _) => status == 401,
                // What is looked up to be permitted is not found.
                (_, false) => status == 403 || (status == 404 && operation.has_id()),
                (_, true) => !matches!(status, 401 | 403 | 500..),
            };
            if !is_right {
                wrong.push(format!("{} as {name}: {status} {}", operation.id, answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut app = world.app;
    app.end_with_jobs().await;
}

#[tokio::test]
async fn the_api_shows_managers_and_leads_their_own_and_nothing_of_others() {
    let world = World::make().await;
    let lists = [
        (
            "/v1/recognitions?staff=",
            Of::Own,
            [401, 403, 200, 200, 200, 200, 200],
        ),
        (
            "/v1/recognitions?staff=",
            Of::OtherTeam,
            [401, 403, 403, 403, 403, 200, 200],
        ),
        (
            "/v1/recognitions?staff=",
            Of::Foreign,
            [401, 404, 404, 404, 404, 404, 404],
        ),
        (
            "/v1/recognitions?site=",
            Of::Site,
            [401, 403, 403, 403, 200, 200, 200],
        ),
        ("/v1/triage?staff=", Of::Own, [401, 403, 403, 200, 200, 200, 200]),
        ("/v1/triage?site=", Of::Site, [401, 403, 403, 403, 200, 200, 200]),
        (
            "/v1/triage?site=",
            Of::OtherSite,
            [401, 403, 403, 403, 403, 200, 200],
        ),
        (
            "/v1/complaints?site=",
            Of::Site,
            [401, 403, 403, 403, 200, 200, 200],
        ),
        (
            "/v1/complaints?site=",
            Of::Foreign,
            [401, 404, 404, 404, 404, 404, 404],
        ),
        ("/v1/staff/", Of::Own, [401, 403, 200, 200, 200, 200, 200]),
        ("/v1/staff/", Of::Foreign, [401, 404, 404, 404, 404, 404, 404]),
    ];
    for (path, of, expected) in lists {
        for (role, expected) in expected.into_iter().enumerate() {
            let path = format!("{path}{}", world.id(of));
            let answer = world.ask(role, "GET", &path, None).await;
            assert_eq!(
                answer.status.as_u16(),
                expected,
                "{path} ({of:?}) as {}: {}",
                ROLES[role],
                answer.text
            );
        }
    }
    world.app.end().await;
}

#[tokio::test]
async fn who_left_reads_their_own_feed_for_ninety_days_and_leads_nobody() {
    let world = World::make().await;
    let (app, staff) = (&world.app, world.staff);
    let cookie = app.sign_in_staff(staff).await;
    let today = app.clock.now().date_naive();
    app.leaves(staff, today - chrono::TimeDelta::days(90)).await;
    app.page_as(&cookie, "/feed").await.expect(200);
    app.page_as(&cookie, &format!("/feed/staff/{staff}"))
        .await
        .expect(200);
    app.leaves(staff, today - chrono::TimeDelta::days(91)).await;
    app.page_as(&cookie, "/feed").await.expect(303);
    app.send_form("/sign-in", &[("email", "priya@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    assert!(app.mails().is_empty(), "somebody who left long ago gets no link");
    world.app.end().await;
}
