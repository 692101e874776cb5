//! Paths of PATCH: `active`, `name.givenName`, `emails[type eq "work"].value`, each also behind the URN of its schema.
use super::{
    ScimError,
    filter::Filter,
    schema::{Attribute, ENTERPRISE, USER},
};

/// What a path names.
#[derive(Clone, Debug)]
pub(super) enum Path {
    /// A whole schema.
    Schema(&'static str),
    /// An attribute, some of its values, or a part of it.
    Attribute {
        schema: &'static str,
        attribute: Attribute,
        filter: Option<Filter>,
        part: Option<Attribute>,
    },
    /// What nobody changes.
    Ours(&'static str),
    /// What is passed over.
    Unknown,
}

impl Path {
    pub(super) fn read(text: &str) -> Result<Path, ScimError> {
        let (schema, rest) = schema_of(text.trim());
        let rest = match (schema, rest) {
            (Some(schema), "") => return Ok(Path::Schema(schema)),
            (_, rest) => rest,
        };
        let (name, filter, part) = parts(rest)?;
        let ours = ["id", "meta", "schemas"].into_iter();
        if let Some(ours) = ours.clone().find(|ours| ours.eq_ignore_ascii_case(name)) {
            return Ok(Path::Ours(ours));
        }
        let schemas = schema.map_or(vec![USER, ENTERPRISE], |schema| vec![schema]);
        let found = schemas
            .into_iter()
            .find_map(|schema| Some((schema, Attribute::find(schema, name)?)));
        let Some((schema, attribute)) = found else {
            return Ok(Path::Unknown);
        };
        let part = match part {
            None => None,
            Some(part) => match attribute.part(part) {
                None => return Ok(Path::Unknown),
                part => part,
            },
        };
        let filter = filter.map(Filter::read).transpose()?;
        Ok(Path::Attribute {
            schema,
            attribute,
            filter,
            part,
        })
    }
}

/// The schema before the last colon of a URN, and what follows.
fn schema_of(text: &str) -> (Option<&'static str>, &str) {
    for schema in [ENTERPRISE, USER] {
        let is_it = text
            .get(..schema.len())
            .is_some_and(|lead| lead.eq_ignore_ascii_case(schema));
        let rest = text.get(schema.len()..).unwrap_or_default();
        if is_it && (rest.is_empty() || rest.starts_with([':', '.'])) {
            return (Some(schema), rest.trim_start_matches([':', '.']));
        }
    }
    (None, text)
}

type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn parts(text: &str) -> Result<Parts<'_>, ScimError> {
    let wrong = || {
        ScimError::Path(format!(
            "{text:?} is no path; right is, for example, active, name.givenName or emails[type eq \"work\"].value"
        ))
    };
    let (name, filter, rest) = match text.split_once('[') {
        None => {
            let (name, part) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
            (name, None, part)
        }
        Some((name, rest)) => {
            let (filter, rest) = rest.rsplit_once(']').ok_or_else(wrong)?;
            let part = match rest {
                "" => None,
                rest => Some(rest.strip_prefix('.').ok_or_else(wrong)?),
            };
            (name, Some(filter), part)
        }
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_$:.".contains(letter))
    };
    match is_name(name) && rest.is_none_or(is_name) {
        true => Ok((name, filter, rest)),
        false => Err(wrong()),
    }
}
