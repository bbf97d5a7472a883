//! `/api/payments/export`: any number of payments in constant memory, a page of the list at a time.

use crate::edge::{ApiError, AppsCaller, Query};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::list;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use std::sync::Arc;
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

/// What users, who may export several apps at once, read behind the others.
const APP_COLUMN: &str = "app_id";

/// Export payments
///
/// The list's filters, newest first, as CSV, or one JSON object a line with `Accept: application/x-ndjson`.
/// Moments are UTC. Users read `app_id` as the last column. Cells that a spreadsheet would take for a formula start with an apostrophe.
#[utoipa::path(get, path = "/api/payments/export", tag = "Payments",
    params(("status" = Option<String>, Query, pattern = "^(PENDING|SUCCESS|FAILED|EXPIRED)(,(PENDING|SUCCESS|FAILED|EXPIRED))*$",
            description = "The effective status, or several of them with commas between"),
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
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let now = gateway.now();
    let filters = list::parse_export(query.as_deref(), &scope, now)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (format, kind, extension) = if accept.contains("application/x-ndjson") {
        (Format::JsonLines, "application/x-ndjson", "ndjson")
    } else {
        (Format::Csv, "text/csv; charset=utf-8", "csv")
    };
    // The first page is read before the answer starts, so that a database that is away is a 503.
    let first = gateway.merge_payments(&filters, None, CHUNK).await?;
    let name = file_name(scope.environment(), now, extension);
    let (page, names_apps) = (Page::Ready(first), scope.is_users);
    let export = Export { gateway, filters, now, names_apps, format, page, is_first: true };
    let mut response = Response::new(Body::from_stream(stream::try_unfold(export, Export::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn file_name(environment: &str, now: Timestamp, extension: &str) -> String {
    let stamp: String = now.to_string().chars().take(16).filter(|c| *c != ':').collect();
    format!("payments_{environment}_{}Z.{extension}", stamp.replace('T', "_"))
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
    /// One for each app.
    filters: Vec<PaymentFilter>,
    /// The moment that decides about expiry.
    now: Timestamp,
    /// Whether each payment tells whose it is.
    names_apps: bool,
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
            Page::Below(id) => self.gateway.merge_payments(&self.filters, Some(id), CHUNK).await?,
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
            self.gateway.view.push_listed(&mut out, &payment.seen_at(self.now), self.names_apps);
            out.push('\n');
        }
        out.into_bytes()
    }

    fn csv(&self, page: Vec<Payment>) -> Result<Vec<u8>, StoreError> {
        let rows = page.into_iter().map(|payment| (self.gateway.view.page_url(&payment), payment.seen_at(self.now)));
        csv(rows, self.is_first, self.names_apps)
    }
}

/// A chunk of an export: a line for each payment, which comes with its page.
pub(crate) fn csv(
    rows: impl Iterator<Item = (String, Payment)>,
    is_first: bool,
    names_apps: bool,
) -> Result<Vec<u8>, StoreError> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let failed = |error: csv::Error| StoreError::Internal(error.to_string());
    if is_first {
        csv.write_record(COLUMNS.into_iter().chain(names_apps.then_some(APP_COLUMN))).map_err(failed)?;
    }
    for (page_url, payment) in rows {
        let app_id = names_apps.then(|| payment.app_id.to_string());
        csv.write_record(cells(payment, page_url).into_iter().chain(app_id)).map_err(failed)?;
    }
    csv.into_inner().map_err(|error| StoreError::Internal(error.to_string()))
}

/// The cells of one payment, in the order of the columns.
fn cells(payment: Payment, page_url: String) -> [String; COLUMNS.len()] {
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
        page_url,
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

/// A text that no spreadsheet takes for a formula.
fn harmless(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
