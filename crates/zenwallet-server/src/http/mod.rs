//! The HTTP API, a file per resource.

mod docs;
mod export;
pub mod openapi;
mod payments;
mod qr;
mod system;

use crate::gateway::Gateway;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// Every route but the payer's page's; `with_metrics` adds `/metrics`.
pub(crate) fn routes(with_metrics: bool) -> Router<Arc<Gateway>> {
    let (api, document) = openapi::routes();
    let router =
        api.route("/healthz", get(system::healthz)).route("/readyz", get(system::readyz)).merge(docs::routes(document));
    if with_metrics { router.route("/metrics", get(system::metrics)) } else { router }
}
