//! Filters of lists and paths (RFC 7644, 3.4.2.2): comparisons by `eq`, joined by `and`, `or`, `not` and parentheses.
use serde_json::Value;

use super::ScimError;

/// A longer one is nobody's.
const LONGEST: usize = 2000;
/// So many parentheses inside each other.
const DEEPEST: usize = 20;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// An attribute, as it was written and in small letters, has a value.
    Eq(String, Value),
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// One of the two.
    Or(Box<Filter>, Box<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

impl Filter {
    /// Reads a filter.
    pub fn read(text: &str) -> Result<Filter, ScimError> {
        if text.len() > LONGEST {
            return Err(wrong(format!("a filter has at most {LONGEST} bytes")));
        }
        let mut reader = Reader {
            tokens: tokens(text)?,
            at: 0,
        };
        let filter = reader.any(0)?;
        match reader.peek() {
            None => Ok(filter),
            Some(more) => Err(wrong(format!(
                "the filter goes on with {more:?} where it should end"
            ))),
        }
    }

    /// Whether a value of a multi-valued attribute fits.
    pub(super) fn fits(&self, element: &Value) -> bool {
        match self {
            Filter::Eq(name, wanted) => part(element, name).is_some_and(|value| is_same(value, wanted)),
            Filter::And(one, other) => one.fits(element) && other.fits(element),
            Filter::Or(one, other) => one.fits(element) || other.fits(element),
            Filter::Not(one) => !one.fits(element),
        }
    }

    /// What a value that fits must say; of alternatives nothing.
    pub(super) fn says(&self) -> Vec<(&str, &Value)> {
        match self {
            Filter::Eq(name, value) => vec![(name, value)],
            Filter::And(one, other) => [one.says(), other.says()].concat(),
            Filter::Or(..) | Filter::Not(_) => Vec::new(),
        }
    }
}

fn part<'a>(element: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = element.as_object()?.iter();
    all.find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Directories write `"True"` for true.
fn is_same(value: &Value, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    text(value) == text(wanted)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, ScimError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => {
                found.push(if first == '(' { Token::Open } else { Token::Close });
                1
            }
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let value = values.next().and_then(Result::ok);
                found.push(Token::Text(value.ok_or_else(|| {
                    wrong("a text of the filter does not end: write it between two \"".to_owned())
                })?));
                values.byte_offset()
            }
            _ => {
                let length = word(rest);
                found.push(Token::Word(rest.get(..length).unwrap_or_default().to_owned()));
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

/// The length of a word; what stands in brackets, blanks too, belongs to it.
fn word(text: &str) -> usize {
    let mut is_inside = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => is_inside = true,
            ']' => is_inside = false,
            '(' | ')' | '"' if !is_inside => return at,
            letter if letter.is_whitespace() && !is_inside => return at,
            _ => {}
        }
    }
    text.len()
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn any(&mut self, depth: usize) -> Result<Filter, ScimError> {
        let mut found = self.all(depth)?;
        while self.takes("or") {
            found = Filter::Or(Box::new(found), Box::new(self.all(depth)?));
        }
        Ok(found)
    }

    fn all(&mut self, depth: usize) -> Result<Filter, ScimError> {
        let mut found = self.one(depth)?;
        while self.takes("and") {
            found = Filter::And(Box::new(found), Box::new(self.one(depth)?));
        }
        Ok(found)
    }

    fn one(&mut self, depth: usize) -> Result<Filter, ScimError> {
        if depth > DEEPEST {
            return Err(wrong("the filter has too many parentheses".to_owned()));
        }
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inside = self.any(depth + 1)?;
                match self.next() {
                    Some(Token::Close) => Ok(inside),
                    _ => Err(wrong("a parenthesis of the filter is not closed".to_owned())),
                }
            }
            Some(Token::Word(name)) => self.comparison(&name),
            _ => Err(wrong(
                "the filter lacks a comparison; right is userName eq \"ann@example.com\"".to_owned(),
            )),
        }
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, ScimError> {
        if !self.takes("eq") {
            return Err(wrong(format!(
                "{name} is compared by eq only; right is {name} eq \"value\""
            )));
        }
        let value = match self.next() {
            Some(Token::Text(text)) => Value::String(text),
            Some(Token::Word(word)) => serde_json::from_str(&word.to_lowercase())
                .map_err(|_| wrong(format!("write {word} between two \"")))?,
            _ => return Err(wrong(format!("a value is missing behind {name} eq"))),
        };
        Ok(Filter::Eq(name.to_lowercase(), value))
    }
}

fn wrong(message: String) -> ScimError {
    ScimError::Filter(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn eq(name: &str, value: Value) -> Box<Filter> {
        Box::new(Filter::Eq(name.to_owned(), value))
    }

    #[test]
    fn and_binds_before_or_and_parentheses_before_both() {
        let read = Filter::read(r#"userName EQ "a" or externalId eq "b" and active eq true"#).unwrap();
        let behind = Filter::And(eq("externalid", json!("b")), eq("active", json!(true)));
        assert_eq!(read, Filter::Or(eq("username", json!("a")), Box::new(behind)));
        let read = Filter::read(r#"(userName eq "a \"x\"" or id eq "b") and not (active eq True)"#).unwrap();
        let ahead = Filter::Or(eq("username", json!("a \"x\"")), eq("id", json!("b")));
        let not = Filter::Not(eq("active", json!(true)));
        assert_eq!(read, Filter::And(Box::new(ahead), Box::new(not)));
        let read = Filter::read(r#"emails[type eq "work"].value eq "a@b.example""#).unwrap();
        assert_eq!(read, *eq(r#"emails[type eq "work"].value"#, json!("a@b.example")));
    }

    #[test]
    fn what_is_no_filter_is_refused_in_words() {
        let deep = format!("{}id eq \"x\"{}", "(".repeat(500), ")".repeat(500));
        for text in [
            "",
            "userName",
            "userName eq",
            "userName co \"a\"",
            "userName eq \"a",
            "userName eq a b",
            "(userName eq \"a\"",
            "userName eq \"a\" userName eq \"b\"",
            &deep,
            &"x".repeat(3000),
        ] {
            let refused = Filter::read(text);
            assert!(
                matches!(refused, Err(ScimError::Filter(_))),
                "{text}: {refused:?}"
            );
        }
    }
}
