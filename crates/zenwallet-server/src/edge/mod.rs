//! What every route shares: the caller and the body of a request, the errors, the names of routes.

mod error;
mod exchange;
mod people;
mod request;
pub(crate) mod route;
mod scope;

pub(crate) use error::{ApiError, render as render_error};
pub(crate) use exchange::{Exchange, RequestOrigin};
pub(crate) use people::{AccessCookie, Cookie, Guest, UserCaller, forget_tokens, keep_tokens, uses_cookies};
pub(crate) use request::{
    AppCaller, AppReader, JsonRequest, PathId, PathIds, Query, idempotency_key, known_id, read_body,
};
pub(crate) use scope::AppsCaller;
