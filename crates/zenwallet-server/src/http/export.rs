//! `/api/payments/export`: any number of payments in constant memory, a page of the list at a time.

use crate::edge::{ApiError, AppCaller, Query};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::list;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use std::sync::Arc;
use zenwallet_core::app::App;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;
use zenwallet_store::{PaymentFilter, StoreError};

/// Payments a chunk: some hundred kilobytes.
const CHUNK: u32 = 500;

const COLUMNS: [&str; 16] = [
    "payment_id",
    "status",
    "amount",
    "currency",
    "reference_id",
    "description",
    "metadata",
    "payment_url",
    "webhook_url",
    "created_at",
    "expires_at",
    "completed_at",
    "transaction_id",
    "failure_code",
    "notes",
    "time_zone",
];

/// Export payments
///
/// The list's filters, newest first, as CSV, or one JSON object a line with `Accept: application/x-ndjson`.
/// Moments are UTC. Cells that a spreadsheet would take for a formula start with an apostrophe.
#[utoipa::path(get, path = "/api/payments/export", tag = "Payments",
    params(("status" = Option<crate::wire::payment::PaymentStatus>, Query, description = "The effective status"),
        ("reference_id" = Option<String>, Query, description = "Exactly this reference"),
        ("q" = Option<String>, Query, description = "A payment id, a transaction id, or the start of a reference"),
        ("created_after" = Option<String>, Query, format = DateTime, description = "Created at or after this moment, RFC 3339"),
        ("created_before" = Option<String>, Query, format = DateTime, description = "Created before this moment, RFC 3339")),
    responses(
        (status = 200, description = "Every payment that the filters leave",
            content((String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn export_payments(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let now = gateway.now();
    let filter = list::parse_export(query.as_deref(), &caller.app, now)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (format, kind, extension) = if accept.contains("application/x-ndjson") {
        (Format::JsonLines, "application/x-ndjson", "ndjson")
    } else {
        (Format::Csv, "text/csv; charset=utf-8", "csv")
    };
    // The first page is read before the answer starts, so that a database that is away is a 503.
    let first = gateway.list_payments(&filter, None, CHUNK).await?;
    let name = file_name(&caller.app, now, extension);
    let export = Export { gateway, filter, format, page: Page::Ready(first), is_first: true };
    let mut response = Response::new(Body::from_stream(stream::try_unfold(export, Export::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn file_name(app: &App, now: Timestamp, extension: &str) -> String {
    let stamp: String = now.to_string().chars().take(16).filter(|c| *c != ':').collect();
    format!("payments_{}_{}Z.{extension}", app.environment.as_str(), stamp.replace('T', "_"))
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

enum Page {
    Ready(Vec<Payment>),
    Below(PaymentId),
    End,
}

struct Export {
    gateway: Arc<Gateway>,
    filter: PaymentFilter,
    format: Format,
    page: Page,
    is_first: bool,
}

impl Export {
    /// The next chunk. A failure in the middle breaks the connection, so that half an export is never taken for
    /// a whole one.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let page = match std::mem::replace(&mut self.page, Page::End) {
            Page::Ready(page) => page,
            Page::Below(id) => self.gateway.list_payments(&self.filter, Some(id), CHUNK).await?,
            Page::End => return Ok(None),
        };
        if let Some(last) = page.last().filter(|_| page.len() == CHUNK as usize) {
            self.page = Page::Below(last.id);
        }
        let chunk = match self.format {
            Format::Csv => self.csv(page)?,
            Format::JsonLines => self.json_lines(page),
        };
        self.is_first = false;
        Ok(Some((chunk.into(), self)))
    }

    fn json_lines(&self, page: Vec<Payment>) -> Vec<u8> {
        let mut out = String::with_capacity(768 * page.len());
        for payment in page {
            self.gateway.view.push_payment(&mut out, &payment.seen_at(self.filter.now), false);
            out.push('\n');
        }
        out.into_bytes()
    }

    fn csv(&self, page: Vec<Payment>) -> Result<Vec<u8>, StoreError> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let failed = |error: csv::Error| StoreError::Internal(error.to_string());
        if self.is_first {
            csv.write_record(COLUMNS).map_err(failed)?;
        }
        for payment in page {
            csv.write_record(self.cells(payment.seen_at(self.filter.now))).map_err(failed)?;
        }
        csv.into_inner().map_err(|error| StoreError::Internal(error.to_string()))
    }

    fn cells(&self, payment: Payment) -> [String; COLUMNS.len()] {
        fn shown(value: Option<impl ToString>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        [
            payment.id.to_string(),
            payment.status.as_str().to_owned(),
            payment.amount.to_string(),
            payment.currency.to_string(),
            harmless(payment.reference_id.as_deref()),
            harmless(payment.description.as_deref()),
            payment.metadata.as_str().to_owned(),
            self.gateway.view.page_url(&payment),
            shown(payment.webhook_url),
            payment.created_at.to_string(),
            payment.expires_at.to_string(),
            shown(payment.completed_at),
            shown(payment.transaction_id),
            shown(payment.failure_code),
            harmless(payment.notes.as_deref()),
            "UTC".to_owned(),
        ]
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
