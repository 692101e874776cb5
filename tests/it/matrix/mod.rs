//! Every page and every operation of the API for every role, and for keys: who gets in, and who does not, to what is
//! their own, their own team's, another team's and another organisation's.
//!
//! `pages.txt` and `api.txt` are the matrix, made to be read. A page or operation without a line there fails. What is
//! refused must have changed nothing, and what is done must stand in the audit log.
mod table;
mod things;
mod world;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use plaudit::access::{Action, Scope};
use serde_json::{Value, json};

use self::{
    table::{Cell, Of, Row, rows},
    world::{ROLES, Sent, World},
};
use crate::{
    coverage::NEW_PROVIDER,
    support::{document::Operation, form::encoded},
};

/// The roles, and keys: one with the scope that is needed, one with every other.
const CALLERS: [&str; 9] = [
    "nobody", "former", "staff", "manager", "lead", "auditor", "admin", "key", "keys",
];

fn pages() -> Vec<Row> {
    rows(include_str!("pages.txt"), &ROLES)
}

fn operations() -> Vec<Row> {
    rows(include_str!("api.txt"), &CALLERS)
}

#[test]
fn every_page_stands_in_the_matrix() {
    let known: BTreeSet<(&str, &str)> = pages().iter().map(|row| (row.route(), row.method)).collect();
    let pages = plaudit::web::pages::PAGES
        .iter()
        .map(|page| (page.path, page.method));
    let missing: BTreeSet<(&str, &str)> = pages.filter(|page| !known.contains(page)).collect();
    assert!(
        missing.is_empty(),
        "give these a line in tests/it/matrix/pages.txt: {missing:?}"
    );
}

#[test]
fn every_operation_stands_in_the_matrix() {
    let known: BTreeSet<(String, &str)> = operations()
        .iter()
        .map(|row| (row.route().to_owned(), row.method))
        .collect();
    let all = Operation::all();
    let missing: Vec<&str> = all
        .iter()
        .filter(|one| !known.contains(&(route(one), one.method.as_str())))
        .map(|one| one.id.as_str())
        .collect();
    assert!(
        missing.is_empty(),
        "give these a line in tests/it/matrix/api.txt: {missing:?}"
    );
}

/// An operation's path as the matrix writes it.
fn route(operation: &Operation) -> String {
    let parts = operation
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { ":id" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Nothing is routed past the table of pages, from which the matrix is checked.
#[test]
fn no_page_is_routed_past_the_table() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");
    let text = std::fs::read_to_string(format!("{source}/mod.rs")).unwrap();
    let beside: BTreeSet<&str> = text
        .split(".at(")
        .chain(text.split(".nest("))
        .filter_map(|added| added.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    let expected = BTreeSet::from([
        "/v1",
        "/docs",
        "/openapi.json",
        "/hooks/:address",
        "/scim/v2",
        "/healthz",
        "/readyz",
    ]);
    assert_eq!(beside, expected, "pages stand in src/web/pages/table.rs");
}

/// Only what is for anybody is shown to nobody; the table and the matrix say the same.
#[test]
fn the_table_lets_nobody_in_where_the_matrix_does_not() {
    use plaudit::web::pages::{PAGES, Who};
    for page in PAGES.iter().filter(|page| page.who != Who::Anybody) {
        let rows = pages();
        let rows = rows
            .iter()
            .filter(|row| (row.route(), row.method) == (page.path, page.method));
        for row in rows {
            let is_kept_out = matches!(row.cells[0], Cell::In | Cell::Skip | Cell::Status(303));
            assert!(is_kept_out, "{} {}: {:?}", page.method, page.path, row.cells[0]);
        }
    }
}

/// What a form must say so that something is done.
fn form(path: &str) -> Vec<(&'static str, &'static str)> {
    let settings = [
        ("name", "Shop"),
        ("time_zone", "Europe/London"),
        ("board", "team"),
        ("credit_from", "85"),
        ("colour", ""),
        ("privacy_url", ""),
    ];
    match path {
        "/settings" => settings.to_vec(),
        "/people/add" => vec![("employee_id", "9"), ("given_name", "Nia"), ("site", "Leeds")],
        "/people/:id" => vec![("given_name", "Tomek"), ("family_name", "Nowak")],
        "/people/:id/work" => vec![("site", "Leeds"), ("from", "2027-01-01")],
        "/people/:id/last-day" => vec![("last_day", "2027-12-31")],
        "/people/:id/roles" => vec![("role", "auditor")],
        "/people/:id/deputies" | "/me/deputies" => vec![
            ("away_deputy", "priya"),
            ("away_from", "2027-01-04"),
            ("away_until", "2027-01-08"),
        ],
        "/rules" => vec![
            ("name", "All of it"),
            ("who", "auditors"),
            ("when", "digest"),
            ("do", "add"),
        ],
        "/roles" => vec![("who", "nia@example.org"), ("role", "auditor")],
        "/places/add" => vec![("name", "Hull")],
        "/places/:id" => vec![("name", "Leeds"), ("time_zone", "Europe/Paris")],
        "/places/:id/close" => vec![("do", "reopen")],
        "/me" => vec![("frequency", "digest")],
        "/spoken" => vec![("words", "She was so kind"), ("way", "phone")],
        "/connect" => vec![("kind", "typeform"), ("name", "Exit poll")],
        "/sources/:id/mapping" => vec![("do", "preview"), ("sample", "{}")],
        "/me/second-factor/change" => vec![("do", "off")],
        "/roles/second-factor" => vec![("needed", "yes")],
        "/keys" => vec![("name", "Till"), ("scope", "comments:write")],
        "/sign-on" => vec![
            ("name", "Shop ID"),
            ("issuer", "http://127.0.0.1:9"),
            ("client_id", "x"),
            ("client_secret", "y"),
        ],
        "/channels" => vec![
            ("kind", "slack"),
            ("name", "Desk"),
            ("address", "https://127.0.0.1:9/1"),
        ],
        "/search/save" => vec![("as", "comments.csv")],
        "/audit/file" => vec![("as", "ndjson")],
        "/walls/site/:id" | "/walls/team/:id" => vec![("name", "Staff room"), ("days", "30")],
        "/held/:id" | "/shielded/:id" => vec![("decision", "release")],
        "/names/:id" => vec![("staff", "nobody")],
        "/desk/check/:id/answer" => vec![("decision", "not_staff")],
        "/precision" => vec![("target", "98"), ("every", "10")],
        "/precision/threshold" => vec![("threshold", "97")],
        "/desk/comment/:id/decide" => vec![("decision", "not_praise")],
        "/feed/praise/:id/answer" => vec![("answer", "You are welcome")],
        _ => vec![],
    }
}

const FILE: &str = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"staff.csv\"\r\n\
    Content-Type: text/csv\r\n\r\nemployee_id,given_name,family_name,site\r\n--x--\r\n";

fn page_sent(row: &Row) -> Option<Sent> {
    match (row.method, row.path) {
        ("POST", "/roster" | "/settings/logo" | "/statement" | "/verify") => {
            Some(("multipart/form-data; boundary=x".to_owned(), FILE.to_owned()))
        }
        ("POST", path) => Some((
            "application/x-www-form-urlencoded".to_owned(),
            encoded(&form(path)),
        )),
        _ => None,
    }
}

/// What must have been done by somebody else before, so that it can be undone.
const BEFORE: &[(&str, &str)] = &[
    ("/desk/praise/:id/undo", "/desk/praise/:id/pass-on"),
    ("/desk/comment/:id/undo", "/desk/comment/:id/decide"),
    ("/desk/comment/:id/handled/undo", "/desk/comment/:id/handled"),
    ("/names/:id/undo", "/names/:id"),
    ("/feed/praise/:id/answer/take-back", "/feed/praise/:id/answer"),
];

#[tokio::test]
async fn every_page_opens_for_those_whom_it_is_for() {
    let world = World::make().await;
    let mut wrong = Vec::new();
    for row in pages() {
        for (role, name) in ROLES.iter().enumerate() {
            wrong.extend(page_wrong(&world, &row, (role, name)).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.end().await;
}

/// What a page answers somebody, where it is not what the row says.
async fn page_wrong(world: &World, row: &Row, (role, name): (usize, &str)) -> Option<String> {
    let cell = row.cells[role];
    if cell == Cell::Skip {
        return None;
    }
    let path = world.address(row, role).await;
    let before = BEFORE.iter().find(|(after, _)| *after == row.path);
    if let Some((_, deed)) = before.filter(|_| cell.changes()) {
        // On one's own feed by oneself, on the desk by an administrator.
        let by = if deed.starts_with("/feed") {
            role
        } else {
            ROLES.len() - 1
        };
        prepare(world, &instead(row, &path, deed), deed, by).await;
    }
    let seen = world.visit(role, row.method, &path, page_sent(row)).await;
    let is_stream = seen.kind == "text/event-stream";
    let is_right = seen.is(cell, row.method) && is_stream == (row.path == "/feed/live" && cell == Cell::Yes);
    (!is_right).then(|| {
        format!(
            "{} {} ({:?}) as {name}: {seen:?}, not {cell:?}",
            row.method, row.path, row.of
        )
    })
}

/// The same path with another deed.
fn instead(row: &Row, path: &str, deed: &str) -> String {
    let end = |path: &str| path.split_once(":id").unwrap().1.to_owned();
    let beginning = path.strip_suffix(&end(row.path)).unwrap();
    format!("{beginning}{}", end(deed))
}

/// Does first what is undone then.
async fn prepare(world: &World, path: &str, deed: &str, by: usize) {
    let sent = (
        "application/x-www-form-urlencoded".to_owned(),
        encoded(&form(deed)),
    );
    let done = world.visit(by, "POST", path, Some(sent)).await;
    assert!(done.is(Cell::Yes, "POST"), "{path}: {done:?}");
}

/// No rule says what another one says already.
static RULES: AtomicU32 = AtomicU32::new(1);

/// A body that does something, where the smallest allowed one does not.
fn body(operation: &Operation, row: &Row, world: &World) -> Option<Value> {
    let new = uuid::Uuid::now_v7().simple().to_string();
    let assigned =
        json!({ "staff_id": world.things.priya, "site_id": world.things.leeds, "starts_on": "2027-01-01" });
    Some(match operation.id.as_str() {
        "decide_triage" => json!({ "decision": "not_praise" }),
        "answer_alias_proposal" => json!({ "answer": "not_ours" }),
        "update_preferences" => {
            json!({ "quiet_hours": { "from": "20:00", "until": "07:00", "days": [6, 7] } })
        }
        "create_site" => json!({ "name": new }),
        "create_staff_member" => json!({ "employee_id": new, "given_name": "New", "family_name": "One" }),
        "create_assignment" => assigned,
        "create_deputy" => new_deputy(world),
        "add_rule" | "try_rule" => {
            json!({ "name": new, "who": "auditors", "nth": RULES.fetch_add(1, Ordering::Relaxed) })
        }
        // A key makes no key that may more than itself.
        "create_key" => json!({ "name": "Till", "scopes": ["admin"] }),
        "grant_role" => json!({ "email": format!("{new}@example.org"), "role": "auditor" }),
        "create_channel" => json!({ "kind": "slack", "name": "Desk", "address": "https://127.0.0.1:9/1" }),
        "create_sign_on_provider" => NEW_PROVIDER.parse().unwrap(),
        "create_source" => json!({ "name": new, "kind": "api" }),
        "update_site" if row.of == Of::Own => json!({ "name": "Leeds" }),
        "create_roster_import" => json!("employee_id,given_name,family_name,site\n"),
        "log_spoken" => json!({ "text": "She was so kind", "way": "phone" }),
        "create_mail" => json!("From: Clara <clara@example.com>\r\n\r\nVery kind\r\n"),
        "create_comment_import" => json!("text\nVery kind\n"),
        _ => return operation.body.as_ref().map(|(_, body)| body.clone()),
    })
}

/// On a day of its own: of one who is away there is one deputy a day.
fn new_deputy(world: &World) -> Value {
    let day = 1 + i64::try_from(uuid::Uuid::now_v7().as_u128() % 100_000).unwrap();
    let day = world.app.clock.now().date_naive() + chrono::TimeDelta::days(day);
    json!({ "absent_id": world.things.ruth, "deputy_id": world.things.priya, "starts_on": day, "ends_on": day })
}

fn operation_sent(operation: &Operation, row: &Row, world: &World) -> Option<Sent> {
    let (media_type, _) = operation.body.as_ref()?;
    Some(match body(operation, row, world)? {
        Value::String(text) => (media_type.clone(), text),
        body => (media_type.clone(), body.to_string()),
    })
}

#[tokio::test]
async fn every_operation_answers_those_whom_it_is_for() {
    let world = World::make().await;
    let known = Operation::all();
    let mut wrong = Vec::new();
    for row in operations() {
        for (caller, name) in CALLERS.iter().enumerate() {
            wrong.extend(operation_wrong(&world, &known, &row, (caller, name)).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.end().await;
}

/// What an operation answers somebody, where it is not what the row says.
async fn operation_wrong(
    world: &World,
    known: &[Operation],
    row: &Row,
    (caller, name): (usize, &str),
) -> Option<String> {
    let is_it = |one: &&Operation| route(one) == row.route() && one.method.as_str() == row.method;
    let operation = known.iter().find(is_it);
    let operation = operation.unwrap_or_else(|| panic!("there is no {} {}", row.method, row.path));
    let action = Action::ALL.iter().find(|action| action.operation == operation.id);
    let needed = action.unwrap().scope;
    let others: Vec<Scope> = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| Some(*scope) != needed)
        .collect();
    let cell = row.cells[caller];
    if cell == Cell::Skip {
        return None;
    }
    let path = world.address(row, caller).await;
    if operation.id == "undo_decision" && cell.changes() {
        let decide = path
            .replace("/v1/triage/", "/desk/comment/")
            .replace("/undo", "/decide");
        prepare(world, &decide, "/desk/comment/:id/decide", ROLES.len() - 1).await;
    }
    if operation.id == "undo_alias_answer" && cell.changes() {
        let answer = path
            .replace("/v1/alias-proposals/", "/names/")
            .replace("/undo", "");
        prepare(world, &answer, "/names/:id", ROLES.len() - 1).await;
    }
    let sent = operation_sent(operation, row, world);
    let seen = match name {
        "key" => world.call(needed.as_slice(), row.method, &path, sent).await,
        "keys" => world.call(&others, row.method, &path, sent).await,
        _ => world.visit(caller, row.method, &path, sent).await,
    };
    (!seen.is(cell, row.method)).then(|| {
        format!(
            "{} {} {} ({:?}) as {name}: {seen:?}, not {cell:?}",
            operation.id, row.method, row.path, row.of
        )
    })
}

/// What a deputy gets beyond a colleague of the same team: method, path, and whose the thing is.
const OF_DEPUTIES: &str = include_str!("deputy.txt");

/// A row with one more cell, that of the deputy: what the manager gets where `deputy.txt` says so, else what a colleague gets.
fn of_deputy(mut row: Row) -> Option<Row> {
    if row.of == Of::Oneself {
        return None;
    }
    let of = format!("{:?}", row.of).to_lowercase().replace("nothing", "-");
    let mut lines = OF_DEPUTIES.lines().map(|line| line.split_whitespace());
    let is_listed = lines.any(|line| line.eq([row.method, row.path, &of]));
    let role = |name| ROLES.iter().position(|role| *role == name).unwrap();
    let cell = row.cells[role(if is_listed { "manager" } else { "staff" })];
    row.cells.truncate(ROLES.len());
    row.cells.push(cell);
    Some(row)
}

#[tokio::test]
async fn a_deputy_gets_what_the_absent_manager_has_over_praise_of_the_team_and_nothing_else() {
    let mut world = World::make().await;
    world.add_deputy().await;
    let (deputy, known) = ((ROLES.len(), "deputy"), Operation::all());
    let mut wrong = Vec::new();
    for row in pages().into_iter().filter_map(of_deputy) {
        wrong.extend(page_wrong(&world, &row, deputy).await);
    }
    for row in operations().into_iter().filter_map(of_deputy) {
        wrong.extend(operation_wrong(&world, &known, &row, deputy).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.end().await;
}

#[tokio::test]
async fn who_left_reads_their_own_feed_for_ninety_days_and_leads_nobody() {
    let world = World::make().await;
    let (app, staff) = (&world.app, world.things.priya);
    let cookie = app.sign_in_staff(staff).await;
    let today = app.clock.now().date_naive();
    app.leaves(staff, today - chrono::TimeDelta::days(90)).await;
    app.page_as(&cookie, "/feed").await.expect(200);
    app.page_as(&cookie, &format!("/feed/staff/{staff}"))
        .await
        .expect(200);
    app.leaves(staff, today - chrono::TimeDelta::days(91)).await;
    app.page_as(&cookie, "/feed").await.expect(303);
    let before = app.mails().len();
    app.send_form("/sign-in", &[("email", "priya@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    assert_eq!(
        app.mails().len(),
        before,
        "somebody who left long ago gets no link"
    );
    world.end().await;
}
