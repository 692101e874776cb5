//! The schemas, from which documents are read, paths are understood and clients learn what there is.
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// People.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What companies add.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// All schemas, as clients are told them.
pub static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let all: Vec<Value> = serde_json::from_str(include_str!("schemas.json")).unwrap_or_default();
    all.into_iter().map(whole).collect()
});

fn whole(mut schema: Value) -> Value {
    if let Some(attributes) = schema.get_mut("attributes").and_then(Value::as_array_mut) {
        attributes.iter_mut().for_each(complete);
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("schemas".to_owned(), json!([SCHEMA]));
    }
    schema
}

/// Says what the file leaves out because it is usual.
fn complete(attribute: &mut Value) {
    let Some(fields) = attribute.as_object_mut() else {
        return;
    };
    for (name, usual) in [
        ("type", json!("string")),
        ("multiValued", json!(false)),
        ("required", json!(false)),
        ("caseExact", json!(false)),
        ("mutability", json!("readWrite")),
        ("returned", json!("default")),
        ("uniqueness", json!("none")),
    ] {
        fields.entry(name).or_insert(usual);
    }
    if let Some(sub) = fields.get_mut("subAttributes").and_then(Value::as_array_mut) {
        sub.iter_mut().for_each(complete);
    }
}

/// An attribute of a schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute(&'static Value);

impl Attribute {
    /// An attribute of a user, whatever the case of its letters.
    pub(super) fn find(schema: &str, name: &str) -> Option<Attribute> {
        if schema == USER && name.eq_ignore_ascii_case("externalId") {
            return Some(Attribute(&EXTERNAL_ID));
        }
        let schema = SCHEMAS.iter().find(|one| of(one, "id") == schema)?;
        named(schema.get("attributes")?, name)
    }

    /// A part of it.
    pub(super) fn part(self, name: &str) -> Option<Attribute> {
        named(self.0.get("subAttributes")?, name)
    }

    pub(super) fn name(self) -> &'static str {
        of(self.0, "name")
    }

    pub(super) fn is_boolean(self) -> bool {
        of(self.0, "type") == "boolean"
    }

    pub(super) fn is_complex(self) -> bool {
        of(self.0, "type") == "complex"
    }

    pub(super) fn has_many(self) -> bool {
        self.0.get("multiValued") == Some(&Value::Bool(true))
    }
}

static EXTERNAL_ID: LazyLock<Value> =
    LazyLock::new(|| Value::Object(Map::from_iter([("name".to_owned(), json!("externalId"))])));

fn named(attributes: &'static Value, name: &str) -> Option<Attribute> {
    let all = attributes.as_array()?;
    let found = all.iter().find(|one| of(one, "name").eq_ignore_ascii_case(name));
    found.map(Attribute)
}

fn of(value: &'static Value, field: &str) -> &'static str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
