//! `/docs/reference`: every operation of the OpenAPI document, by its tag, and the shapes that they speak of.

use super::schema::{Schemas, cell, text_of};
use serde_json::Value;
use std::fmt::Write;
use utoipa::openapi::OpenApi as Document;

const HEAD: &str = "# API reference\n\nEvery operation of the API, written from the same list that answers requests. The \
    document is [`/api/openapi.json`](/api/openapi.json); [the explorer](/docs/api/) sends requests from your browser.\n\n\
    An app calls with its key, `Authorization: Bearer sk_…`; a user with the access token of a session, or from a browser \
    with its cookie. Requests and answers are JSON, amounts have at most 2 decimals, moments are RFC 3339 in UTC. A \
    member or parameter that an operation does not know is refused. [Errors](/docs/errors) have one shape.\n";

const OBJECTS: &str = "\n## Objects\n\nWhat requests and answers are made of. New fields may come; let your program skip \
    what it does not know.\n";

/// An operation and where it is.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    json: &'a Value,
}

impl Operation<'_> {
    fn text(&self, key: &str) -> &str {
        self.json[key].as_str().unwrap_or_default()
    }

    fn is_of(&self, tag: &str) -> bool {
        self.json["tags"][0] == tag
    }
}

/// The page, as Markdown.
pub(super) fn write(document: &Document) -> String {
    // A document of plain data always serialises.
    let json = serde_json::to_value(document).unwrap_or_default();
    let schemas = Schemas::new(document, &json);
    let operations = operations(document, &json);
    let mut page = HEAD.to_owned();
    // Writing to a String cannot fail.
    for tag in json["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let _ = writeln!(page, "\n## {name} {{#tag-{}}}\n\n{}.\n", name.to_lowercase(), text_of(tag));
        page.push_str("| Operation | Does |\n|---|---|\n");
        for operation in operations.iter().filter(|operation| operation.is_of(name)) {
            let (method, path) = (operation.method, operation.path);
            let _ = writeln!(
                page,
                "| `{method} {path}` | [{}](#{}) |",
                operation.text("summary"),
                operation.text("operationId")
            );
        }
        for operation in operations.iter().filter(|operation| operation.is_of(name)) {
            write_operation(&mut page, &schemas, operation);
        }
    }
    page.push_str(OBJECTS);
    for name in schemas.names() {
        let _ = writeln!(page, "\n### `{name}` {{#{name}}}\n\n{}\n", text_of(schemas.get(name)));
        schemas.write(&mut page, name);
    }
    page
}

/// Every operation, in the order in which the routes are listed.
fn operations<'a>(document: &'a Document, json: &'a Value) -> Vec<Operation<'a>> {
    let paths = document.paths.paths.keys();
    let all =
        paths.flat_map(|path| {
            [("POST", "post"), ("GET", "get"), ("PATCH", "patch"), ("DELETE", "delete")]
                .map(|(method, key)| Operation { method, path, json: &json["paths"][path][key] })
        });
    all.filter(|operation| operation.json.is_object()).collect()
}

fn write_operation(page: &mut String, schemas: &Schemas<'_>, operation: &Operation<'_>) {
    let (id, method, path) = (operation.text("operationId"), operation.method, operation.path);
    let _ = writeln!(page, "\n### {} {{#{id}}}\n\n```http\n{method} {path}\n```\n", operation.text("summary"));
    let _ = writeln!(page, "{}\n", operation.text("description"));
    let _ = writeln!(page, "**Who may call:** {} · operation `{id}`\n", callers(operation));
    let parameters = operation.json["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if !parameters.is_empty() {
        page.push_str("| Parameter | In | Type | Meaning |\n|---|---|---|---|\n");
        for parameter in parameters {
            let (name, place) = (&parameter["name"], &parameter["in"]);
            let (name, place) = (name.as_str().unwrap_or_default(), place.as_str().unwrap_or_default());
            let must = if parameter["required"] == true && place != "path" { " **required**" } else { "" };
            let kind = cell(&schemas.say(&parameter["schema"]));
            let _ = writeln!(page, "| `{name}`{must} | {place} | {kind} | {} |", cell(text_of(parameter)));
        }
        page.push('\n');
    }
    let body = &operation.json["requestBody"];
    if let Some(reference) = body["content"]["application/json"]["schema"]["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let optional = if body["required"] == true { "" } else { ", which may be left out" };
        let _ = writeln!(page, "Body: JSON{optional}.\n");
        schemas.write(page, name);
    }
    write_answers(page, schemas, operation);
}

/// Who may call, as the document's security says; that it takes an admin it says in words.
fn callers(operation: &Operation<'_>) -> &'static str {
    let says_admin = operation.is_of("Users") || operation.text("description").contains("For admins");
    let Some(ways) = operation.json["security"].as_array() else { return "an app with its key, or a user" };
    let has = |name: &str| ways.iter().any(|way| way.get(name).is_some());
    match (has("session"), has("api_key")) {
        (true, true) => "an app with its key, or a user",
        (true, false) if says_admin => "a user who is an admin",
        (true, false) => "a user",
        (false, true) => "an app with its key",
        (false, false) => "anybody",
    }
}

fn write_answers(page: &mut String, schemas: &Schemas<'_>, operation: &Operation<'_>) {
    page.push_str("| Status | Answer |\n|---|---|\n");
    for (status, answer) in operation.json["responses"].as_object().into_iter().flatten() {
        let content = answer["content"].as_object().and_then(|content| content.iter().next());
        let shape = match content {
            _ if !status.starts_with('2') => String::new(),
            Some((_, content)) if !content["schema"]["$ref"].is_null() => {
                format!(": {}", schemas.say(&content["schema"]))
            }
            Some((kind, _)) => format!(": `{kind}`"),
            None => String::new(),
        };
        let words = cell(text_of(answer));
        let _ = writeln!(page, "| `{status}` | {words}{shape} |");
    }
}
