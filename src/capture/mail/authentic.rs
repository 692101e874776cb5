//! Whether `From` can be believed: only where a server of the organisation says so (RFC 8601). Such a server removes lines
//! that bear its name from what comes in, so the topmost is its own.
use super::{correspondent::Correspondent, open::Mail};

/// Whether a trusted server found that the mail comes from the domain of its author.
pub(super) fn is_authentic(mail: &Mail, trusted: &[String]) -> bool {
    let Some(domain) = mail.from.as_ref().and_then(Correspondent::domain) else {
        return false;
    };
    let results = mail.fields("authentication-results").find_map(|value| {
        let value = without_comments(value).to_lowercase();
        let (server, results) = value.split_once(';')?;
        let server = server.split_whitespace().next()?.trim_matches('"').to_owned();
        trusted.contains(&server).then(|| results.to_owned())
    });
    let proves = |result: &str| proves(result, domain);
    mail.has_one_author && results.is_some_and(|results| results.split(';').any(proves))
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

fn without_comments(value: &str) -> String {
    let mut depth = 0_u32;
    let mut keeps = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => (),
        }
        depth == 0
    };
    value.chars().filter(|c| keeps(*c)).collect()
}
