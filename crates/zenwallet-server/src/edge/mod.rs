//! What every route shares: the caller and the body of a request, the errors, the names of routes.

mod error;
mod exchange;
mod request;
pub(crate) mod route;

pub(crate) use error::{ApiError, render as render_error};
pub(crate) use exchange::Exchange;
pub(crate) use request::{AppCaller, JsonRequest, PathId, Query, known_id, read_body};
