//! Mail: whether the directory can be written, or the server answers.
use std::{path::Path, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::Finding;
use crate::config::{Config, MailTransport, SmtpEncryption};

const PATIENCE: Duration = Duration::from_secs(10);

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
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&probe, b""));
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

async fn server(config: &Config) -> Finding {
    let address = (config.mail.smtp_host.as_str(), config.mail.smtp_port);
    let name = format!("{}:{}", address.0, address.1);
    let stream = match timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return unreachable(&name, &error.to_string()),
        Err(_) => return unreachable(&name, "no answer within 10 s"),
    };
    if config.mail.smtp_encryption == SmtpEncryption::Tls {
        return Finding::good("mail", format!("{name} accepts connections"));
    }
    let mut greeting = String::new();
    match timeout(PATIENCE, BufReader::new(stream).read_line(&mut greeting)).await {
        Ok(Ok(_)) if greeting.starts_with("220") => Finding::good("mail", format!("{name} greets")),
        _ => Finding::bad(
            "mail",
            format!("{name} does not speak SMTP; is mail.smtp_port right (587, 465 with tls, 25)?"),
        ),
    }
}

fn unreachable(name: &str, error: &str) -> Finding {
    let what = "check mail.smtp_host and mail.smtp_port, and that no firewall stands between";
    Finding::bad("mail", format!("{name} cannot be reached: {error}; {what}"))
}
