//! Connecting a mailbox: it is opened before anything is kept, so that what is wrong is said where it can be put right.
use poem::{Response, handler, http::StatusCode};

use crate::{
    capture::{
        connection::{self, Credentials, NewConnection, Settings},
        mail,
        mailbox::{self, Client, Encryption, Limits},
        remote::{Networks, ReadError},
        source::{self as sources, SourceError},
    },
    template::context::{AdminMailboxPage, Choice, Field, FormProblemKind as Problem},
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

const PATH: &str = "/connect/mailbox";
const ENCRYPTIONS: [(&str, &str, Encryption); 3] = [
    ("tls", "TLS", Encryption::Tls),
    ("starttls", "STARTTLS", Encryption::Starttls),
    ("none", "–", Encryption::None),
];

/// The form.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = page(&reader, &Fields::default());
    page.name.value = "Mail".to_owned();
    page.folder.value = "INBOX".to_owned();
    page.done_folder.value = "Plaudit done".to_owned();
    page.unclear_folder.value = "Plaudit unclear".to_owned();
    reader.page(StatusCode::OK, &page)
}

/// Opens the mailbox, and makes the source.
#[handler]
pub(crate) async fn make(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let mut page = page(&reader, &fields);
    let Some((settings, credentials)) = read(&reader, &fields, &mut page).await? else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    if let Err(why) = probe(&reader, settings.clone(), credentials.clone()).await {
        page.trouble = Some(why);
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let new = NewConnection {
        name: page.name.value.clone(),
        settings: Settings::Mailbox(settings),
        credentials: Credentials::Mailbox(credentials),
        budget: None,
        settle_seconds: 0,
        days_back: 0,
    };
    match create(&reader, new).await {
        Ok(()) => Ok(reader.see_other("/sources", None)),
        Err(error) => {
            note(&mut page, error)?;
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What was typed, or what is wrong with it beside the fields.
async fn read(
    reader: &Reader<'_>,
    fields: &Fields,
    page: &mut AdminMailboxPage,
) -> poem::Result<Option<(mailbox::Settings, mailbox::Credentials)>> {
    let db = reader.web.app.db.read();
    let is_taken = sources::is_taken(db, reader.organisation.id, page.name.value.trim()).await;
    if page.name.value.trim().is_empty() {
        page.name.problem = Some(Problem::Needed);
    } else if is_taken.map_err(Failure::from)? {
        page.name.problem = Some(Problem::Taken);
    }
    let port = match page.port.value.trim() {
        "" => Some(0),
        port => port.parse().ok().filter(|port| *port > 0),
    };
    if port.is_none() {
        page.port.problem = Some(Problem::Port);
    }
    let text = |name: &str| fields.get(name).text;
    let credentials = mailbox::Credentials::parse(&[text("password").as_str()]);
    if credentials.is_none() {
        page.password.problem = Some(Problem::Line);
    }
    let chosen = ENCRYPTIONS
        .iter()
        .find(|(value, ..)| *value == text("encryption"));
    let trusted = text("trusted_server");
    let settings = mailbox::Settings {
        host: text("host"),
        port: port.unwrap_or_default(),
        encryption: chosen.map(|(.., encryption)| *encryption).unwrap_or_default(),
        user: text("user"),
        oauth: None,
        folder: text("folder"),
        done_folder: Some(text("done_folder")),
        unclear_folder: Some(text("unclear_folder")),
        mail: mail::Settings {
            trusted_servers: trusted.split_whitespace().map(str::to_owned).collect(),
            own_domains: Vec::new(),
        },
    };
    let checked = match settings.checked() {
        Ok(checked) => Some(checked),
        Err(error) => {
            note(page, error)?;
            None
        }
    };
    let needed = [
        ("host", &mut page.host),
        ("user", &mut page.user),
        ("password", &mut page.password),
    ];
    for (name, field) in needed {
        if text(name).trim().is_empty() {
            field.problem = Some(Problem::Needed);
        }
    }
    let is_wrong = [&page.name, &page.port]
        .iter()
        .any(|field| field.problem.is_some());
    Ok(checked.zip(credentials).filter(|_| !is_wrong))
}

/// Signs in and opens the folder; what is wrong, in words.
async fn probe(
    reader: &Reader<'_>,
    settings: mailbox::Settings,
    credentials: mailbox::Credentials,
) -> Result<(), String> {
    let app = &reader.web.app;
    let networks = Networks::and(&app.config.outbound.allowed_private_networks);
    let client = Client::new(settings, credentials, networks, Limits::default());
    let client = client.map_err(|error| error.to_string())?;
    let told = |error: ReadError| error.told(app.clock.now());
    client.verify().await.map_err(told)
}

async fn create(reader: &Reader<'_>, new: NewConnection) -> Result<(), SourceError> {
    let app = &reader.web.app;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    let tx = app.db.write().await?;
    connection::create(&tx, &app.secrets, own, new, actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Says beside the field what is wrong with it.
fn note(page: &mut AdminMailboxPage, error: SourceError) -> poem::Result<()> {
    let (field, problem) = match &error {
        SourceError::Taken(_) => (&mut page.name, Problem::Taken),
        SourceError::Invalid { field: "name", .. } => (&mut page.name, Problem::Line),
        SourceError::Invalid { field: "host", .. } => (&mut page.host, Problem::Server),
        SourceError::Invalid { field: "user", .. } => (&mut page.user, Problem::Line),
        SourceError::Invalid { field: "folder", .. } => (&mut page.folder, Problem::Line),
        SourceError::Invalid {
            field: "done_folder", ..
        } => {
            let problem = problem_of_folder(&page.done_folder.value);
            (&mut page.done_folder, problem)
        }
        SourceError::Invalid {
            field: "unclear_folder",
            ..
        } => {
            let problem = problem_of_folder(&page.unclear_folder.value);
            (&mut page.unclear_folder, problem)
        }
        SourceError::Invalid {
            field: "trusted_servers",
            ..
        } => (&mut page.trusted_server, Problem::Server),
        _ => return Err(Failure::from(error).into()),
    };
    field.problem = Some(problem);
    Ok(())
}

/// A folder for mails that were read is another one than theirs, and its name is a line as any.
fn problem_of_folder(name: &str) -> Problem {
    match mailbox::is_line(name) {
        true => Problem::SameFolder,
        false => Problem::Line,
    }
}

fn page(reader: &Reader<'_>, fields: &Fields) -> AdminMailboxPage {
    let field = |name: &str| Field {
        value: fields.get(name).text,
        problem: None,
    };
    let typed = fields.get("encryption").text;
    let choice = |(value, label, _): (&str, &str, Encryption)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value == typed,
    };
    AdminMailboxPage {
        page: reader.frame(PATH, "sources"),
        action: reader.link(PATH, None),
        back_url: reader.link("/connect", None),
        name: field("name"),
        host: field("host"),
        encryptions: ENCRYPTIONS.into_iter().map(choice).collect(),
        port: field("port"),
        user: field("user"),
        // What was typed is not sent back.
        password: Field::default(),
        folder: field("folder"),
        done_folder: field("done_folder"),
        unclear_folder: field("unclear_folder"),
        trusted_server: field("trusted_server"),
        trouble: None,
    }
}
