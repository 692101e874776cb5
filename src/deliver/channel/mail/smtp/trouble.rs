//! How a step of the conversation failed, and what that means for a mail.
use std::{error::Error as _, future::Future, time::Duration};

use lettre::transport::smtp::Error;
use tokio::time::timeout;

use crate::deliver::channel::mail::NotAccepted;

/// How a step of the conversation failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server answered no.
    Reply { code: u16, words: String },
    /// It did not answer in time, or the connection was lost; in words.
    Broken(String),
}

/// A step that may take only so long.
pub(super) async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Trouble> {
    match timeout(limit, step).await {
        Ok(answer) => answer.map_err(|error| Trouble::of(&error)),
        Err(_) => Err(Trouble::Broken("no answer in time".to_owned())),
    }
}

impl Trouble {
    pub(super) fn of(error: &Error) -> Trouble {
        match error.status() {
            Some(code) => Trouble::Reply {
                code: code.into(),
                words: error.source().map(ToString::to_string).unwrap_or_default(),
            },
            None => Trouble::Broken(root(error)),
        }
    }

    pub(super) fn later(self, while_doing: &'static str) -> NotAccepted {
        let code = match self {
            Trouble::Reply { code, .. } => Some(code),
            Trouble::Broken(_) => None,
        };
        NotAccepted::Later { while_doing, code }
    }

    /// Before any mail was offered.
    pub(super) fn unreachable(self, what: &str) -> NotAccepted {
        NotAccepted::Unreachable(match self {
            Trouble::Reply { code, .. } => format!("{what}: it answers {code}"),
            Trouble::Broken(words) if words.contains("certificate") => format!(
                "its certificate is not accepted ({words}); it must be made out to mail.smtp_host, by an authority \
                 that is known or named by mail.smtp_ca_file"
            ),
            Trouble::Broken(words) => format!("{what}: {words}"),
        })
    }

    /// A refusal of a recipient is for good, unless the server says that the fault is a policy (5.7), a full mailbox
    /// (5.2.2) or something of its own (5.3, 5.4): RFC 3463.
    pub(super) fn of_recipient(self) -> NotAccepted {
        match self {
            Trouble::Reply { code, words } if code >= 500 && !is_about_something_else(&words) => {
                NotAccepted::AddressRefused { code, words }
            }
            other => other.later("the recipient"),
        }
    }

    pub(super) fn of_message(self, while_doing: &'static str) -> NotAccepted {
        match self {
            Trouble::Reply { code, .. } if code >= 500 => NotAccepted::MessageRefused { code },
            other => other.later(while_doing),
        }
    }
}

fn is_about_something_else(words: &str) -> bool {
    ["5.7.", "5.2.2", "5.3.", "5.4."]
        .iter()
        .any(|code| words.trim_start().starts_with(code))
}

/// What is at the bottom of an error.
fn root(error: &Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &str) -> NotAccepted {
        let words = words.to_owned();
        Trouble::Reply { code: 550, words }.of_recipient()
    }

    #[test]
    fn an_unknown_user_is_refused_for_good_but_a_full_mailbox_or_a_policy_is_not() {
        assert!(matches!(
            refused("5.1.1 no such user"),
            NotAccepted::AddressRefused { .. }
        ));
        assert!(matches!(
            refused("No such user here"),
            NotAccepted::AddressRefused { .. }
        ));
        assert!(matches!(
            refused("5.7.1 relaying denied"),
            NotAccepted::Later { .. }
        ));
        assert!(matches!(refused("5.2.2 over quota"), NotAccepted::Later { .. }));
    }
}
