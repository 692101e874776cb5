//! Mail: whether the directory can be written, or the server answers.
use std::{path::Path, time::Duration};

use tokio::time::timeout;

use super::Finding;
use crate::{
    deliver::channel::mail::Mailer,
    platform::{
        config::{Config, MailTransport},
        secret,
    },
};

const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn examine(config: &Config) -> Finding {
    match config.mail.transport {
        MailTransport::Off => Finding::doubtful(
            "mail",
            "it is turned off: nobody is told; set mail.transport to smtp or directory",
        ),
        MailTransport::Directory => directory(&config.mail.directory),
        MailTransport::Smtp => server(config).await,
    }
}

fn directory(directory: &str) -> Finding {
    let probe = Path::new(directory).join(".plaudit-doctor");
    let written =
        secret::make_private_directory(directory.as_ref()).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(probe);
    match written {
        Ok(()) => Finding::doubtful(
            "mail",
            format!(
                "mails are written to the directory {directory}, not sent; set mail.transport to smtp to send them"
            ),
        ),
        Err(error) => Finding::bad(
            "mail",
            format!("the directory {directory} cannot be written: {error}"),
        ),
    }
}

/// Greets the server as for a mail, with encryption, user and password.
async fn server(config: &Config) -> Finding {
    let name = format!("{}:{}", config.mail.smtp_host, config.mail.smtp_port);
    let mailer = match Mailer::new(&config.mail) {
        Ok(mailer) => mailer,
        Err(error) => return Finding::bad("mail", error.to_string()),
    };
    let error = match timeout(TIMEOUT, mailer.probe()).await {
        Ok(Ok(())) => return Finding::good("mail", format!("{name} lets Plaudit in")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer within 10 s".to_owned(),
    };
    let what = "check mail.smtp_host, mail.smtp_port (587 with starttls, 465 with tls, 25), user and password, and \
                that no firewall stands between";
    Finding::bad("mail", format!("{name}: {error}; {what}"))
}
