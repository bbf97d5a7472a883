//! The shapes of the OpenAPI document in words: types, limits, tables of fields.

use serde_json::{Map, Value};
use std::fmt::Write;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi as Document, RefOr};

/// The document's shapes.
pub(super) struct Schemas<'a> {
    document: &'a Document,
    values: Map<String, Value>,
}

impl<'a> Schemas<'a> {
    /// `json` is the same document as JSON.
    pub(super) fn new(document: &'a Document, json: &Value) -> Self {
        let values = json["components"]["schemas"].as_object().cloned().unwrap_or_default();
        Self { document, values }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }

    /// The type of a value and its limits, as Markdown of one line.
    pub(super) fn say(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str() {
            return link_to(name.rsplit('/').next().unwrap_or_default());
        }
        for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
            if let Some(all) = schema[key].as_array() {
                return all.iter().map(|one| self.say(one)).collect::<Vec<_>>().join(word);
            }
        }
        // Lists spell out what they are of; it is a shape with a name of its own.
        let is_inline = schema["type"] == "object" && schema["properties"].is_object();
        if let Some((name, _)) = self.values.iter().find(|(_, value)| is_inline && *value == schema) {
            return link_to(name);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => vec!["any value"],
        };
        let mut words: Vec<String> = types.into_iter().map(str::to_owned).collect();
        if words.first().is_some_and(|word| word == "array") {
            words[0] = format!("array of {}", self.say(&schema["items"]));
        }
        let limits = limits(schema);
        let limits = if limits.is_empty() { String::new() } else { format!(" ({})", limits.join(", ")) };
        words.join(" or ") + &limits
    }

    /// The members of an object, in the order in which they were declared.
    fn members(&self, name: &str) -> Vec<(String, &Value)> {
        let shapes = self.document.components.as_ref().map(|components| &components.schemas);
        let order: Vec<String> = match shapes.and_then(|shapes| shapes.get(name)) {
            Some(RefOr::T(Schema::Object(object))) => object.properties.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let properties = &self.get(name)["properties"];
        order
            .into_iter()
            .map(|key| {
                let value = &properties[&key];
                (key, value)
            })
            .collect()
    }

    /// The fields of an object as a table; what is none as its type.
    pub(super) fn write(&self, page: &mut String, name: &str) {
        let schema = self.get(name);
        let members = self.members(name);
        // Writing to a String cannot fail.
        if members.is_empty() {
            let _ = writeln!(page, "{}\n", capital(&self.say_parts(schema)));
            return;
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_request = name.ends_with("Request");
        page.push_str("| Field | Type | Meaning |\n|---|---|---|\n");
        for (key, value) in members {
            let must = if is_request && required.contains(&key.as_str()) { " **required**" } else { "" };
            let _ = writeln!(page, "| `{key}`{must} | {} | {} |", cell(&self.say(value)), cell(text_of(value)));
        }
        page.push('\n');
    }

    /// The type of what is no object, the parts of one that is put together.
    fn say_parts(&self, schema: &Value) -> String {
        let Some(parts) = schema["allOf"].as_array() else { return format!("{}.", self.say(schema)) };
        let said = parts.iter().map(|part| match part["properties"].as_object() {
            Some(own) => own.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
            None => format!("the fields of {}", self.say(part)),
        });
        format!("{}.", said.collect::<Vec<_>>().join(", and "))
    }
}

/// What a schema says of itself.
pub(super) fn text_of(schema: &Value) -> &str {
    let own = schema["description"].as_str();
    let inner = schema["oneOf"].as_array().and_then(|all| all.iter().find_map(|one| one["description"].as_str()));
    own.or(inner).unwrap_or_default()
}

/// A text as it stands in a cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn link_to(name: &str) -> String {
    format!("[`{name}`](#{name})")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// What a value must keep to.
fn limits(schema: &Value) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{}`", plain(value))).collect();
        all.push(values.join(", "));
    }
    for (least, most, unit) in [
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " members"),
        ("minimum", "maximum", ""),
    ] {
        match (&schema[least], &schema[most]) {
            (Value::Null, Value::Null) => {}
            (Value::Null, most) => all.push(format!("at most {}{unit}", plain(most))),
            (least, Value::Null) if plain(least) == "0" && unit.is_empty() => {}
            (least, Value::Null) => all.push(format!("at least {}{unit}", plain(least))),
            (least, most) => all.push(format!("{} to {}{unit}", plain(least), plain(most))),
        }
    }
    if let Some(bound) = schema["exclusiveMinimum"].as_f64() {
        all.push(format!("more than {bound}"));
    }
    if let Some(format @ ("date-time" | "date" | "uri" | "email")) = schema["format"].as_str() {
        all.push(format.to_owned());
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        all.push(format!("`{pattern}`"));
    }
    if !schema["default"].is_null() {
        all.push(format!("`{}` when absent", plain(&schema["default"])));
    }
    all
}

/// A value without the quotes of a string.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
