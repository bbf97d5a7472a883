//! What the page's buttons do.

use super::view::{FAILURE_CODES, Notice};
use super::{NamedPayment, Page, PageError, page, render, theme_of};
use crate::edge::{PathId, read_body};
use crate::gateway::{Gateway, Simulated};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use zenwallet_core::id::PaymentId;
use zenwallet_store::Outcome;

pub(super) async fn pay(State(gateway): State<Arc<Gateway>>, path: NamedPayment, request: Request) -> Page {
    let form = match admit(&gateway, path, request).await? {
        Admission::Admitted(form) => form,
        Admission::Outdated(page) => return Ok(*page),
    };
    let outcome = gateway.pay_as_payer(form.id).await?;
    form.conclude(&gateway, outcome).await
}

pub(super) async fn cancel(State(gateway): State<Arc<Gateway>>, path: NamedPayment, request: Request) -> Page {
    let form = match admit(&gateway, path, request).await? {
        Admission::Admitted(form) => form,
        Admission::Outdated(page) => return Ok(*page),
    };
    let outcome = gateway.cancel_as_payer(form.id).await?;
    form.conclude(&gateway, outcome).await
}

pub(super) async fn simulate(State(gateway): State<Arc<Gateway>>, path: NamedPayment, request: Request) -> Page {
    let form = match admit(&gateway, path, request).await? {
        Admission::Admitted(form) => form,
        Admission::Outdated(page) => return Ok(*page),
    };
    let Some(end) = form.simulated() else {
        return form.explain(&gateway, StatusCode::BAD_REQUEST, Notice::UnknownEnd).await;
    };
    match gateway.simulate_as_payer(form.id, end).await? {
        Some(outcome) => form.conclude(&gateway, outcome).await,
        None => form.explain(&gateway, StatusCode::FORBIDDEN, Notice::NotATest).await,
    }
}

enum Admission {
    Admitted(Form),
    Outdated(Box<Response>),
}

/// A POST that brought the page's token.
struct Form {
    id: PaymentId,
    headers: HeaderMap,
    fields: Vec<(String, String)>,
}

/// Lets a POST in that brings the page's token.
async fn admit(gateway: &Gateway, path: NamedPayment, request: Request) -> Result<Admission, PageError> {
    let PathId(id) = path.map_err(|_| PageError::NotFound)?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts, body).await?;
    let fields = url::form_urlencoded::parse(&body).into_owned().collect();
    let form = Form { id, headers: parts.headers, fields };
    if form.field("token").is_some_and(|token| gateway.is_page_token(id, token)) {
        return Ok(Admission::Admitted(form));
    }
    let outdated = form.explain(gateway, StatusCode::FORBIDDEN, Notice::Outdated).await?;
    Ok(Admission::Outdated(Box::new(outdated)))
}

impl Form {
    /// The first field of this name.
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The end that a test payment is to come to; `None` for one that the page does not offer.
    fn simulated(&self) -> Option<Simulated> {
        match self.field("outcome")? {
            "success" => Some(Simulated::Success),
            "expired" => Some(Simulated::Expired),
            "failed" => {
                let wanted = self.field("failure_code")?;
                FAILURE_CODES.iter().find(|(code, _)| *code == wanted).map(|(code, _)| Simulated::Failed(code))
            }
            _ => None,
        }
    }

    /// After a POST the page is read anew, so that a reload does not post again.
    async fn conclude(&self, gateway: &Gateway, outcome: Outcome) -> Page {
        match outcome {
            Outcome::Settled { .. } | Outcome::PaymentExpired(_) => {
                Ok(Redirect::to(&format!("/pay/{}", self.id)).into_response())
            }
            Outcome::AlreadyFinal(_) => self.explain(gateway, StatusCode::CONFLICT, Notice::AlreadyFinal).await,
            _ => Err(PageError::NotFound),
        }
    }

    /// The page as it is, and why the POST did nothing.
    async fn explain(&self, gateway: &Gateway, status: StatusCode, notice: Notice) -> Page {
        let (payment, app) = gateway.find_payment_for_payer(self.id).await?.ok_or(PageError::NotFound)?;
        Ok(page(status, render(gateway, &payment, &app, theme_of(&self.headers), Some(notice))))
    }
}
