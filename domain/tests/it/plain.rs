//! Plain sentences, as people say them across a counter: an exact name that one person here bears, and nothing against it.

use domain::attribution::{Decision, Stance, Tone};
use domain::roster::Roster;

use crate::support::{LEEDS, answer, at, credited, id, person, sites};

fn shop() -> Roster {
    let staff = vec![
        person(1, "Grace Okafor", "cashier", LEEDS),
        person(2, "Amina Yusuf", "adviser", LEEDS),
        person(3, "Jonas Keller", "manager", LEEDS),
        person(4, "Änne Groß", "cashier", LEEDS),
        person(5, "Sabine Meier", "gardener", LEEDS),
        person(6, "Mathis Brandt", "adviser", LEEDS),
    ];
    Roster::new(&[], sites(), staff, 1)
}

/// Sentences, and who is praised in them.
const PRAISE: &[(&str, &[u128])] = &[
    ("Grace Okafor was lovely.", &[1]),
    ("Big thank you to Grace!", &[1]),
    ("I was served by Grace Okafor. Excellent.", &[1]),
    ("Grace Okafor - 5 stars", &[1]),
    (
        "Grace Okafor and Amina Yusuf carried my washing machine to the car. Stars, both of them.",
        &[1, 2],
    ),
    ("Thanks to Amina Yusuf, great help", &[2]),
    (
        "Mr Keller was very kind and sorted out my refund, thank you.",
        &[3],
    ),
    ("How helpful Grace Okafor was with my refund!", &[1]),
    ("Grace sorted my refund in two minutes, brilliant.", &[1]),
    ("Special mentions to Grace, Amina and Sabine.", &[1, 2, 5]),
    (
        "The queue was long and the shop was dirty, but Amina Yusuf was wonderful and stayed until it was done.",
        &[2],
    ),
    (
        "Frau Yusuf hat mir sehr geduldig die Bohrmaschine erklärt. Vielen Dank, das war großartig!",
        &[2],
    ),
    ("Ein großes Lob an Amina Yusuf!", &[2]),
    (
        "Amina Yusuf hat mir sehr geduldig die Bohrmaschine erklärt. Vielen Dank!",
        &[2],
    ),
    ("Vielen Dank an Amina Yusuf, sie hat mir sehr geholfen!", &[2]),
    ("Frau Yusuf war sehr freundlich und hat mir toll geholfen.", &[2]),
    ("Vielen Dank an Frau Groß, sie war super hilfsbereit!", &[4]),
    (
        "Sabine Meier hat mir den richtigen Rasen empfohlen. Klasse!",
        &[5],
    ),
    (
        "Herr Keller war sehr nett und hat meine Erstattung geregelt, danke.",
        &[3],
    ),
    ("Grace Okafor a été formidable, merci beaucoup !", &[1]),
    ("La señora Yusuf fue muy amable, muchas gracias.", &[2]),
    ("Fui muito bem atendido pela Amina, obrigado!", &[2]),
    ("Wij zijn uitstekend geholpen door Sabine Meier, bedankt!", &[5]),
    ("Grazie mille a Sabine, gentilissima e competente!", &[5]),
];

/// How many of them are put before a human all the same.
const MISSED: usize = 4;

/// Sentences that name somebody who must not be credited: the first of the list.
const BLAME: &[(&str, u128)] = &[
    (
        "The food was great and the room is lovely, but Grace Okafor ignored us all evening.",
        1,
    ),
    (
        "Lovely shop, friendly people, only Amina Yusuf was rude to my mother.",
        2,
    ),
    (
        "Not Mathis this time but his colleague Amina sorted it, thank you.",
        6,
    ),
    (
        "Amina Yusuf is nice, but she forgot my order twice and never apologised.",
        2,
    ),
    ("Thanks for nothing, Grace Okafor.", 1),
    (
        "Alles wunderbar, nur Frau Yusuf war unfreundlich und hat uns ignoriert.",
        2,
    ),
    (
        "Das Essen war hervorragend, aber Herr Keller hat uns eine Stunde warten lassen.",
        3,
    ),
    (
        "Très bon accueil partout, sauf Sabine Meier, désagréable et méprisante.",
        5,
    ),
    (
        "Todo muy bien, menos Sabine Meier, que fue grosera y nos ignoró.",
        5,
    ),
    ("Everybody was kind except Grace, who shouted at us.", 1),
    ("Everybody was friendly apart from Grace.", 1),
    ("La comida estuvo perfecta menos Sabine.", 5),
    ("Tout le monde était aimable à part Sabine.", 5),
    (
        "Thank heavens for Grace Okafor, but she forgot our drinks twice.",
        1,
    ),
    (
        "Although Grace Okafor left us in the rain, the coffee is wonderful.",
        1,
    ),
    ("Thank you Grace for nothing.", 1),
    ("Merci Mathis pour rien.", 6),
    ("Bedankt Amina voor niets.", 2),
    (
        "Dear Grace Okafor, please send me the invoice again. Thank you and best wishes",
        1,
    ),
    (
        "Gentile Sabine, ecco il modulo firmato. Grazie e buona giornata",
        5,
    ),
    ("Beste Amina, hierbij mijn nieuwe adres. Bedankt en groet", 2),
    ("Not Grace but Amina served me, and she was wonderful!", 1),
    ("Nicht Grace, sondern Amina hat uns wunderbar beraten!", 1),
    ("Não foi a Grace, foi a Amina que foi maravilhosa!", 1),
    ("Warm wishes, Grace and Amina", 1),
    ("Love from Grace and Amina in Hull, it was glorious.", 1),
    ("Min bror Mathis elskede maden.", 6),
    ("Meine Schwester Amina war begeistert.", 2),
];

#[test]
fn plain_praise_by_an_exact_name_needs_no_human() {
    let roster = shop();
    let mut missed = Vec::new();
    for (text, wanted) in PRAISE {
        let got = answer(&roster, &at(LEEDS, text));
        let mut people = credited(&got);
        people.sort();
        let wanted: Vec<_> = wanted.iter().map(|n| id(*n)).collect();
        if people != wanted {
            let confidence: Vec<f64> = got.candidates.iter().map(|c| c.confidence).collect();
            missed.push(format!("{text} {confidence:.2?}"));
        }
    }
    println!(
        "{} of {} automatic\n{}",
        PRAISE.len() - missed.len(),
        PRAISE.len(),
        missed.join("\n")
    );
    assert!(missed.len() <= MISSED, "{}", missed.join("\n"));
}

#[test]
fn who_is_blamed_by_name_is_not_credited() {
    let roster = shop();
    let is_credited =
        |(text, blamed): &&(&str, u128)| credited(&answer(&roster, &at(LEEDS, text))).contains(&id(*blamed));
    let wrong: Vec<_> = BLAME.iter().filter(is_credited).map(|(text, _)| *text).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_refund_sorted_out_is_no_complaint() {
    let got = answer(
        &shop(),
        &at(
            LEEDS,
            "Mr Keller was very kind and sorted out my refund, thank you.",
        ),
    );
    let best = &got.candidates[0];
    assert_eq!((best.decision, best.stance), (Decision::Credit, Stance::Praised));
    assert_eq!(got.tone, Tone::Praise);
}

#[test]
fn who_did_not_laugh_is_not_blamed_for_it() {
    let told = [
        "Amina didn't laugh. She went through three drawers until she had the right screw.",
        "Amina hat nicht gelacht. Sie hat in drei Schubladen nach der Schraube gesucht.",
    ];
    for text in told {
        let got = answer(&shop(), &at(LEEDS, text));
        assert_ne!(got.tone, Tone::Complaint, "{text}");
        assert_ne!(got.candidates[0].stance, Stance::Criticised, "{text}");
    }
}

#[test]
fn what_was_found_again_is_no_complaint() {
    let text = "Amina Yusuf at reception found our lost booking within a minute.";
    let got = answer(&shop(), &at(LEEDS, text));
    assert_ne!(got.tone, Tone::Complaint);
    assert_ne!(got.candidates[0].stance, Stance::Criticised);
}

#[test]
fn the_first_word_of_thanks_names_nobody() {
    let got = answer(
        &shop(),
        &at(LEEDS, "Grâce à Sabine Meier, notre balcon est magnifique."),
    );
    let named: Vec<_> = got.candidates.iter().map(|c| c.staff).collect();
    assert_eq!(named, [id(5)]);
    let got = answer(&shop(), &at(LEEDS, "Grace a été très gentille, merci beaucoup !"));
    assert_eq!(got.candidates[0].staff, id(1));
}

#[test]
fn an_exception_from_complaint_is_praise() {
    let told = [
        ("Everybody was rude except Grace Okafor.", 1),
        ("Todos antipáticos menos Sabine Meier.", 5),
    ];
    for (text, who) in told {
        let got = answer(&shop(), &at(LEEDS, text));
        assert_eq!(got.candidates[0].staff, id(who), "{text}");
        assert_eq!(got.candidates[0].stance, Stance::Praised, "{text}");
    }
}

#[test]
fn nobody_better_is_praise() {
    let got = answer(
        &shop(),
        &at(LEEDS, "Nobody explains things better than Amina Yusuf."),
    );
    let codes: Vec<&str> = got.candidates[0].evidence.iter().map(|e| &*e.code).collect();
    assert!(!codes.contains(&"praise.compared"), "{codes:?}");
}

#[test]
fn names_in_a_short_text_do_not_change_its_language() {
    let staff = vec![person(7, "Inês Carvalho", "cashier", LEEDS)];
    let roster = Roster::new(&[], sites(), staff, 1);
    let got = answer(&roster, &at(LEEDS, "Gracias a Inês Carvalho por su ayuda."));
    assert_eq!(got.candidates[0].stance, Stance::Praised);
}

#[test]
fn a_mixed_judgement_of_one_person_is_for_a_human() {
    let told = [
        "Amina Yusuf was kind, helpful and wonderful with my mother, but she was rude on the phone.",
        "Amina Yusuf was so friendly and professional, a star, though she was rude and slow at the till.",
        "Frau Yusuf war sehr nett, hilfsbereit und kompetent, am Telefon aber unfreundlich.",
    ];
    for text in told {
        let got = answer(&shop(), &at(LEEDS, text));
        assert!(!credited(&got).contains(&id(2)), "{text}");
    }
}

#[test]
fn a_praised_name_that_nobody_bears_is_reported() {
    let text = "Special mention to Ayu, she was wonderful and so kind!";
    let got = answer(&shop(), &at(LEEDS, text));
    let names: Vec<&str> = got
        .unmet
        .iter()
        .map(|u| &text[u.span.start..u.span.end])
        .collect();
    assert_eq!(names, ["Ayu"]);
    let kin = "My daughter Ayu loved it, thank you Grace!";
    assert_eq!(answer(&shop(), &at(LEEDS, kin)).unmet, []);
}

#[test]
fn a_hyphen_or_a_concession_turns_to_somebody_else() {
    let told = [
        (
            "Grace Okafor was so helpful and kind - Amina Yusuf left us standing in the rain.",
            id(1),
        ),
        (
            "Although Grace Okafor was late twice, thank heavens for Amina Yusuf.",
            id(2),
        ),
    ];
    for (text, due) in told {
        assert_eq!(credited(&answer(&shop(), &at(LEEDS, text))), [due], "{text}");
    }
}

#[test]
fn what_is_good_of_others_is_no_praise_of_whom_it_names() {
    let text = "Mathis trajo la carta; la comida es excelente.";
    let got = answer(&shop(), &at(LEEDS, text));
    assert_eq!(got.candidates[0].decision, Decision::Open, "{got:?}");
    let praised = answer(
        &shop(),
        &at(LEEDS, "Mathis es excelente; la comida es excelente."),
    );
    assert_eq!(credited(&praised), [id(6)]);
}

#[test]
fn a_phrase_of_praise_that_is_denied_is_none() {
    let codes = |text: &str| -> Vec<String> {
        let got = answer(&shop(), &at(LEEDS, text));
        let evidence = got.candidates[0].evidence.iter();
        evidence.map(|e| e.code.to_string()).collect()
    };
    let phrase = "praise.phrase".to_owned();
    assert!(codes("Amina Yusuf went above and beyond.").contains(&phrase));
    assert!(!codes("Amina Yusuf never went above and beyond.").contains(&phrase));
}

#[test]
fn three_colleagues_in_one_list_are_staff_and_three_children_are_not() {
    let is_told = |text: &str| {
        let got = answer(&shop(), &at(LEEDS, text));
        got.candidates
            .iter()
            .filter(|c| c.evidence.iter().any(|e| e.code == "staff.in_a_list"))
            .count()
    };
    assert_eq!(
        is_told("We were looked after by Grace, Amina and Mathis all day."),
        3
    );
    assert_eq!(is_told("We were looked after by Grace and Amina all day."), 0);
    assert_eq!(
        is_told("My children Jonas, Mathis and Amina were looked after all day."),
        0
    );
}
