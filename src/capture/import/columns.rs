//! Which column means what: guessed from headers in several languages and of several vendors, or said by the caller.
use std::fmt;

use domain::table::heading::{COMMENTS, key};

/// What a column of a comment file can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The customer's words.
    Text,
    /// Their score.
    Score,
    /// The sender's id of the comment.
    ExternalId,
    /// Where it happened: a path or a unique name.
    Site,
    /// When.
    OccurredAt,
    /// Who wrote it.
    AuthorName,
    /// Where to answer them.
    AuthorContact,
    /// Employee id that the file names.
    StaffReference,
    /// Till, desk or the like at which the customer was served.
    Post,
    /// The customer's own answer to "who was it?".
    Hint,
    /// BCP 47 tag.
    Language,
    /// Where the original stands.
    Permalink,
    /// staff, colleagues or public.
    Consent,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 13] = [
        Field::Text,
        Field::Score,
        Field::ExternalId,
        Field::Site,
        Field::OccurredAt,
        Field::AuthorName,
        Field::AuthorContact,
        Field::StaffReference,
        Field::Post,
        Field::Hint,
        Field::Language,
        Field::Permalink,
        Field::Consent,
    ];

    /// Its name on the command line and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Field::Text => "text",
            Field::Score => "score",
            Field::ExternalId => "external_id",
            Field::Site => "site",
            Field::OccurredAt => "occurred_at",
            Field::AuthorName => "author_name",
            Field::AuthorContact => "author_contact",
            Field::StaffReference => "staff_reference",
            Field::Post => "post",
            Field::Hint => "hint",
            Field::Language => "language",
            Field::Permalink => "permalink",
            Field::Consent => "consent",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.name() == name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which column stands for which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    headers: Vec<String>,
    chosen: Vec<(Field, usize)>,
}

/// A header that does not tell enough, or a choice that does not fit it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// No column of that name.
    #[error("there is no column {wanted:?}; there are {}", quoted(headers))]
    Unknown {
        /// The name given.
        wanted: String,
        /// What the file has.
        headers: Vec<String>,
    },
    /// Nothing that looks like customers' words.
    #[error(
        "cannot tell which column holds the customers' words; say it with --column text=\"…\"; there are {}",
        quoted(headers)
    )]
    NoText {
        /// What the file has.
        headers: Vec<String>,
    },
}

fn quoted(headers: &[String]) -> String {
    let quoted: Vec<String> = headers.iter().map(|header| format!("{header:?}")).collect();
    quoted.join(", ")
}

impl Columns {
    /// Guesses what was not said; `said` names columns by their headers, and so does `remembered`, where they are there.
    pub fn find(
        headers: Vec<String>,
        said: &[(Field, String)],
        remembered: &[(Field, String)],
    ) -> Result<Columns, ColumnError> {
        let mut chosen: Vec<(Field, usize)> = Vec::new();
        for (field, wanted) in said {
            let index = position(&headers, wanted).ok_or_else(|| ColumnError::Unknown {
                wanted: wanted.clone(),
                headers: headers.clone(),
            })?;
            chosen.push((*field, index));
        }
        for (field, header) in remembered {
            let is_free = |index: &usize| chosen.iter().all(|(taken, used)| taken != field && used != index);
            let index = position(&headers, header).filter(is_free);
            chosen.extend(index.map(|index| (*field, index)));
        }
        let keys: Vec<String> = headers.iter().map(|header| key(header)).collect();
        for field in Field::ALL {
            if !chosen.iter().any(|(taken, _)| *taken == field) {
                chosen.extend(guess(field, &keys, &chosen).map(|index| (field, index)));
            }
        }
        chosen.sort_unstable();
        if !chosen.iter().any(|(field, _)| *field == Field::Text) {
            return Err(ColumnError::NoText { headers });
        }
        Ok(Columns { headers, chosen })
    }

    /// The place of a field's column.
    #[must_use]
    pub fn index(&self, field: Field) -> Option<usize> {
        self.chosen
            .iter()
            .find(|(chosen, _)| *chosen == field)
            .map(|(_, index)| *index)
    }

    /// The header of a field's column.
    #[must_use]
    pub fn header(&self, field: Field) -> Option<&str> {
        self.headers.get(self.index(field)?).map(String::as_str)
    }

    /// Every field that has a column, with its header.
    pub fn chosen(&self) -> impl Iterator<Item = (Field, &str)> {
        let header = |index: usize| self.headers.get(index).map(String::as_str).unwrap_or_default();
        self.chosen
            .iter()
            .map(move |(field, index)| (*field, header(*index)))
    }

    /// Headers of columns that are left out.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        let is_used = |index: usize| self.chosen.iter().any(|(_, used)| *used == index);
        let unused = self
            .headers
            .iter()
            .enumerate()
            .filter(move |(index, _)| !is_used(*index));
        unused.map(|(_, header)| header.as_str())
    }

    /// How many columns the file has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether the file has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }
}

fn position(headers: &[String], wanted: &str) -> Option<usize> {
    let exact = headers.iter().position(|header| header == wanted);
    exact.or_else(|| headers.iter().position(|header| key(header) == key(wanted)))
}

fn guess(field: Field, keys: &[String], taken: &[(Field, usize)]) -> Option<usize> {
    let is_free = |index: &usize| !taken.iter().any(|(_, used)| used == index);
    let mut known = COMMENTS.of(field.name());
    known.find_map(|header| keys.iter().position(|key| key == header).filter(is_free))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(headers: &[&str]) -> Vec<(Field, String)> {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        let columns = Columns::find(headers, &[], &[]).unwrap();
        columns
            .chosen()
            .map(|(field, header)| (field, header.to_owned()))
            .collect()
    }

    #[test]
    fn our_own_names_are_known() {
        let headers: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        assert_eq!(find(&headers).len(), Field::ALL.len());
    }

    #[test]
    fn a_google_form_is_understood() {
        let found = find(&[
            "Timestamp",
            "Email Address",
            "Who helped you?",
            "How easy was it?",
            "Your comment",
        ]);
        let fields: Vec<Field> = found.iter().map(|(field, _)| *field).collect();
        assert_eq!(
            fields,
            [Field::Text, Field::OccurredAt, Field::AuthorContact, Field::Hint]
        );
    }

    #[test]
    fn german_and_french_headers_are_understood() {
        let found = find(&["Datum", "Filiale", "Bewertung", "Kommentar"]);
        assert_eq!(found.len(), 4);
        let found = find(&["Horodateur", "Magasin", "Note", "Commentaire"]);
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_column_that_is_said_wins_over_a_guess() {
        let headers = vec!["Comment".to_owned(), "Q2 comment".to_owned()];
        let columns = Columns::find(headers, &[(Field::Text, "q2 comment".to_owned())], &[]).unwrap();
        assert_eq!(columns.header(Field::Text), Some("Q2 comment"));
        assert_eq!(columns.ignored().collect::<Vec<_>>(), ["Comment"]);
    }

    #[test]
    fn without_a_column_of_words_the_headers_are_listed() {
        let error = Columns::find(vec!["a".to_owned(), "b".to_owned()], &[], &[]).unwrap_err();
        assert!(error.to_string().ends_with("there are \"a\", \"b\""), "{error}");
    }

    #[test]
    fn what_is_remembered_holds_where_it_is_there_and_nothing_else_is_said() {
        let headers = || vec!["Comment".to_owned(), "Q2".to_owned()];
        let remembered = [(Field::Text, "q2".to_owned()), (Field::Score, "Gone".to_owned())];
        let columns = Columns::find(headers(), &[], &remembered).unwrap();
        assert_eq!(columns.header(Field::Text), Some("Q2"));
        let said = [(Field::Text, "Comment".to_owned())];
        let columns = Columns::find(headers(), &said, &remembered).unwrap();
        assert_eq!(columns.header(Field::Text), Some("Comment"));
    }
}
