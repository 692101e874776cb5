//! The cues the model weighs. Each has a code by which weights and explanations are found.

/// How the values of several mentions of one person become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// One telling mention suffices.
    Most,
    /// Only what holds of every mention counts.
    Least,
}

macro_rules! cues {
    ($(#[$doc:meta])* $set:ident $codes:ident $count:ident { $($(#[$cue_doc:meta])* $cue:ident $code:literal $merge:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $set { $($(#[$cue_doc])* $cue,)* }

        /// Codes of the cues, in their order.
        pub const $codes: [&str; $count] = [$($code,)*];
        const $count: usize = [$($code,)*].len();

        impl $set {
            /// How several mentions merge, in the order of the cues.
            pub(crate) const MERGES: [Merge; $count] = [$(Merge::$merge,)*];
        }

        impl From<$set> for usize {
            fn from(cue: $set) -> usize {
                cue as usize
            }
        }
    };
}

cues! {
    /// What speaks for or against a mention being a staff member who is meant.
    Staff STAFF_CODES STAFF_COUNT {
        /// Always 1.
        Bias "staff.bias" Most,
        /// Employee id, badge number or handle.
        Exact "staff.exact_id" Most,
        /// Given and family name.
        Full "staff.full_name" Most,
        /// "Lisa J.", "C. Evans".
        Initial "staff.initial" Most,
        /// "Dr Singh".
        Titled "staff.title" Most,
        /// A family name alone.
        FamilyBare "staff.family_name_alone" Least,
        /// A short form.
        Nick "staff.nickname" Least,
        /// One edit apart.
        Edit "staff.misspelt" Least,
        /// Sounds alike.
        Sound "staff.sounds_alike" Least,
        /// The spelling in the text is itself a common name.
        OtherName "staff.other_name" Least,
        /// Log odds of being a name rather than a word, halved.
        Nameness "staff.name_not_word" Most,
        /// An ordinary word without a capital.
        LowerWord "staff.lower_case_word" Least,
        /// Without a capital in a text that uses them.
        Lower "staff.lower_case" Least,
        /// An ordinary word at the start of a sentence.
        SentenceStart "staff.word_at_sentence_start" Least,
        /// A job title beside the name.
        Role "staff.job_title_near" Most,
        /// "Ann's service".
        GivesService "staff.gives_service" Most,
        /// "thanks to", "kudos to", "shout out to".
        Thanks "staff.thanked" Most,
        /// "helped by", "served by".
        HandledBy "staff.served_by" Most,
        /// "named", "called", "her name is".
        Named "staff.introduced_by_name" Most,
        /// "ask for", "spoke with".
        Ask "staff.asked_for" Most,
        /// "… helped", "… explained".
        Verb "staff.acts" Most,
        /// "… was", "… is".
        Copula "staff.is_described" Most,
        /// Praise close by.
        PraiseNear "staff.praise_near" Most,
        /// The next clause goes on with "she" or "he".
        Pronoun "staff.pronoun_follows" Most,
        /// Words for people near: helpful, patient, rude.
        Manner "staff.manner" Most,
        /// Words for things near: delicious, rooms.
        Thing "staff.thing" Least,
        /// "… is a great place".
        IsThing "staff.is_a_thing" Most,
        /// "… was a fantastic host".
        IsPerson "staff.is_a_person" Most,
        /// The next clause goes on with "it".
        It "staff.it_follows" Least,
        /// The text says "she" or "he" somewhere.
        SheOrHe "staff.she_or_he_in_text" Most,
        /// "… and her team", "his".
        Possessor "staff.his_or_her" Most,
        /// Behind "at", "to", "near".
        Toward "staff.toward" Least,
        /// Behind "by", "with", "from".
        With "staff.with" Most,
        /// In a list of three names or more that colleagues of the site bear.
        List "staff.in_a_list" Most,
        /// Named several times.
        Repeated "staff.named_repeatedly" Most,
        /// "my husband", "our son".
        Kin "staff.kin" Most,
        /// "our dog".
        Pet "staff.pet" Most,
        /// "… and I".
        Companion "staff.companion" Most,
        /// Signs the text.
        Signature "staff.signature" Most,
        /// "Thank you so much Kim" as the last words, after praise of somebody else.
        ThanksAndSigns "staff.thanks_and_signs" Most,
        /// "my name is", "I'm".
        SelfName "staff.introduces_self" Most,
        /// Is the customer's own name.
        Author "staff.author" Most,
        /// In a reply of the business.
        Reply "staff.in_reply" Least,
        /// Another family name follows.
        OtherFamily "staff.other_family_name" Most,
        /// Part of a longer name.
        LongerName "staff.part_of_longer_name" Most,
        /// A capitalised word follows: "Liberty First".
        CapitalFollows "staff.capital_follows" Least,
        /// In capitals, in a text that is not.
        Capitals "staff.in_capitals" Least,
        /// The name of a place.
        Place "staff.place_name" Least,
        /// Behind "in", "to", "from".
        PlacePreposition "staff.place_preposition" Most,
        /// "Pedro's Barbershop".
        Venue "staff.venue" Least,
        /// "Gala Travel".
        Brand "staff.brand" Most,
        /// "the Obama burrito".
        Product "staff.product" Most,
        /// "at the Grand", "to the Palace".
        AtThe "staff.at_the" Least,
        /// A name that everybody knows as a brand or a character.
        KnownBrand "staff.known_brand" Most,
        /// "hotel Monaco", "suites by Hilton".
        VenueBefore "staff.venue_before" Most,
        /// "Ann's apartment": hosts own what they let.
        Host "staff.host" Most,
        /// Owns something that is no service.
        Possessive "staff.owns_something" Least,
        /// A date.
        Month "staff.date" Most,
        /// A public figure.
        Public "staff.public_figure" Most,
        /// A name of the organisation or of a site.
        Organisation "staff.organisation_name" Least,
        /// Called upon: ", Sarah!"
        Vocative "staff.called_upon" Most,
        /// Behind "the".
        Article "staff.article" Least,
        /// Works elsewhere.
        OffSite "staff.other_site" Least,
        /// How unlikely a chance namesake is.
        Rarity "staff.rare_name" Most,
        /// The form's "who was it?" says so.
        Hint "staff.form_says_so" Most,
        /// Named by the source.
        Reference "staff.source_says_so" Most,
        /// The text speaks of staff or service.
        TalkOfService "staff.text_speaks_of_staff" Most,
        /// A title that goes before given names: "Schwester Anna".
        TitledGiven "staff.title_of_given_name" Most,
        /// An article stands before the name, as some languages put it before people.
        ArticleName "staff.article_of_people" Most,
        /// The full name of one person here, and no sign of anybody else.
        PlainFull "staff.full_name_of_one" Least,
        /// A full name in a text that is not short: chefs, owners and celebrities are named so in passing (0 to 1).
        FullInLong "staff.full_name_in_a_long_text" Most,
        /// Words that customers use where they name staff.
        Words "staff.words" Most,
        /// The exact name of somebody here, and no sign of anything else, in a short text (0 to 1).
        PlainName "staff.plain_name" Most,
        /// "especially", "in particular" before the name or its list.
        Singled "staff.singled_out" Most,
        /// The sentence speaks of the staff before it names somebody.
        TeamBefore "staff.one_of_the_staff" Most,
        /// The text is addressed to them: "Dear Ann, …".
        Addressed "staff.addressed" Most,
        /// A short text (0 to 1).
        Brevity "staff.short_text" Most,
        /// The language is one that no pack describes.
        Language "staff.other_language" Most,
    }
}

cues! {
    /// What speaks for or against this person being praised.
    Praise PRAISE_CODES PRAISE_COUNT {
        /// Always 1.
        Bias "praise.bias" Most,
        /// Praise in the person's own clause.
        Own "praise.own_clause" Most,
        /// Complaint there.
        OwnComplaint "praise.own_clause_complaint" Most,
        /// Praise within a few words.
        Near "praise.close_by" Most,
        /// Complaint within a few words.
        NearComplaint "praise.close_by_complaint" Most,
        /// Praise in clauses that go on about the person.
        Attached "praise.goes_on" Most,
        /// Complaint there.
        AttachedComplaint "praise.goes_on_complaint" Most,
        /// Praise in the clause before.
        Before "praise.before" Most,
        /// Complaint there.
        BeforeComplaint "praise.before_complaint" Most,
        /// Praise in the whole text.
        Text "praise.whole_text" Most,
        /// Complaint in the whole text.
        TextComplaint "praise.whole_text_complaint" Most,
        /// Share of the clauses with a negation or failure.
        Negations "praise.negations" Most,
        /// Words for the manner of people, with praise, in what is said of the person.
        Manner "praise.manner" Most,
        /// More clauses praise than complain (-1 to 1).
        Balance "praise.balance" Most,
        /// Fewer clauses praise than complain (0 to 1).
        Sour "praise.more_complaint" Most,
        /// Words that complaints are made of: refund, excuse, escalate (0 to 1).
        Grievance "praise.grievance" Most,
        /// Praise in the person's clause, in a text without complaint.
        Clean "praise.text_without_complaint" Most,
        /// Strong words of complaint in the text: horrible, scam (0 to 1).
        Outrage "praise.outrage" Most,
        /// Praise (or complaint, negative) in the first sentence.
        Opening "praise.opening" Most,
        /// Praise (or complaint, negative) in the last sentence.
        Ending "praise.ending" Most,
        /// "She is friendly, however, she …": what follows takes praise back.
        Turns "praise.taken_back" Most,
        /// Thanked by name.
        Thanks "praise.thanked" Most,
        /// A praising phrase: "above and beyond".
        Phrase "praise.phrase" Most,
        /// Something went wrong in the person's clause.
        Failure "praise.failure" Most,
        /// The worse side of a comparison.
        Than "praise.compared" Most,
        /// Behind "but", and the clause praises (or complains, negative).
        Contrast "praise.contrast" Most,
        /// Mock praise: thanks for a failure.
        Sarcasm "praise.sarcasm" Most,
        /// A good score (0 to 1).
        ScoreHigh "praise.good_score" Most,
        /// The customer gave no score.
        NoScore "praise.without_score" Most,
        /// A good score where nothing is said of the person, who neither acts nor is thanked (0 to 1).
        ScoreAlone "praise.good_score_alone" Most,
        /// A short text that praises, by its score or in what is said of the person, and nothing against them (0 to 1).
        Unopposed "praise.plain_praise" Most,
        /// A bad score (0 to 1).
        ScoreLow "praise.bad_score" Most,
        /// Praise against a bad score.
        Discord "praise.words_against_score" Most,
        /// Little more than the name, with a good score.
        BareName "praise.name_and_good_score" Most,
        /// "if", "should have".
        Conditional "praise.conditional" Least,
        /// A question.
        Question "praise.question" Least,
        /// "Only … bothered to help".
        Only "praise.only_exception" Most,
        /// "… told me", "… said".
        Reported "praise.reported_speech" Least,
        /// "… helped", "… explained".
        Verb "praise.acts" Most,
        /// Recommended or to be asked for.
        Ask "praise.asked_for" Most,
        /// Praise in the person's clause behind the name.
        After "praise.said_behind_name" Most,
        /// Complaint there.
        AfterComplaint "praise.said_behind_name_complaint" Most,
        /// Praise in the person's clause before the name.
        Ahead "praise.said_before_name" Most,
        /// Complaint there.
        AheadComplaint "praise.said_before_name_complaint" Most,
        /// What the person does is negated or a failure: "Tom never came", "Tom ignored us".
        Fails "praise.does_not_act" Most,
        /// Praise in the person's clause that is of food, room, price.
        OfThing "praise.of_a_thing" Most,
        /// What stands before the "but" that leads to the person (-1 to 1).
        TurnedFrom "praise.turned_from" Most,
        /// What stands behind the "but" that follows (-1 to 1).
        TurnsTo "praise.turns_to" Least,
        /// Praise (or complaint, negative) in the person's sentence.
        Sentence "praise.sentence" Most,
        /// "Thanks for nothing".
        Mock "praise.mock_thanks" Most,
        /// Praise somewhere, and no word of complaint, negation or doubt.
        Plain "praise.nothing_against_it" Most,
        /// Words that customers use where they praise somebody by name, or blame.
        Words "praise.words" Most,
        /// "especially", "in particular" before the name or its list, in praise.
        Singled "praise.singled_out" Most,
        /// Praise beside mere thanks in a text that is addressed to them, with no complaint in it (0 to 1).
        Addressed "praise.addressed" Most,
        /// A short text (0 to 1).
        Brevity "praise.short_text" Most,
        /// A short text without a score (0 to 1).
        BriefNoScore "praise.short_text_without_score" Most,
        /// The language is one that no pack describes.
        Language "praise.other_language" Most,
    }
}

/// Values of the cues of one set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values<const N: usize>(pub(crate) [f64; N]);

impl<const N: usize> Default for Values<N> {
    fn default() -> Self {
        Values([0.0; N])
    }
}

impl<const N: usize> Values<N> {
    pub(crate) fn set(&mut self, cue: impl Into<usize>, value: f64) {
        if let Some(slot) = self.0.get_mut(cue.into()) {
            *slot = value;
        }
    }

    pub(crate) fn flag(&mut self, cue: impl Into<usize>, holds: bool) {
        self.set(cue, f64::from(u8::from(holds)));
    }

    pub(crate) fn get(&self, cue: impl Into<usize>) -> f64 {
        self.0.get(cue.into()).copied().unwrap_or(0.0)
    }

    /// Takes up the values of a further mention.
    pub(crate) fn merge(&mut self, other: &Values<N>, merges: &[Merge; N]) {
        for ((slot, new), merge) in self.0.iter_mut().zip(other.0).zip(merges) {
            *slot = match merge {
                Merge::Most => slot.max(new),
                Merge::Least => slot.min(new),
            };
        }
    }
}

/// Values of the staff cues.
pub(crate) type StaffValues = Values<STAFF_COUNT>;
/// Values of the praise cues.
pub(crate) type PraiseValues = Values<PRAISE_COUNT>;
