//! Conversations with a mail server: own connections that are kept and used again, each command in one write, without
//! Nagle's delay (lettre's pool waits 44 ms for every message).
mod door;
mod trouble;

use std::{
    future::Future,
    sync::Mutex,
    time::{Duration, Instant},
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
    },
};

use self::{
    door::Door,
    trouble::{Trouble, within},
};
use super::mailer::{MailSettingsError, NotAccepted};
use crate::platform::config;

/// Servers close connections that are quiet for longer (RFC 5321, 4.5.3.2.7 asks for five minutes; many wait less).
const LONGEST_QUIET: Duration = Duration::from_secs(20);

/// A mail server.
pub(super) struct Smtp {
    door: Door,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Smtp {
    pub(super) fn new(settings: &config::Mail) -> Result<Smtp, MailSettingsError> {
        Ok(Smtp {
            door: Door::new(settings)?,
            idle: Mutex::default(),
        })
    }

    /// Connects as for a mail, and says goodbye.
    pub(super) async fn probe(&self) -> Result<(), NotAccepted> {
        let mut connection = self.door.open().await?;
        // A server that does not say goodbye has let us in all the same.
        let _ = self.step(connection.quit()).await;
        Ok(())
    }

    /// Sends one message to one recipient. A connection that was kept and turns out to be closed is replaced once, as
    /// long as nothing of the message was sent over it.
    pub(super) async fn send(&self, from: &Address, to: &Address, message: &[u8]) -> Result<(), NotAccepted> {
        let mut connection = match self.kept() {
            Some(mut kept) => match self.envelope_sender(&mut kept, from).await {
                Ok(()) => kept,
                Err(_) => self.fresh(from).await?,
            },
            None => self.fresh(from).await?,
        };
        let outcome = self.converse(&mut connection, to, message).await;
        let is_usable = match &outcome {
            Ok(()) => true,
            Err(NotAccepted::AddressRefused { .. } | NotAccepted::Later { code: Some(_), .. }) => {
                self.step(connection.command(Rset)).await.is_ok()
            }
            Err(_) => false,
        };
        if is_usable && !connection.has_broken() {
            self.keep(connection);
        }
        outcome
    }

    async fn fresh(&self, from: &Address) -> Result<AsyncSmtpConnection, NotAccepted> {
        let mut connection = self.door.open().await?;
        self.envelope_sender(&mut connection, from)
            .await
            .map_err(|trouble| trouble.later("the sender"))?;
        Ok(connection)
    }

    async fn envelope_sender(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: &Address,
    ) -> Result<(), Trouble> {
        self.step(connection.command(Mail::new(Some(from.clone()), Vec::new())))
            .await
    }

    /// Recipient and content, after the sender was taken.
    async fn converse(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: &Address,
        message: &[u8],
    ) -> Result<(), NotAccepted> {
        self.step(connection.command(Rcpt::new(to.clone(), Vec::new())))
            .await
            .map_err(Trouble::of_recipient)?;
        self.step(connection.command(Data))
            .await
            .map_err(|trouble| trouble.of_message("the announcement of the message"))?;
        self.step(connection.command(content(message)))
            .await
            .map_err(|trouble| trouble.of_message("the message"))
    }

    async fn step<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<(), Trouble> {
        within(self.door.timeout, step).await.map(|_| ())
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().ok()?;
        idle.retain(|kept| kept.since.elapsed() < LONGEST_QUIET);
        idle.pop().map(|kept| kept.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({:?})", self.door)
    }
}

/// The message as it is sent: lines that begin with a dot get another one (RFC 5321, 4.5.2), and a dot ends it.
fn content(message: &[u8]) -> String {
    // lettre encodes every part so that only ASCII is left.
    let mut text = String::from_utf8_lossy(message).replace("\r\n.", "\r\n..");
    if text.starts_with('.') {
        text.insert(0, '.');
    }
    text.push_str(if text.ends_with("\r\n") {
        ".\r\n"
    } else {
        "\r\n.\r\n"
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_start_of_a_line_is_doubled_and_a_dot_ends_the_message() {
        assert_eq!(content(b".a\r\n..b\r\nc."), "..a\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(content(b"a\r\n"), "a\r\n.\r\n");
    }
}
