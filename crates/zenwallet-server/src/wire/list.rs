//! Lists: what they can be asked for, and their envelope.

use super::cursor;
use super::payment::PaymentView;
use super::query::Params;
use utoipa::ToSchema;
use zenwallet_core::app::App;
use zenwallet_core::id::{PaymentId, TransactionId};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{PaymentFilter, Search};

/// A page of payments, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; render writes it")]
pub(crate) struct PaymentList {
    /// Always `list`.
    #[schema(example = "list")]
    object: String,
    /// The payments.
    data: Vec<super::payment::PaymentObject>,
    /// Whether there are more.
    has_more: bool,
    /// What `cursor` must be for the next page; null on the last.
    next_cursor: Option<String>,
    /// With `include=total_count`: how many there are, exact up to 10000.
    #[schema(required = false)]
    total_count: Option<u32>,
    /// With `include=total_count`: whether there are more than `total_count` says.
    #[schema(required = false)]
    total_count_capped: Option<bool>,
}

/// What a list was asked for.
#[derive(Debug)]
pub(crate) struct ListRequest {
    pub(crate) filter: PaymentFilter,
    pub(crate) below: Option<PaymentId>,
    pub(crate) limit: u32,
    pub(crate) wants_count: bool,
    /// The app and the filters, as cursors are tied to them.
    pub(crate) identity: String,
}

impl ListRequest {
    pub(crate) fn parse(query: Option<&str>, app: &App, now: Timestamp) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let filter = filter(&mut params, app, now);
        let limit = params.limit();
        let cursor = params.text("cursor");
        let wants_count = params.include("total_count");
        let identity = identity(&filter);
        let below = match cursor.map(|cursor| cursor::decode(&cursor, &identity)).transpose() {
            Ok(below) => below,
            Err(rejection) => {
                params.reject(rejection.code, "cursor", rejection.message);
                None
            }
        };
        params.finish(Self { filter, below, limit, wants_count, identity })
    }
}

/// The filters of an export, which has no pages.
pub(crate) fn parse_export(query: Option<&str>, app: &App, now: Timestamp) -> Result<PaymentFilter, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let filter = filter(&mut params, app, now);
    params.finish(filter)
}

fn filter(params: &mut Params, app: &App, now: Timestamp) -> PaymentFilter {
    let status = params.text("status").and_then(|text| {
        let status = Status::parse(&text);
        if status.is_none() {
            params.reject(Code::ParameterInvalid, "status", "status must be PENDING, SUCCESS, FAILED or EXPIRED");
        }
        status
    });
    PaymentFilter {
        app_id: app.id,
        status,
        reference_id: params.text("reference_id"),
        search: params.text("q").map(search),
        created_after: params.time("created_after"),
        created_before: params.time("created_before"),
        now,
    }
}

/// An id is looked up as such, anything else is the start of a reference.
fn search(text: String) -> Search {
    if let Some(id) = PaymentId::parse(&text) {
        return Search::Payment(id);
    }
    TransactionId::parse(&text).map_or(Search::ReferencePrefix(text), Search::Transaction)
}

fn identity(filter: &PaymentFilter) -> String {
    let PaymentFilter { app_id, status, reference_id, search, created_after, created_before, now: _ } = filter;
    format!("{app_id:?} {status:?} {reference_id:?} {search:?} {created_after:?} {created_before:?}")
}

/// The envelope around a page. `page` may hold one payment more than was asked for, which only shows that there
/// are more.
pub(crate) fn render(
    view: &PaymentView,
    request: &ListRequest,
    mut page: Vec<Payment>,
    total: Option<(u32, bool)>,
) -> String {
    let has_more = page.len() > request.limit as usize;
    page.truncate(request.limit as usize);
    let mut out = String::with_capacity(64 + 768 * page.len());
    out.push_str("{\"object\":\"list\",\"data\":[");
    let next = page.last().filter(|_| has_more).map(|last| cursor::encode(last.id, &request.identity));
    for (index, payment) in page.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        view.push_payment(&mut out, &payment.seen_at(request.filter.now), false);
    }
    out.push_str(&format!("],\"has_more\":{has_more},\"next_cursor\":"));
    match next {
        Some(cursor) => out.push_str(&format!("\"{cursor}\"")),
        None => out.push_str("null"),
    }
    if let Some((count, capped)) = total {
        out.push_str(&format!(",\"total_count\":{count},\"total_count_capped\":{capped}"));
    }
    out.push('}');
    out
}
