//! The registry of ways in: what kinds of sources there are, and how words reach each.
use std::sync::LazyLock;

use super::{SourceError, tool::Tool};
use crate::capture::{mailbox::MailboxKind, mastodon::MastodonKind, x::XKind};

/// A way in.
pub trait SourceKind: Send + Sync {
    /// In tables, in the API and on the command line.
    fn name(&self) -> &str;
    /// As people call it.
    fn label(&self) -> &str;
    fn intake(&self) -> Intake<'_>;
    /// What each line of a source's secrets is called where they are issued.
    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }
    /// Its words are shown as they stand in the original, without marks, and leave no page.
    fn is_verbatim(&self) -> bool {
        false
    }
}

/// How words come in.
#[derive(Clone, Copy, Debug)]
pub enum Intake<'a> {
    /// Whoever calls, fills in or imports hands them over.
    Handed,
    /// We ask a network for them.
    Polled,
    /// A tool sends them to an address.
    Pushed(&'a Tool),
}

struct Plain {
    name: &'static str,
    label: &'static str,
}

impl SourceKind for Plain {
    fn name(&self) -> &str {
        self.name
    }

    fn label(&self) -> &str {
        self.label
    }

    fn intake(&self) -> Intake<'_> {
        Intake::Handed
    }
}

impl SourceKind for Tool {
    fn name(&self) -> &str {
        &self.kind
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn intake(&self) -> Intake<'_> {
        Intake::Pushed(self)
    }

    fn secrets(&self) -> Vec<&str> {
        self.secrets.iter().map(String::as_str).collect()
    }
}

static PLAIN: [Plain; 5] = [
    Plain {
        name: "api",
        label: "Programs that call the API",
    },
    Plain {
        name: "form",
        label: "The form for customers",
    },
    Plain {
        name: "import",
        label: "Files",
    },
    Plain {
        name: "mail",
        label: "Mails that a mail server passes on",
    },
    Plain {
        name: "spoken",
        label: "What customers say aloud",
    },
];

static ALL: LazyLock<Vec<&'static dyn SourceKind>> = LazyLock::new(|| {
    let plain = PLAIN.iter().map(|kind| kind as &dyn SourceKind);
    let networks: [&dyn SourceKind; 3] = [&MailboxKind, &XKind, &MastodonKind];
    let tools = Tool::all().map(|(_, tool)| tool as &dyn SourceKind);
    plain.chain(networks).chain(tools).collect()
});

/// Every kind there is.
#[must_use]
pub fn all() -> &'static [&'static dyn SourceKind] {
    &ALL
}

/// The kind of that name, or an error that lists the names there are.
pub fn find(name: &str) -> Result<&'static dyn SourceKind, SourceError> {
    let found = ALL.iter().find(|kind| kind.name() == name);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|kind| kind.name()).collect();
        invalid(format!("{name:?} is unknown; use {}", names.join(", ")))
    })
}

/// The same of a kind whose sources need neither secrets nor an address.
pub(super) fn find_plain(name: &str) -> Result<&'static dyn SourceKind, SourceError> {
    let kind = find(name)?;
    match kind.intake() {
        Intake::Handed => Ok(kind),
        Intake::Polled => Err(invalid(format!("a source of kind {name} needs a connection"))),
        Intake::Pushed(_) => Err(invalid(format!("a source of kind {name} needs a hook"))),
    }
}

fn invalid(message: String) -> SourceError {
    SourceError::Invalid {
        field: "kind",
        message,
    }
}
