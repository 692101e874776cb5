//! Names of folders as IMAP writes them: modified UTF-7 (RFC 3501, 5.1.3), within quotes.
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// A name as an argument of a command.
pub(super) fn quoted(name: &str) -> String {
    let escaped = encoded(name).replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

fn encoded(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            shift(&mut written, &mut shifted);
            written.push(c);
            written.push_str(if c == '&' { "-" } else { "" });
        } else {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            shifted.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    shift(&mut written, &mut shifted);
    written
}

fn shift(written: &mut String, shifted: &mut Vec<u8>) {
    if shifted.is_empty() {
        return;
    }
    let base64 = STANDARD_NO_PAD.encode(std::mem::take(shifted));
    written.push('&');
    written.push_str(&base64.replace('/', ","));
    written.push('-');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_imap_writes_it() {
        for (name, written) in [
            ("INBOX", r#""INBOX""#),
            ("Plaudit/Done", r#""Plaudit/Done""#),
            ("Lob & Dank", r#""Lob &- Dank""#),
            (r#"a "b" \c"#, r#""a \"b\" \\c""#),
            ("Entwürfe", r#""Entw&APw-rfe""#),
            ("~peter/mail/台北/日本語", r#""~peter/mail/&U,BTFw-/&ZeVnLIqe-""#),
            ("👏", r#""&2D3cTw-""#),
        ] {
            assert_eq!(quoted(name), written, "{name}");
        }
    }
}
