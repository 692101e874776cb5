//! Mailboxes among the ways in.
use crate::capture::source::kind::{Intake, SourceKind};

/// A mailbox that is read by IMAP.
#[derive(Clone, Copy, Debug)]
pub struct MailboxKind;

impl SourceKind for MailboxKind {
    fn name(&self) -> &'static str {
        "mailbox"
    }

    fn label(&self) -> &'static str {
        "A mailbox"
    }

    fn intake(&self) -> Intake<'_> {
        Intake::Polled
    }

    fn secrets(&self) -> Vec<&str> {
        vec!["password"]
    }
}
