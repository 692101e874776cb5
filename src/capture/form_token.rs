//! When a form was shown: said by the form itself, signed, so that no one needs to be remembered.
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{form::FormToken, held::HeldFor};
use crate::platform::secret::Secrets;

/// Nobody reads a question and types an answer sooner; who pastes one may.
pub const FASTEST: TimeDelta = TimeDelta::seconds(3);
/// A form may lie open in a tab for so long; gathered tokens are of no use for longer.
pub const OLDEST: TimeDelta = TimeDelta::days(7);
const PURPOSE: &str = "form";

/// The hidden field `token` of a form: `NONCE.TIME.SIGNATURE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What tells this form from another.
    pub token: FormToken,
    /// When we showed it, to the second; none where the signature is not ours.
    pub at: Option<DateTime<Utc>>,
}

impl Shown {
    /// A form that is shown for the first time.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Shown {
        Shown {
            token: FormToken::random(),
            at: Some(now),
        }
    }

    /// What a form brings back; none where it is not even the shape of one.
    #[must_use]
    pub fn read(given: &str, source: Uuid, secrets: &Secrets) -> Option<Shown> {
        let mut parts = given.splitn(3, '.');
        let token = FormToken::parse(parts.next()?)?;
        let at = signed_time(&token, source, secrets, parts.next(), parts.next());
        Some(Shown { token, at })
    }

    /// As it stands in the page of a source's form. What has no time of ours gets the present one.
    #[must_use]
    pub fn write(&self, source: Uuid, secrets: &Secrets, now: DateTime<Utc>) -> String {
        let seconds = self.at.unwrap_or(now).timestamp();
        let signature = secrets.sign(PURPOSE, &parts(&self.token, source, seconds));
        format!("{}.{seconds}.{signature}", self.token.as_str())
    }

    /// What its time says against it. A browser that saw somebody type or paste (`by_hand`) may be as fast as they were.
    #[must_use]
    pub fn doubt(&self, now: DateTime<Utc>, by_hand: bool) -> Option<HeldFor> {
        let fastest = if by_hand { TimeDelta::zero() } else { FASTEST };
        match self.at {
            None => Some(HeldFor::NoToken),
            Some(at) if now - at < fastest => Some(HeldFor::TooFast),
            Some(at) if now - at > OLDEST => Some(HeldFor::TooOld),
            Some(_) => None,
        }
    }
}

fn signed_time(
    token: &FormToken,
    source: Uuid,
    secrets: &Secrets,
    seconds: Option<&str>,
    signature: Option<&str>,
) -> Option<DateTime<Utc>> {
    let seconds: i64 = seconds?.parse().ok()?;
    let is_ours = secrets.is_signed(PURPOSE, &parts(token, source, seconds), signature?);
    DateTime::from_timestamp(seconds, 0).filter(|_| is_ours)
}

/// Each part has a fixed length, so that no two forms are written alike.
fn parts(token: &FormToken, source: Uuid, seconds: i64) -> [Vec<u8>; 3] {
    [
        source.as_bytes().to_vec(),
        token.as_str().as_bytes().to_vec(),
        seconds.to_be_bytes().to_vec(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Config;

    fn secrets() -> Secrets {
        Secrets::load(&Config::from_toml("").unwrap()).unwrap()
    }

    fn noon() -> DateTime<Utc> {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_form_that_was_read_before_it_was_sent_is_not_doubted() {
        let (secrets, source) = (secrets(), Uuid::now_v7());
        let written = Shown::at(noon()).write(source, &secrets, noon());
        let back = Shown::read(&written, source, &secrets).unwrap();
        assert_eq!(back.at, Some(noon()));
        assert_eq!(back.doubt(noon() + FASTEST, false), None);
        let soon = noon() + TimeDelta::seconds(2);
        assert_eq!(back.doubt(soon, false), Some(HeldFor::TooFast));
        assert_eq!(back.doubt(soon, true), None);
        for by_hand in [false, true] {
            let doubt = |at| back.doubt(at, by_hand);
            assert_eq!(doubt(noon() + TimeDelta::days(8)), Some(HeldFor::TooOld));
            assert_eq!(doubt(noon() - TimeDelta::days(1)), Some(HeldFor::TooFast));
        }
    }

    #[test]
    fn a_time_that_we_did_not_write_for_this_form_is_none() {
        let (ours, source) = (secrets(), Uuid::now_v7());
        let written = Shown::at(noon()).write(source, &ours, noon());
        let (head, signature) = written.rsplit_once('.').unwrap();
        let (token, _) = head.split_once('.').unwrap();
        let earlier = format!("{token}.1.{signature}");
        let of_another = format!("{}{}", FormToken::random().as_str(), &written[32..]);
        for forged in [
            token,
            head,
            &earlier,
            &of_another,
            &format!("{written}x"),
            &format!("{token}.x.x"),
        ] {
            let read = Shown::read(forged, source, &ours).unwrap();
            assert_eq!(
                read.doubt(noon() + TimeDelta::minutes(1), true),
                Some(HeldFor::NoToken),
                "{forged}"
            );
        }
        assert_eq!(Shown::read(&written, Uuid::now_v7(), &ours).unwrap().at, None);
        assert_eq!(Shown::read(&written, source, &secrets()).unwrap().at, None);
        assert_eq!(Shown::read("../../etc", source, &ours), None);
    }
}
