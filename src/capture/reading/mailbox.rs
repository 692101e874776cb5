//! Mails of a mailbox: what is fetched, what becomes of it, and where to read on. They are moved in the turn after the one
//! that committed them: a mail leaves its folder only once it is known for good what became of it.
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use entity::reader;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::place::Place;
use crate::{
    capture::{
        app::CaptureApp,
        draft::Draft,
        mail::{self, Mail, Own, People, Taken},
        mailbox::{Client, Fate, Letter, Progress, Round},
        remote::ReadError,
        store::{self, Stored},
    },
    platform::{blocking::blocking, db::Tx},
};

/// What a conversation brought, and what the mails say.
#[derive(Debug)]
pub(super) struct Letters {
    round: Round,
    judged: Vec<(u32, Judged)>,
}

#[derive(Debug)]
enum Judged {
    Said(Box<Draft>),
    Skipped(&'static str),
}

impl Letters {
    /// Why nothing was brought.
    pub(super) fn broke_at_once(&self) -> Option<&ReadError> {
        self.round.broke.as_ref().filter(|_| self.judged.is_empty())
    }
}

/// Asks for the mails that come next.
pub(super) async fn ask(client: &Client, place: &Place, now: DateTime<Utc>) -> Result<Letters, ReadError> {
    let progress = Progress::of(&place.reader);
    let round = client.read(&progress, place.connection.read_from, now).await?;
    Ok(Letters {
        round,
        judged: Vec::new(),
    })
}

/// Says whose words the mails bring; answers of other kinds stay what they are.
pub(super) async fn judged(
    app: &CaptureApp,
    place: &Place,
    answer: Result<super::turn::Answer, ReadError>,
) -> Result<Result<super::turn::Answer, ReadError>, DbErr> {
    let Ok(super::turn::Answer::Letters(mut letters)) = answer else {
        return Ok(answer);
    };
    let fetched = std::mem::take(&mut letters.round.letters);
    let opened = blocking(move || fetched.into_iter().map(open).collect::<Vec<_>>()).await;
    let mails: Vec<Mail> = opened.iter().filter_map(|(_, mail)| mail.clone().ok()).collect();
    let people = People::load(app.db.read(), place.source.organisation_id, &mails).await?;
    let (own, now) = (Own::of(&app.config.mail.from), app.clock.now());
    let judge = |(uid, mail): (u32, Result<Mail, &'static str>)| match mail {
        Ok(mail) => (uid, judge(&mail, place, &people, &own, now)),
        Err(why) => (uid, Judged::Skipped(why)),
    };
    letters.judged = opened.into_iter().map(judge).collect();
    Ok(Ok(super::turn::Answer::Letters(letters)))
}

/// One mail that makes a parser fail is passed over, like one that cannot be read.
fn open(letter: Letter) -> (u32, Result<Mail, &'static str>) {
    let raw = match letter.raw {
        Ok(raw) => raw,
        Err(why) => return (letter.uid, Err(why)),
    };
    let opened = catch_unwind(AssertUnwindSafe(|| mail::open(&raw)));
    let mail = opened
        .map_err(|_| "unreadable")
        .and_then(|mail| mail.map_err(|_| "unreadable"));
    (letter.uid, mail)
}

fn judge(mail: &Mail, place: &Place, people: &People, own: &Own, now: DateTime<Utc>) -> Judged {
    let taken = catch_unwind(AssertUnwindSafe(|| {
        mail::take(mail, &place.source, people, own, now)
    }));
    match taken {
        Ok(Taken::Said(draft)) if draft.check().is_ok() => Judged::Said(draft),
        Ok(Taken::Said(_)) => Judged::Skipped("unusable"),
        Ok(Taken::Skipped(why)) => Judged::Skipped(why.code()),
        Err(_) => Judged::Skipped("unreadable"),
    }
}

/// Stores the customers' words; tells what became of each mail.
pub(super) async fn capture(tx: &Tx, letters: &Letters) -> Result<Vec<(u32, Fate)>, DbErr> {
    let drafts: Vec<Draft> = letters
        .judged
        .iter()
        .filter_map(|(_, judged)| match judged {
            Judged::Said(draft) => Some((**draft).clone()),
            Judged::Skipped(_) => None,
        })
        .collect();
    let mut stored = store::store(tx, &drafts).await?.into_iter();
    let fate = |(uid, judged): &(u32, Judged)| match judged {
        Judged::Skipped(why) => (*uid, Fate::Skipped(why)),
        Judged::Said(_) => match stored.next() {
            // Somebody else's words under the same Message-ID: a person may look at them.
            Some(Stored::KeyReused(_)) | None => (*uid, Fate::Skipped("same_id")),
            Some(_) => (*uid, Fate::Comment),
        },
    };
    Ok(letters.judged.iter().map(fate).collect())
}

/// Moves the reader on; `true` where there is something to do at once.
pub(super) fn advance(
    row: &mut reader::ActiveModel,
    letters: &Letters,
    fates: Vec<(u32, Fate)>,
    now: DateTime<Utc>,
) -> bool {
    let mut progress = letters.round.progress.clone();
    let is_to_move = !fates.is_empty();
    for (uid, fate) in fates {
        progress.note(uid, fate);
    }
    row.progress = Set(Some(progress.kept()));
    if let Some(why) = &letters.round.not_moved {
        row.failures = Set(1);
        row.last_error = Set(Some(why.clone()));
        row.failed_at = Set(Some(now));
    }
    if letters.round.has_more || letters.round.broke.is_some() {
        return true;
    }
    row.caught_up_at = Set(Some(now));
    is_to_move
}

/// Keeps where the reader stands after a conversation that brought nothing.
pub(super) async fn keep_progress(tx: &Tx, place: &Place, letters: &Letters) -> Result<(), DbErr> {
    let mut row: reader::ActiveModel = place.reader.clone().into();
    row.progress = Set(Some(letters.round.progress.kept()));
    row.update(tx).await?;
    Ok(())
}
