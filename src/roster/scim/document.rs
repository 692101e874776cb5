//! What a directory writes of a user: read with its spellings, changed in place, never more than is known.
//!
//! Entra writes booleans as `"True"`, capitals in `op`, dotted names in values without a path, managers as text or in a
//! list; Okta sends whole users and changes without a path. All of that means one thing here.
use serde_json::{Map, Value, json};

use super::{
    ScimError,
    filter::Filter,
    path::Path,
    schema::{Attribute, ENTERPRISE},
};

/// Letters of one value.
const LONGEST: usize = 1000;
/// Values of one attribute.
const MOST: usize = 20;
/// Operations of one request.
const MOST_OPERATIONS: usize = 100;

/// The attributes of a user, under the names of the schemas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    user: Map<String, Value>,
    enterprise: Map<String, Value>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

impl Document {
    /// Reads a whole user.
    pub fn read(body: &Value) -> Result<Document, ScimError> {
        let mut document = Document::default();
        document.take_all(body, Op::Add)?;
        Ok(document)
    }

    /// What was kept.
    #[must_use]
    pub fn stored(value: &Value) -> Document {
        let mut user = value.as_object().cloned().unwrap_or_default();
        let enterprise = user.remove(ENTERPRISE);
        Document {
            user,
            enterprise: enterprise
                .and_then(|value| value.as_object().cloned())
                .unwrap_or_default(),
        }
    }

    /// As it is kept and answered.
    #[must_use]
    pub fn into_value(self) -> Value {
        let mut whole = self.user;
        if !self.enterprise.is_empty() {
            whole.insert(ENTERPRISE.to_owned(), Value::Object(self.enterprise));
        }
        Value::Object(whole)
    }

    /// Follows a PATCH, all of it or nothing.
    pub fn patched(&self, body: &Value) -> Result<Document, ScimError> {
        let operations = field(body, "Operations")
            .and_then(Value::as_array)
            .ok_or_else(|| {
                ScimError::Syntax(
                    "a PATCH has a list Operations of objects with op, path and value".to_owned(),
                )
            })?;
        if operations.len() > MOST_OPERATIONS {
            let message = format!("a PATCH has at most {MOST_OPERATIONS} operations");
            return Err(ScimError::Syntax(message));
        }
        let mut document = self.clone();
        for operation in operations {
            document.follow(operation)?;
        }
        Ok(document)
    }

    fn follow(&mut self, operation: &Value) -> Result<(), ScimError> {
        let op = field(operation, "op").and_then(Value::as_str).unwrap_or_default();
        let op = match op.to_lowercase().as_str() {
            "add" => Op::Add,
            "replace" => Op::Replace,
            "remove" => Op::Remove,
            _ => {
                return Err(ScimError::Syntax(format!(
                    "op is {op:?}; right is add, replace or remove"
                )));
            }
        };
        let value = field(operation, "value").unwrap_or(&Value::Null);
        match field(operation, "path") {
            None | Some(Value::Null) if op == Op::Remove => Err(ScimError::NoTarget(
                "remove needs a path: what is to go".to_owned(),
            )),
            None | Some(Value::Null) => self.take_all(value, op),
            Some(Value::String(path)) => match Path::read(path)? {
                Path::Ours(name) => Err(ScimError::Mutability(name)),
                path => self.take(&path, value, op),
            },
            Some(_) => Err(ScimError::Path("path is a text, such as active".to_owned())),
        }
    }

    /// Takes attributes by their names, paths among them; what is ours is passed over, since clients send whole users.
    fn take_all(&mut self, value: &Value, op: Op) -> Result<(), ScimError> {
        let fields = value.as_object().ok_or_else(|| {
            ScimError::Syntax("an object of attributes was expected, such as {\"active\": false}".to_owned())
        })?;
        for (name, value) in fields {
            self.take(&Path::read(name)?, value, op)?;
        }
        Ok(())
    }

    fn take(&mut self, path: &Path, value: &Value, op: Op) -> Result<(), ScimError> {
        match path {
            Path::Ours(_) | Path::Unknown => Ok(()),
            Path::Schema(schema) => self.take_schema(schema, value, op),
            Path::Attribute {
                schema,
                attribute,
                filter,
                part,
            } => {
                let op = if is_nothing(value) { Op::Remove } else { op };
                let target = (*attribute, filter.as_ref(), *part);
                let changed = changed(self.of_mut(schema).remove(attribute.name()), target, value, op)?;
                if let Some(changed) = changed {
                    self.of_mut(schema).insert(attribute.name().to_owned(), changed);
                }
                Ok(())
            }
        }
    }

    fn take_schema(&mut self, schema: &'static str, value: &Value, op: Op) -> Result<(), ScimError> {
        if op == Op::Remove || is_nothing(value) {
            self.of_mut(schema).clear();
            return Ok(());
        }
        let fields = value
            .as_object()
            .ok_or_else(|| ScimError::Value(format!("{schema} is an object of attributes")))?;
        for (name, value) in fields {
            self.take(&Path::read(&format!("{schema}:{name}"))?, value, op)?;
        }
        Ok(())
    }

    fn of_mut(&mut self, schema: &str) -> &mut Map<String, Value> {
        match schema {
            ENTERPRISE => &mut self.enterprise,
            _ => &mut self.user,
        }
    }

    /// An attribute of people.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&str> {
        let (first, rest) = pointer
            .split_once('.')
            .map_or((pointer, None), |(a, b)| (a, Some(b)));
        let value = self.user.get(first)?;
        rest.map_or(Some(value), |rest| value.get(rest))?.as_str()
    }

    /// An attribute of the extension.
    #[must_use]
    pub fn enterprise(&self, name: &str) -> Option<&str> {
        self.enterprise.get(name)?.as_str()
    }

    /// The manager as the directory names them.
    #[must_use]
    pub fn manager(&self) -> Option<&str> {
        self.enterprise.get("manager")?.get("value")?.as_str()
    }

    /// Whether they work here, if that is said.
    #[must_use]
    pub fn active(&self) -> Option<bool> {
        self.user.get("active")?.as_bool()
    }

    /// Says whether they work here.
    pub fn set_active(&mut self, active: bool) {
        self.user.insert("active".to_owned(), Value::Bool(active));
    }

    /// The address of type work, else the primary one, else the first.
    #[must_use]
    pub fn work_address(&self) -> Option<&str> {
        let all = self.user.get("emails")?.as_array()?;
        let is_work = |one: &&Value| {
            let kind = one.get("type").and_then(Value::as_str);
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
        };
        let is_primary = |one: &&Value| one.get("primary") == Some(&Value::Bool(true));
        let found = all.iter().find(is_work).or_else(|| all.iter().find(is_primary));
        found.or_else(|| all.first())?.get("value")?.as_str()
    }
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = value.as_object()?.iter();
    all.find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => false,
    }
}

type Target<'a> = (Attribute, Option<&'a Filter>, Option<Attribute>);

/// The attribute as it is afterwards; none where it goes.
fn changed(
    before: Option<Value>,
    (attribute, filter, part): Target<'_>,
    value: &Value,
    op: Op,
) -> Result<Option<Value>, ScimError> {
    if attribute.has_many() {
        let before = before
            .and_then(|value| value.as_array().cloned())
            .unwrap_or_default();
        let after = many_changed(before, (attribute, filter, part), value, op)?;
        return Ok((!after.is_empty()).then_some(Value::Array(after)));
    }
    match (part, op) {
        (None, Op::Remove) => Ok(None),
        (None, _) => {
            let value = one(attribute, value)?;
            Ok(Some(merged(before, value)))
        }
        (Some(part), op) => Ok(with_part(before, part, value, op)?),
    }
}

fn many_changed(
    mut all: Vec<Value>,
    (attribute, filter, part): Target<'_>,
    value: &Value,
    op: Op,
) -> Result<Vec<Value>, ScimError> {
    let fits = |element: &Value| filter.is_none_or(|filter| filter.fits(element));
    match (filter, part, op) {
        (_, None, Op::Remove) => all.retain(|element| !fits(element)),
        (None, None, op) => {
            let new = several(attribute, value)?;
            if op == Op::Replace {
                all.clear();
            }
            for element in new {
                add(&mut all, element);
            }
        }
        _ => {
            if op != Op::Remove && !all.iter().any(fits) {
                all.push(made_to_fit(attribute, filter)?);
            }
            for element in all.iter_mut().filter(|element| fits(element)) {
                let before = Some(element.take());
                *element = match part {
                    Some(part) => with_part(before, part, value, op)?.unwrap_or_default(),
                    None => merged(before, one(attribute, value)?),
                };
            }
            all.retain(Value::is_object);
        }
    }
    if all.len() > MOST {
        let message = format!("{} has at most {MOST} values", attribute.name());
        return Err(ScimError::Value(message));
    }
    Ok(all)
}

/// A further value; of several only one is the primary one, and none stands there twice.
fn add(all: &mut Vec<Value>, element: Value) {
    if element.get("primary") == Some(&Value::Bool(true)) {
        for other in all.iter_mut().filter_map(Value::as_object_mut) {
            other.remove("primary");
        }
    }
    let same = |other: &Value| {
        other.get("value") == element.get("value") && other.get("type") == element.get("type")
    };
    all.retain(|other| !same(other));
    all.push(element);
}

/// Entra changes what is not there yet: `emails[type eq "work"].value` of somebody without an address.
fn made_to_fit(attribute: Attribute, filter: Option<&Filter>) -> Result<Value, ScimError> {
    let mut fields = Map::new();
    for (name, value) in filter.map(Filter::says).unwrap_or_default() {
        if let Some(part) = attribute.part(name) {
            fields.insert(part.name().to_owned(), plain(part, value)?);
        }
    }
    Ok(Value::Object(fields))
}

fn with_part(
    before: Option<Value>,
    part: Attribute,
    value: &Value,
    op: Op,
) -> Result<Option<Value>, ScimError> {
    let mut fields = before
        .and_then(|value| value.as_object().cloned())
        .unwrap_or_default();
    if op == Op::Remove {
        fields.remove(part.name());
    } else {
        fields.insert(part.name().to_owned(), plain(part, value)?);
    }
    Ok((!fields.is_empty()).then_some(Value::Object(fields)))
}

/// Parts that are not named stay.
fn merged(before: Option<Value>, value: Value) -> Value {
    match (before, value) {
        (Some(Value::Object(mut fields)), Value::Object(new)) => {
            fields.extend(new);
            Value::Object(fields)
        }
        (_, value) => value,
    }
}

fn several(attribute: Attribute, value: &Value) -> Result<Vec<Value>, ScimError> {
    match value {
        Value::Array(all) => all.iter().map(|value| one(attribute, value)).collect(),
        value => Ok(vec![one(attribute, value)?]),
    }
}

/// One value; of a list of one, that.
fn one(attribute: Attribute, value: &Value) -> Result<Value, ScimError> {
    if !attribute.is_complex() {
        return plain(attribute, value);
    }
    match value {
        Value::Array(all) => match all.as_slice() {
            [only] => one(attribute, only),
            _ => Err(ScimError::Value(format!("{} is one object", attribute.name()))),
        },
        Value::Object(fields) => {
            let mut known = Map::new();
            for (name, value) in fields {
                if let Some(part) = attribute.part(name).filter(|_| !is_nothing(value)) {
                    known.insert(part.name().to_owned(), plain(part, value)?);
                }
            }
            Ok(Value::Object(known))
        }
        value => match attribute.part("value") {
            Some(part) => Ok(json!({ "value": plain(part, value)? })),
            None => Err(ScimError::Value(format!("{} is an object", attribute.name()))),
        },
    }
}

fn plain(attribute: Attribute, value: &Value) -> Result<Value, ScimError> {
    let name = attribute.name();
    let value = match value {
        Value::Array(all) if all.len() == 1 => all.first().unwrap_or(value),
        value => value,
    };
    if attribute.is_boolean() {
        return match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
            _ => Err(ScimError::Value(format!(
                "{name} is {value}; right is true or false"
            ))),
        };
    }
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err(ScimError::Value(format!("{name} is a text"))),
    };
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(ScimError::Value(format!(
            "{name} needs at most {LONGEST} characters on one line"
        )));
    }
    Ok(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::{super::schema::USER, *};

    fn priya() -> Document {
        Document::read(&json!({
            "schemas": [USER, ENTERPRISE],
            "id": "of theirs",
            "username": "priya@example.org",
            "Active": "True",
            "password": "never kept",
            "roles": [{ "value": "administrator" }],
            "name": { "givenName": "Priya", "familyName": "Nair", "honorificPrefix": "Dr" },
            "emails": [{ "value": "priya@example.org", "type": "work", "primary": "true" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user": { "department": "Leeds", "manager": "m1" },
        }))
        .unwrap()
    }

    fn after(operations: &Value) -> Document {
        priya().patched(&json!({ "Operations": operations })).unwrap()
    }

    #[test]
    fn only_what_is_known_is_kept_under_its_own_name() {
        let expected = json!({
            "userName": "priya@example.org",
            "active": true,
            "name": { "givenName": "Priya", "familyName": "Nair" },
            "emails": [{ "value": "priya@example.org", "type": "work", "primary": true }],
            ENTERPRISE: { "department": "Leeds", "manager": { "value": "m1" } },
        });
        assert_eq!(priya().into_value(), expected);
    }

    #[test]
    fn what_entra_writes_means_what_it_is_meant_to() {
        let manager = format!("{ENTERPRISE}:manager");
        let department = format!("{ENTERPRISE}:department");
        let after = after(&json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "path": "emails[type eq \"work\"].value", "value": "p.nair@example.org" },
            { "op": "Add", "path": manager, "value": [{ "$ref": null, "value": "m2" }] },
            { "op": "Add", "value": { "name.familyName": "Nair-Roy", department: "Hull", "displayName": "Priya N" } },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1" },
            { "op": "Remove", "path": "title" },
        ]));
        assert_eq!(after.active(), Some(false));
        assert_eq!(after.work_address(), Some("p.nair@example.org"));
        assert_eq!(after.manager(), Some("m2"));
        assert_eq!(after.text("name.familyName"), Some("Nair-Roy"));
        assert_eq!(after.text("name.givenName"), Some("Priya"));
        assert_eq!(after.enterprise("department"), Some("Hull"));
        let nothing = Document::read(&json!({ "userName": "x" })).unwrap();
        let operations = json!({ "operations": [
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x@example.org" },
            { "op": "replace", "path": manager, "value": "m3" },
        ] });
        let made = nothing.patched(&operations).unwrap();
        assert_eq!(made.work_address(), Some("x@example.org"));
        assert_eq!(made.manager(), Some("m3"));
    }

    #[test]
    fn what_okta_writes_needs_no_path() {
        let after = after(&json!([{ "op": "replace", "value": { "active": false, "id": "00u1" } }]));
        assert_eq!(after.active(), Some(false));
    }

    #[test]
    fn what_goes_is_gone() {
        let manager = format!("{ENTERPRISE}:manager");
        let after = after(&json!([
            { "op": "remove", "path": "emails[type eq \"work\"]" },
            { "op": "Replace", "path": manager, "value": "" },
            { "op": "remove", "path": "name.givenName" },
        ]));
        assert_eq!(after.work_address(), None);
        assert_eq!(after.manager(), None);
        assert_eq!(after.text("name.givenName"), None);
        assert_eq!(after.text("name.familyName"), Some("Nair"));
    }

    #[test]
    fn a_change_that_cannot_be_followed_says_why() {
        for (operation, kind) in [
            (json!({ "op": "move", "path": "active" }), "Syntax"),
            (json!({ "op": "remove" }), "NoTarget"),
            (
                json!({ "op": "replace", "path": "active", "value": "maybe" }),
                "Value",
            ),
            (
                json!({ "op": "replace", "path": "emails[", "value": "x" }),
                "Path",
            ),
            (
                json!({ "op": "replace", "path": "emails[type is 1].value", "value": "x" }),
                "Filter",
            ),
            (
                json!({ "op": "replace", "path": "id", "value": "x" }),
                "Mutability",
            ),
            (
                json!({ "op": "replace", "path": "userName", "value": "a\u{0}b" }),
                "Value",
            ),
            (json!({ "op": "replace", "value": "x" }), "Syntax"),
        ] {
            let refused = priya()
                .patched(&json!({ "Operations": [operation] }))
                .unwrap_err();
            assert!(
                format!("{refused:?}").starts_with(kind),
                "{operation}: {refused:?}"
            );
        }
    }
}
