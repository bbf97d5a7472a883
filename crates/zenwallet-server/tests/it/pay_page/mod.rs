//! `/pay/{payment_id}`: the payer's page.

mod forms;
mod screens;
mod simulate;

use crate::support::{Answer, TestApp};

pub(crate) async fn page(app: &TestApp, id: &str) -> Answer {
    app.get(format!("/pay/{id}")).send().await
}

/// The token in the forms of a payment's page.
pub(crate) async fn token_of(app: &TestApp, id: &str) -> String {
    let html = page(app, id).await.expect(200).text();
    between(&html, "name=\"token\" value=\"", "\"").unwrap_or_else(|| panic!("no token in {html}")).to_owned()
}

/// The text after `before` and before `after`.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.get(..rest.find(after)?)
}

/// The state that a page shows.
pub(crate) fn shown_status(page: &Answer) -> String {
    let html = page.text();
    between(&html, "data-status=\"", "\"").unwrap_or_default().to_owned()
}
