//! Names that can mean one person only: employee ids, badge numbers, handles, hashtags.

use super::mention::{Bearer, Finder, How, Mention, full, mention};
use crate::text::hash_key;
use crate::text::lexicon::WORD;

/// Bytes of the longest word that may be a given and a family name.
const LONGEST_RUN_TOGETHER: usize = 40;

impl Finder<'_> {
    pub(super) fn exact(&self, i: usize, hash: u64) -> Option<Mention> {
        let staff = self.roster.exact(hash)?;
        Some(mention(
            i,
            i + 1,
            How::Exact,
            vec![Bearer {
                staff,
                in_scope: true,
                fit: 0.0,
            }],
            1,
            1,
        ))
    }

    /// Letters and digits, as in "E0003" or "AB-12".
    pub(super) fn is_code(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        let digits = |i: usize| {
            self.tokens
                .key(self.tokens.at(i))
                .bytes()
                .any(|b| b.is_ascii_digit())
        };
        !token.is(WORD) && (digits(i) || (token.glued && digits(i + 1)))
    }

    /// An employee id, possibly of several parts joined by hyphens.
    pub(super) fn code(&self, i: usize) -> Option<Mention> {
        let first = self.tokens.at(i);
        let alone = self.exact(i, first.hash);
        let next = self.tokens.at(i + 1);
        let joined = || {
            self.exact(i, hash_key(first.hash, self.tokens.key(next)))
                .map(|m| Mention { end: i + 2, ..m })
        };
        alone.or_else(|| if first.glued { joined() } else { None })
    }

    /// "agent 402", "till 12 no. 402", "#402"
    pub(super) fn is_number_cued(&self, i: usize) -> bool {
        let cues = [
            "no", "number", "id", "agent", "badge", "till", "staff", "employee", "#", "operator", "cashier",
        ];
        self.tokens.at(i).end - self.tokens.at(i).start > 2
            && (1..=2).any(|back| cues.contains(&self.tokens.key(self.tokens.before(i, back))))
    }

    /// Given and family name in one key. Longer words are no names: each cut would cost a look at the whole word.
    pub(super) fn given_and_family(&self, i: usize, key: &str) -> Option<Mention> {
        if key.len() > LONGEST_RUN_TOGETHER {
            return None;
        }
        let cuts = (2..key.len().saturating_sub(1)).filter_map(|cut| key.split_at_checked(cut));
        cuts.filter_map(|(head, tail)| {
            let given = self.roster.names.given(hash_key(0, head))?;
            let family = self.roster.names.family(hash_key(0, tail))?;
            Some(self.together(given, family)).filter(|both| !both.is_empty())
        })
        .map(|both| full(i, i + 1, both))
        .next()
    }

    /// "#thankyoupriya", "#sarahkhan"
    pub(super) fn hashtag(&self, i: usize) -> Option<Mention> {
        let key = self.tokens.key(self.tokens.at(i));
        let bare = ["thankyou", "thanks", "kudos", "bravo"]
            .iter()
            .find_map(|t| key.strip_prefix(t))
            .unwrap_or(key);
        if bare.len() < 4 || bare.len() > LONGEST_RUN_TOGETHER {
            return None;
        }
        if let Some(both) = self.given_and_family(i, bare) {
            return Some(both);
        }
        let form = self.roster.names.given(hash_key(0, bare))?;
        self.found(i, i + 1, How::Given, form)
            .filter(|m| m.in_scope > 0 && bare.len() < key.len())
    }
}
