//! What a text complains of beside its thanks, so that whoever is thanked need not read it.
use super::tone::{ClauseTone, Tones};
use crate::text::{
    Span,
    clause::{Clause, clauses},
    token::Tokens,
};

/// Complaint of a clause from which on it is kept apart, 0 to 1.
const COMPLAINS: f64 = 0.3;

/// The stretches of `text` that complain, in bytes and in their order. A clause in which one of `thanked` stands, a stretch
/// in bytes, is none; what says nothing either way goes with the complaint before it.
pub fn complaints(text: &str, language: Option<&str>, thanked: &[Span]) -> Vec<Span> {
    let tokens = Tokens::spoken(text, language);
    let clauses = clauses(&tokens);
    let is_thanked = |token: usize| {
        let at = tokens.span(token, token + 1);
        thanked
            .iter()
            .any(|span| span.start < at.end && at.start < span.end)
    };
    let named: Vec<bool> = (0..tokens.len()).map(is_thanked).collect();
    let tones = Tones::new(&tokens, &clauses, named.clone());
    let say = |clause: &Clause| {
        let names = named.get(clause.start..clause.end).unwrap_or_default();
        says(&tones.clause(&tokens, clause), names.contains(&true))
    };
    let said: Vec<Says> = clauses.iter().map(say).collect();
    let mut apart: Vec<Span> = Vec::new();
    let mut complains = false;
    for (at, (clause, says)) in clauses.iter().zip(&said).enumerate() {
        complains = match says {
            Says::Thanks => false,
            Says::Complaint => true,
            Says::Neither => complains || is_sentence_of_complaint(&clauses, &said, at),
        };
        if complains {
            join(&mut apart, text, tokens.span(clause.start, clause.end));
        }
    }
    apart
}

#[derive(PartialEq, Eq)]
enum Says {
    Thanks,
    Complaint,
    Neither,
}

fn says(tone: &ClauseTone, names_somebody: bool) -> Says {
    if names_somebody {
        Says::Thanks
    } else if tone.complaint > tone.praise && tone.complaint >= COMPLAINS {
        Says::Complaint
    } else if tone.praise > 0.0 {
        Says::Thanks
    } else {
        Says::Neither
    }
}

/// Whether the sentence of this clause complains and thanks nobody.
fn is_sentence_of_complaint(clauses: &[Clause], said: &[Says], at: usize) -> bool {
    let sentence = clauses.get(at).map(|clause| clause.sentence);
    let of_it = || {
        let pairs = clauses.iter().zip(said);
        pairs.filter(|(clause, _)| Some(clause.sentence) == sentence)
    };
    of_it().any(|(_, says)| *says == Says::Complaint) && of_it().all(|(_, says)| *says != Says::Thanks)
}

fn join(apart: &mut Vec<Span>, text: &str, span: Span) {
    let touches = |last: &&mut Span| {
        let gap = text.get(last.end..span.start);
        gap.is_some_and(|gap| gap.trim().is_empty())
    };
    match apart.last_mut().filter(touches) {
        Some(last) => last.end = span.end,
        None => apart.push(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, name: &str) -> String {
        let thanked: Vec<Span> = text
            .match_indices(name)
            .map(|(start, name)| Span {
                start,
                end: start + name.len(),
            })
            .collect();
        let mut left = text.to_owned();
        for span in complaints(text, None, &thanked).into_iter().rev() {
            left.replace_range(span.start..span.end, "[…]");
        }
        left
    }

    #[test]
    fn complaints_beside_thanks_are_found_by_sentence_and_by_clause() {
        for (text, name, thanks) in [
            (
                "Tom was so kind. The food was cold and awful. We waited an hour.",
                "Tom",
                "Tom was so kind. […]",
            ),
            (
                "The room was filthy and the lift was broken. Amina at reception was wonderful, thank you!",
                "Amina",
                "[…] Amina at reception was wonderful, thank you!",
            ),
            (
                "Tom was lovely but the manager was rude to us.",
                "Tom",
                "Tom was lovely […]",
            ),
            (
                "Frau Yusuf war sehr freundlich. Der Mann an der Kasse war leider unverschämt.",
                "Yusuf",
                "Frau Yusuf war sehr freundlich. […]",
            ),
            (
                "La chambre était sale et bruyante, mais Julie a été adorable.",
                "Julie",
                "[…] mais Julie a été adorable.",
            ),
        ] {
            assert_eq!(left(text, name), thanks);
        }
    }

    #[test]
    fn thanks_alone_stay_whole() {
        for (text, name) in [
            (
                "Amina didn't laugh. She went through three drawers and found it.",
                "Amina",
            ),
            (
                "Dank an Herrn Keller, der mir alles in Ruhe erklärt hat.",
                "Keller",
            ),
        ] {
            assert_eq!(left(text, name), text);
        }
    }
}
