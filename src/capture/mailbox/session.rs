//! The commands of a conversation. Every one is awaited to its end: a connection that breaks off within an answer is an
//! error, never an empty answer.
use std::time::Duration;

use async_imap::{
    error::Error,
    imap_proto::{AttributeValue, Capability, MailboxDatum, Outcome, Response, ResponseCode, Status},
};
use chrono::{DateTime, Utc};

use super::{
    folder_name::quoted,
    progress::set,
    transport::{TooDeep, Transport},
};
use crate::capture::remote::{Hang, ReadError, within};

/// Longest of a server's own words that is shown.
const SAID: usize = 200;
/// Mails that one command names: some servers take no longer lines.
const TOGETHER: usize = 500;
/// As a server writes when a mail came in (RFC 3501, `date-time`).
const TIME: &str = "%d-%b-%Y %H:%M:%S %z";

/// A conversation in which somebody is signed in.
#[derive(Debug)]
pub(super) struct Session {
    imap: async_imap::Session<Transport>,
    /// How long an answer may take.
    timeout: Duration,
    can_move: bool,
    can_expunge_some: bool,
}

/// The folder that is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Folder {
    pub(super) validity: u32,
    pub(super) next: Option<u32>,
}

/// Why a command did nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said no.
    Refused {
        said: String,
        /// The folder would have to be made first.
        lacks_folder: bool,
    },
    /// The conversation is over.
    Broken(ReadError),
}

impl Failure {
    /// What the server refused is what was asked for.
    pub(super) fn into_error(self, asked: &str) -> ReadError {
        match self {
            Failure::Refused { said, .. } => ReadError::Connection(format!("{asked}: {said}")),
            Failure::Broken(error) => error,
        }
    }
}

impl Session {
    pub(super) async fn of(
        imap: async_imap::Session<Transport>,
        timeout: Duration,
    ) -> Result<Session, ReadError> {
        let mut session = Session {
            imap,
            timeout,
            can_move: false,
            can_expunge_some: false,
        };
        let mut known = Vec::new();
        let asked = session.command("CAPABILITY", |response| {
            if let Response::Capabilities(capabilities) = response {
                let atoms = capabilities.iter().filter_map(|capability| match capability {
                    Capability::Atom(atom) => Some(atom.to_uppercase()),
                    _ => None,
                });
                known.extend(atoms);
            }
        });
        asked
            .await
            .map_err(|failure| failure.into_error("the server does not say what it can do"))?;
        session.can_move = known.iter().any(|atom| atom == "MOVE");
        session.can_expunge_some = known.iter().any(|atom| atom == "UIDPLUS");
        Ok(session)
    }

    pub(super) async fn select(&mut self, name: &str) -> Result<Folder, Failure> {
        let mut folder = Folder::default();
        let command = format!("SELECT {}", quoted(name));
        self.command(&command, |response| {
            if let Response::Data {
                outcome: Outcome { code, .. },
                ..
            } = response
            {
                match code {
                    Some(ResponseCode::UidValidity(validity)) => folder.validity = *validity,
                    Some(ResponseCode::UidNext(next)) => folder.next = Some(*next),
                    _ => (),
                }
            }
        })
        .await?;
        Ok(folder)
    }

    /// The numbers of the mails that are meant, in order.
    pub(super) async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, Failure> {
        let mut found = Vec::new();
        let command = format!("UID SEARCH {criteria}");
        self.command(&command, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend_from_slice(uids);
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// When each of these came in.
    pub(super) async fn came_in(&mut self, uids: &[u32]) -> Result<Vec<(u32, DateTime<Utc>)>, Failure> {
        let mut found = Vec::new();
        for some in uids.chunks(TOGETHER) {
            let command = format!("UID FETCH {} (UID INTERNALDATE)", set(some));
            self.command(&command, |response| {
                let attributes = attributes(response);
                let time = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::InternalDate(at) => DateTime::parse_from_str(at.trim(), TIME).ok(),
                    _ => None,
                });
                if let (Some(uid), Some(time)) = (uid_of(attributes), time) {
                    found.push((uid, time.to_utc()));
                }
            })
            .await?;
        }
        Ok(found)
    }

    /// A mail, up to so many bytes; none where the server brings none. It stays unread.
    pub(super) async fn fetch(&mut self, uid: u32, limit: usize) -> Result<Option<Vec<u8>>, Failure> {
        let mut found = None;
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{limit}>)");
        self.command(&command, |response| {
            let attributes = attributes(response);
            let body = attributes.iter().find_map(|attribute| match attribute {
                AttributeValue::BodySection {
                    section: None,
                    data: Some(body),
                    ..
                } => Some(body),
                _ => None,
            });
            if let (Some(body), true) = (body, uid_of(attributes) == Some(uid)) {
                found = Some(body.to_vec());
            }
        })
        .await?;
        Ok(found)
    }

    /// Moves mails, as often as it is asked to: those that are not there any more are passed over. A folder that is not there
    /// is made.
    pub(super) async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), Failure> {
        for some in uids.chunks(TOGETHER) {
            match self.move_once(some, folder).await {
                Err(Failure::Refused {
                    lacks_folder: true, ..
                }) => {
                    self.make(folder).await?;
                    self.move_once(some, folder).await?;
                }
                moved => moved?,
            }
        }
        Ok(())
    }

    async fn move_once(&mut self, uids: &[u32], folder: &str) -> Result<(), Failure> {
        let (numbers, name) = (set(uids), quoted(folder));
        if self.can_move {
            return self.command(&format!("UID MOVE {numbers} {name}"), |_| ()).await;
        }
        // What was copied before is marked already.
        let left = self.search(&format!("UID {numbers} UNDELETED")).await?;
        if !left.is_empty() {
            let left = set(&left);
            self.command(&format!("UID COPY {left} {name}"), |_| ()).await?;
            let mark = format!("UID STORE {left} +FLAGS.SILENT (\\Deleted)");
            self.command(&mark, |_| ()).await?;
        }
        match self.can_expunge_some {
            true => self.command(&format!("UID EXPUNGE {numbers}"), |_| ()).await,
            // EXPUNGE would take along what others marked.
            false => Ok(()),
        }
    }

    /// Makes a folder where it is not there.
    pub(super) async fn ensure(&mut self, folder: &str) -> Result<(), Failure> {
        let command = format!("STATUS {} (UIDNEXT)", quoted(folder));
        match self.command(&command, |_| ()).await {
            Err(Failure::Refused { .. }) => self.make(folder).await,
            found => found,
        }
    }

    async fn make(&mut self, folder: &str) -> Result<(), Failure> {
        self.command(&format!("CREATE {}", quoted(folder)), |_| ()).await
    }

    /// Says goodbye; a server that does not answer has heard everything that matters.
    pub(super) async fn end(mut self) {
        let _ = self.command("LOGOUT", |_| ()).await;
    }

    /// Sends a command and reads everything that is said to it.
    async fn command(&mut self, command: &str, each: impl FnMut(&Response<'_>)) -> Result<(), Failure> {
        let timeout = self.timeout;
        let work = self.converse(command, each);
        within(timeout, Hang::Altogether, work)
            .await
            .map_err(Failure::Broken)?
    }

    async fn converse(&mut self, command: &str, mut each: impl FnMut(&Response<'_>)) -> Result<(), Failure> {
        let over = |error: &Error| Failure::Broken(broken(error));
        let tag = self.imap.run_command(command).await;
        let tag = tag.map_err(|error| over(&error))?;
        loop {
            let response = self.imap.read_response().await;
            let response = response.map_err(|error| over(&error.into()))?;
            let response = response.ok_or_else(|| over(&Error::ConnectionLost))?;
            match response.parsed() {
                Response::Done {
                    tag: of,
                    status,
                    outcome,
                } if *of == tag => {
                    return match status {
                        Status::Ok => Ok(()),
                        _ => Err(refused(outcome)),
                    };
                }
                Response::Data {
                    status: Status::Bye,
                    outcome,
                } if !command.starts_with("LOGOUT") => {
                    return Err(Failure::Broken(hung_up(outcome)));
                }
                other => each(other),
            }
        }
    }
}

/// The server said goodbye.
pub(super) fn hung_up(outcome: &Outcome<'_>) -> ReadError {
    let said = shown(outcome.information.as_deref().unwrap_or_default());
    ReadError::Connection(format!("the server hung up: {said}"))
}

fn refused(outcome: &Outcome<'_>) -> Failure {
    let said = shown(outcome.information.as_deref().unwrap_or_default());
    let lacks_folder = outcome.code == Some(ResponseCode::TryCreate) || said.contains("[TRYCREATE]");
    Failure::Refused { said, lacks_folder }
}

fn attributes<'a>(response: &'a Response<'a>) -> &'a [AttributeValue<'a>] {
    match response {
        Response::Fetch(_, attributes) => attributes,
        _ => &[],
    }
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// Why a conversation is over. What a library says of an answer that it cannot read quotes the answer, which may be a mail.
pub(super) fn broken(error: &Error) -> ReadError {
    match error {
        Error::Io(error)
            if error
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooDeep>) =>
        {
            too_deep()
        }
        Error::Io(error) => match error.kind() {
            std::io::ErrorKind::FileTooLarge => ReadError::Oversize {
                limit: super::client::SESSION_BYTES,
            },
            std::io::ErrorKind::Other => not_understood(),
            std::io::ErrorKind::UnexpectedEof => lost(),
            _ => ReadError::Connection(format!("the connection broke: {error}")),
        },
        Error::ConnectionLost => lost(),
        Error::No(_) | Error::Bad(_) => ReadError::Connection(format!("the server refused: {}", said(error))),
        _ => not_understood(),
    }
}

fn lost() -> ReadError {
    ReadError::Connection("the server hung up".to_owned())
}

/// The parentheses of an answer are nested so deeply that no parser was given it.
pub(super) fn too_deep() -> ReadError {
    ReadError::Unreadable(TooDeep.to_string())
}

fn not_understood() -> ReadError {
    ReadError::Unreadable("it is not what IMAP servers say".to_owned())
}

/// The server's own words in a refusal, which the library writes within others.
pub(super) fn said(error: &Error) -> String {
    let (Error::No(words) | Error::Bad(words)) = error else {
        return shown(&error.to_string());
    };
    let own = words.split_once("info: Some(\"");
    let own = own.map_or(words.as_str(), |(_, own)| own.trim_end_matches("\")"));
    shown(own)
}

/// On one line, and no longer than somebody reads.
pub(super) fn shown(words: &str) -> String {
    let line: String = words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line.trim();
    match line.is_empty() {
        true => "without a word".to_owned(),
        false => line.chars().take(SAID).collect(),
    }
}
