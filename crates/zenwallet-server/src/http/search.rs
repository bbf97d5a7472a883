//! `/api/search`: what a user typed or pasted.

use super::{Answered, show};
use crate::edge::{Query, UserCaller};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::search::{SearchRequest, SearchResults};
use axum::extract::State;
use std::sync::Arc;

/// Search
///
/// An id finds what has it: a payment, a transaction, an event, a delivery, an endpoint, an app or a key, in whatever
/// environment. Any other text finds apps with it in their names, and payments whose references start with it. What you
/// may not see is not found.
#[utoipa::path(get, path = "/api/search", tag = "Search", security(("session" = [])),
    params(("q" = String, Query, min_length = 1, max_length = 200, description = "An id, a part of an app's name or the start of a reference; blanks around it do not count"),
        ("environment" = Option<String>, Query, pattern = "^(test|production)$", description = "Names and references of this environment alone; ids are found in both")),
    responses((status = 200, body = SearchResults, description = "At most 10 hits"),
        (status = 400, body = ErrorBody, description = "A parameter is missing, unknown or not acceptable")))]
pub(crate) async fn search(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    let request = SearchRequest::parse(query.as_deref())?;
    Ok(show(200, &gateway.search(&login, &request).await?))
}
