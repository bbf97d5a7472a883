//! `zenwallet trigger`: makes an event happen, to see what it leads to.

use super::failure::Failure;
use super::payments::{pair, wait_for_end};
use super::target::Target;
use super::{Outcome, show};
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use zenwallet_sdk::TestWebhook;
use zenwallet_sdk::{Amount, Client, CompletePayment, CompletionStatus, CreatePayment, Metadata, Payment};

/// The shortest life of a payment, in seconds: for one that is to expire.
const EXPIRES_IN_S: i64 = 30;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Trigger {
    /// What is to happen
    #[arg(value_enum)]
    event: Happening,
    /// To this payment, instead of a new one
    #[arg(long, value_name = "ID")]
    payment: Option<String>,
    /// The new payment's amount
    #[arg(long, default_value = "500", conflicts_with = "payment")]
    amount: Amount,
    /// The new payment's currency
    #[arg(long, default_value = "COINS", conflicts_with = "payment")]
    currency: String,
    /// The new payment's reference
    #[arg(long, value_name = "TEXT", conflicts_with = "payment")]
    reference_id: Option<String>,
    /// The new payment's own data; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, conflicts_with = "payment")]
    metadata: Vec<(String, String)>,
    /// Why it fails, for payment.failed
    #[arg(long, value_name = "CODE")]
    failure_code: Option<String>,
    /// Where the test goes, for webhook.test
    #[arg(long, value_name = "URL", required_if_eq("event", "webhook.test"))]
    webhook_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Happening {
    #[value(name = "payment.created")]
    Created,
    #[value(name = "payment.success")]
    Success,
    #[value(name = "payment.failed")]
    Failed,
    /// Takes half a minute with a new payment: no payment lives shorter
    #[value(name = "payment.expired")]
    Expired,
    #[value(name = "webhook.test")]
    Test,
}

pub(super) async fn run(target: &Target, trigger: Trigger) -> Outcome {
    let client = target.client()?;
    if trigger.event == Happening::Test {
        let tested =
            client.webhooks().test(&TestWebhook { url: trigger.webhook_url, ..TestWebhook::default() }).await?;
        let is_delivered = tested.status == zenwallet_sdk::DeliveryStatus::Delivered;
        show::object(target.json, &tested, || match (&tested.error, tested.response_status) {
            (_, Some(status)) => format!("{}: it answered {status}", tested.status),
            (error, None) => format!("{}: {}", tested.status, show::one_line(error.as_deref().unwrap_or("no answer"))),
        });
        return Ok(if is_delivered { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let payment = match &trigger.payment {
        Some(_) if trigger.event == Happening::Created => {
            return Err(Failure::Usage(
                "payment.created happens to new payments alone: leave --payment out".to_owned(),
            ));
        }
        Some(payment_id) => client.payments().get(payment_id).await?,
        None => create(&client, &trigger).await?,
    };
    let payment = end(&client, &trigger, payment).await?;
    show::object(target.json, &payment, || show::payment(&payment));
    Ok(ExitCode::SUCCESS)
}

async fn create(client: &Client, trigger: &Trigger) -> Result<Payment, Failure> {
    let metadata =
        trigger.metadata.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect::<Metadata>();
    let wanted = CreatePayment {
        reference_id: trigger.reference_id.clone(),
        description: Some("Made by zenwallet trigger".to_owned()),
        metadata: (!metadata.is_empty()).then_some(metadata),
        expires_in: (trigger.event == Happening::Expired).then_some(EXPIRES_IN_S),
        ..CreatePayment::new(trigger.amount, trigger.currency.clone())
    };
    Ok(client.payments().create(&wanted).await?)
}

async fn end(client: &Client, trigger: &Trigger, payment: Payment) -> Result<Payment, Failure> {
    let completion =
        |status| CompletePayment { failure_code: trigger.failure_code.clone(), ..CompletePayment::new(status) };
    let id = &payment.payment_id;
    Ok(match trigger.event {
        Happening::Created | Happening::Test => payment,
        Happening::Success => client.payments().complete(id, &CompletePayment::new(CompletionStatus::Success)).await?,
        Happening::Failed => client.payments().complete(id, &completion(CompletionStatus::Failed)).await?,
        Happening::Expired => wait_for_end(client, id).await?,
    })
}
