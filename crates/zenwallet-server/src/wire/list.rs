//! Lists: what they can be asked for, and their envelope.

use super::cursor;
use super::payment::PaymentView;
use super::query::Params;
use super::scope::Scope;
use utoipa::ToSchema;
use zenwallet_core::id::{Id, Kind, PaymentId, PaymentKind, TransactionId};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{PaymentFilter, Search, Statuses};

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

/// Which page of a list, and what its cursors are tied to.
#[derive(Debug)]
pub(crate) struct Paging<K: Kind> {
    pub(crate) below: Option<Id<K>>,
    pub(crate) limit: u32,
    /// The app and the filters.
    identity: String,
}

impl<K: Kind> Paging<K> {
    /// Reads `limit` and `cursor` of the list of this identity.
    pub(super) fn parse(params: &mut Params, identity: String) -> Self {
        let limit = params.limit();
        let cursor = params.text("cursor");
        let below = cursor.and_then(|cursor| params.keep(cursor::decode(&cursor, &identity)));
        Self { below, limit, identity }
    }

    /// The cursor of the page after an item.
    pub(crate) fn cursor_after(&self, last: Id<K>) -> String {
        cursor::encode(last, &self.identity)
    }
}

/// What a list of payments was asked for.
#[derive(Debug)]
pub(crate) struct ListRequest {
    /// One for each app.
    pub(crate) filters: Vec<PaymentFilter>,
    pub(crate) paging: Paging<PaymentKind>,
    pub(crate) wants_count: bool,
    /// The moment that decides about expiry.
    now: Timestamp,
    /// Whether each payment tells whose it is.
    names_apps: bool,
}

impl ListRequest {
    pub(crate) fn parse(query: Option<&str>, scope: &Scope, now: Timestamp) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let (filters, identity) = filters(&mut params, scope, now);
        let paging = Paging::parse(&mut params, identity);
        let wants_count = params.include("total_count");
        params.finish(Self { filters, paging, wants_count, now, names_apps: scope.is_users })
    }
}

/// The filters of an export, which has no pages: one for each app.
pub(crate) fn parse_export(
    query: Option<&str>,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<PaymentFilter>, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let (filters, _) = filters(&mut params, scope, now);
    params.finish(filters)
}

/// The same filter for each app, and what the list is known by.
fn filters(params: &mut Params, scope: &Scope, now: Timestamp) -> (Vec<PaymentFilter>, String) {
    let statuses = params.text("status").map_or(Statuses::ALL, |text| {
        let named: Option<Vec<_>> = text.split(',').map(Status::parse).collect();
        if named.is_none() {
            let message = "status must be PENDING, SUCCESS, FAILED or EXPIRED, or several of them with commas between";
            params.reject(Code::ParameterInvalid, "status", message);
        }
        Statuses::of(named.unwrap_or_default())
    });
    let reference_id = params.text("reference_id");
    let search = params.text("q").map(search);
    let (created_after, created_before) = (params.time("created_after"), params.time("created_before"));
    let name = &scope.name;
    let identity = format!("{name} {statuses:?} {reference_id:?} {search:?} {created_after:?} {created_before:?}");
    let of = |app_id| {
        let (reference_id, search) = (reference_id.clone(), search.clone());
        PaymentFilter { app_id, statuses, reference_id, search, created_after, created_before, now }
    };
    (scope.ids().map(of).collect(), identity)
}

/// An id is looked up as such, anything else is the start of a reference.
fn search(text: String) -> Search {
    if let Some(id) = PaymentId::parse(&text) {
        return Search::Payment(id);
    }
    TransactionId::parse(&text).map_or(Search::ReferencePrefix(text), Search::Transaction)
}

/// A page of payments.
pub(crate) fn render(
    view: &PaymentView,
    request: &ListRequest,
    page: Vec<Payment>,
    total: Option<(u32, bool)>,
) -> String {
    let push = |out: &mut String, payment: Payment| {
        view.push_listed(out, &payment.seen_at(request.now), request.names_apps);
    };
    envelop(&request.paging, page, total, |payment| payment.id, push)
}

/// The envelope around a page. `page` may hold one item more than was asked for, which only shows that there are
/// more.
pub(super) fn envelop<K: Kind, T>(
    paging: &Paging<K>,
    mut page: Vec<T>,
    total: Option<(u32, bool)>,
    id: impl Fn(&T) -> Id<K>,
    push: impl Fn(&mut String, T),
) -> String {
    let has_more = page.len() > paging.limit as usize;
    page.truncate(paging.limit as usize);
    let next = page.last().filter(|_| has_more).map(|last| paging.cursor_after(id(last)));
    let mut out = String::with_capacity(64 + 768 * page.len());
    out.push_str("{\"object\":\"list\",\"data\":[");
    for (index, item) in page.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(&mut out, item);
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
