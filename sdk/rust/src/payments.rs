//! `/api/payments`.

use crate::client::{Call, path};
use crate::{Client, CompletePayment, CreatePayment, Error, ListPayments, Payment, PaymentList, Result};
use std::collections::{HashSet, VecDeque};

/// Payments of the app.
#[derive(Debug)]
pub struct Payments<'a>(pub(crate) &'a Client);

impl Payments<'_> {
    /// Asks for a payment; the answer has the page where it is paid and a QR code of that page.
    pub async fn create(&self, payment: &CreatePayment) -> Result<Payment> {
        self.0.call(Call::post("/api/payments/create", payment).with_key(None)).await
    }

    /// The same under a key of your own (1 to 255 visible ASCII characters): whoever repeats it within 24 hours, also in
    /// another process, gets the same payment.
    pub async fn create_once(&self, payment: &CreatePayment, idempotency_key: &str) -> Result<Payment> {
        let idempotency_key = Some(idempotency_key.to_owned());
        self.0.call(Call::post("/api/payments/create", payment).with_key(idempotency_key)).await
    }

    /// A payment as it stands.
    pub async fn get(&self, payment_id: &str) -> Result<Payment> {
        self.0.call(Call::get(path(&["api", "payments", payment_id])?)).await
    }

    /// A page of payments, the newest first.
    pub async fn list(&self, wanted: &ListPayments) -> Result<PaymentList> {
        self.0.call(Call::get("/api/payments").with_query(wanted.pairs())).await
    }

    /// All of them, page after page as they are taken.
    pub fn list_all(&self, wanted: ListPayments) -> PaymentWalk {
        PaymentWalk { client: self.0.clone(), wanted: Some(wanted), page: VecDeque::new(), cursors: HashSet::new() }
    }

    /// Ends a payment. To end it the same way again changes nothing; to end it otherwise is a conflict.
    pub async fn complete(&self, payment_id: &str, completion: &CompletePayment) -> Result<Payment> {
        self.0.call(Call::post(path(&["api", "payments", payment_id, "complete"])?, completion).with_key(None)).await
    }

    /// Calls a payment off: it fails with the code `canceled`.
    pub async fn cancel(&self, payment_id: &str) -> Result<Payment> {
        self.0.call(Call::act(path(&["api", "payments", payment_id, "cancel"])?).with_key(None)).await
    }
}

/// Payments, page after page.
#[derive(Debug)]
pub struct PaymentWalk {
    client: Client,
    /// What to ask for next; `None` after the last page.
    wanted: Option<ListPayments>,
    page: VecDeque<Payment>,
    /// Those that came: a list that goes round has no end.
    cursors: HashSet<String>,
}

impl PaymentWalk {
    /// The next payment; `None` after the last. After an error the walk can go on where it was.
    pub async fn next(&mut self) -> Result<Option<Payment>> {
        loop {
            if let Some(payment) = self.page.pop_front() {
                return Ok(Some(payment));
            }
            let Some(wanted) = &mut self.wanted else { return Ok(None) };
            let page = self.client.payments().list(wanted).await?;
            match page.next_cursor.filter(|_| page.has_more) {
                Some(cursor) if self.cursors.insert(cursor.clone()) => wanted.cursor = Some(cursor),
                Some(_) => {
                    self.wanted = None;
                    return Err(Error::InvalidResponse("the list goes round: a cursor came twice".to_owned()));
                }
                None => self.wanted = None,
            }
            self.page = page.data.into();
        }
    }
}
