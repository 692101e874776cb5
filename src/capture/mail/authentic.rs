//! Whether `From` can be believed: only where a server of the organisation says so (RFC 8601). Such a server removes lines
//! that bear its name from what comes in, so the topmost is its own.
use super::{correspondent::Correspondent, open::Mail};

/// Whether a trusted server found that the mail comes from the domain of its author.
pub(super) fn is_authentic(mail: &Mail, trusted: &[String]) -> bool {
    let Some(domain) = mail.from.as_ref().and_then(Correspondent::domain) else {
        return false;
    };
    let results = mail.fields("authentication-results").find_map(|value| {
        let value = bare(value).to_lowercase();
        let (server, results) = value.split_once(';')?;
        let server = server.split_whitespace().next()?.to_owned();
        trusted.contains(&server).then(|| results.to_owned())
    });
    let proves = |result: &str| proves(result, domain);
    let fails = |result: &str| result.trim_start().starts_with("dmarc=") && !proves(result);
    mail.has_one_author
        && results.is_some_and(|results| results.split(';').any(proves) && !results.split(';').any(fails))
}

fn proves(result: &str, domain: &str) -> bool {
    let mut words = result.split_whitespace();
    let (method, properties) = (words.next().unwrap_or_default(), words);
    let names = |property: &str| {
        let mut all = properties.clone().filter_map(|word| word.split_once('='));
        all.find(|(name, _)| *name == property).map(|(_, value)| {
            value
                .trim_matches('"')
                .rsplit('@')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
    };
    match method {
        "dmarc=pass" => names("header.from").is_some_and(|from| from == domain),
        "dkim=pass" => names("header.d")
            .or_else(|| names("header.i"))
            .is_some_and(|signer| is_under(domain, &signer)),
        _ => false,
    }
}

fn is_under(domain: &str, signer: &str) -> bool {
    let above = domain
        .strip_suffix(signer)
        .map(|below| below.is_empty() || below.ends_with('.'));
    signer.contains('.') && above == Some(true)
}

/// A field without its comments and quoted strings: what stands in those is the sender's choice.
fn bare(value: &str) -> String {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_u32, false, false);
    let mut keeps = |c: char| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        match c {
            '\\' if is_quoted || depth > 0 => is_escaped = true,
            '"' if depth == 0 => is_quoted = !is_quoted,
            _ if is_quoted => (),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    value.chars().filter(|c| keeps(*c)).collect()
}
