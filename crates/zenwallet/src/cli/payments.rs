//! `zenwallet payments`.

use super::failure::{Failure, NOT_PAID};
use super::target::Target;
use super::{Outcome, show};
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;
use zenwallet_sdk::PaymentStatus;
use zenwallet_sdk::{
    Amount, Client, CompletePayment, CompletionStatus, CreatePayment, ListPayments, Metadata, Payment,
};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask for a payment
    Create(Box<Create>),
    /// Show a payment
    Get {
        /// The payment
        #[arg(value_name = "ID")]
        payment_id: String,
    },
    /// List payments, the newest first
    List(Box<List>),
    /// End a payment as paid, or as failed
    Complete {
        /// The payment
        #[arg(value_name = "ID")]
        payment_id: String,
        /// How it ended
        #[arg(long, value_enum, default_value = "success")]
        status: Completion,
        /// Your words about it
        #[arg(long)]
        notes: Option<String>,
        /// Why it failed
        #[arg(long, value_name = "CODE")]
        failure_code: Option<String>,
    },
    /// Call a payment off
    Cancel {
        /// The payment
        #[arg(value_name = "ID")]
        payment_id: String,
    },
    /// Wait until a payment has ended; exits with 0 when it was paid, else with 8
    Watch {
        /// The payment
        #[arg(value_name = "ID")]
        payment_id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Completion {
    Success,
    Failed,
}

#[derive(Args)]
pub(crate) struct Create {
    /// Such as 500 or 12.50
    amount: Amount,
    /// Such as COINS
    currency: String,
    /// Your own name for it
    #[arg(long, value_name = "TEXT")]
    reference_id: Option<String>,
    /// What the payer reads
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Your own data, such as --metadata order_id=123; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Seconds until it can no longer be paid
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<i64>,
    /// Where this payment's webhooks go, instead of the app's endpoints
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// Where the payer goes afterwards
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
    /// Whoever repeats it gets the same payment
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Args)]
pub(crate) struct List {
    /// PENDING, SUCCESS, FAILED or EXPIRED; several with commas between
    #[arg(long, value_delimiter = ',', value_parser = ["PENDING", "SUCCESS", "FAILED", "EXPIRED"], ignore_case = true)]
    status: Vec<String>,
    /// With this reference
    #[arg(long, value_name = "TEXT")]
    reference_id: Option<String>,
    /// With this in its reference or description
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// Made at or after this moment, RFC 3339
    #[arg(long, value_name = "MOMENT")]
    created_after: Option<String>,
    /// Made before this moment, RFC 3339
    #[arg(long, value_name = "MOMENT")]
    created_before: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all")]
    limit: usize,
    /// All of them
    #[arg(long)]
    all: bool,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| "write it as KEY=VALUE".to_owned())?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) async fn run(target: &Target, command: Command) -> Outcome {
    let client = target.client()?;
    let payment = match command {
        Command::Create(create) => make(&client, *create).await?,
        Command::Get { payment_id } => client.payments().get(&payment_id).await?,
        Command::List(wanted) => return list(target, &client, *wanted).await,
        Command::Complete { payment_id, status, notes, failure_code } => {
            let status = match status {
                Completion::Success => CompletionStatus::Success,
                Completion::Failed => CompletionStatus::Failed,
            };
            let completion = CompletePayment { notes, failure_code, ..CompletePayment::new(status) };
            client.payments().complete(&payment_id, &completion).await?
        }
        Command::Cancel { payment_id } => client.payments().cancel(&payment_id).await?,
        Command::Watch { payment_id } => return watch(target, &client, &payment_id).await,
    };
    tell(target, &payment);
    Ok(ExitCode::SUCCESS)
}

fn tell(target: &Target, payment: &Payment) {
    show::object(target.json, payment, || show::payment(payment));
}

async fn make(client: &Client, create: Create) -> Result<Payment, Failure> {
    let metadata = create.metadata.into_iter().map(|(key, value)| (key, value.into())).collect::<Metadata>();
    let wanted = CreatePayment {
        reference_id: create.reference_id,
        description: create.description,
        metadata: (!metadata.is_empty()).then_some(metadata),
        expires_in: create.expires_in,
        webhook_url: create.webhook_url,
        return_url: create.return_url,
        ..CreatePayment::new(create.amount, create.currency)
    };
    Ok(match &create.idempotency_key {
        Some(key) => client.payments().create_once(&wanted, key).await?,
        None => client.payments().create(&wanted).await?,
    })
}

async fn list(target: &Target, client: &Client, wanted: List) -> Outcome {
    let status = |name: &String| match name.to_ascii_uppercase().as_str() {
        "PENDING" => PaymentStatus::Pending,
        "SUCCESS" => PaymentStatus::Success,
        "FAILED" => PaymentStatus::Failed,
        _ => PaymentStatus::Expired,
    };
    let max = if wanted.all { usize::MAX } else { wanted.limit };
    let mut walk = client.payments().list_all(ListPayments {
        status: wanted.status.iter().map(status).collect(),
        reference_id: wanted.reference_id,
        q: wanted.q,
        created_after: wanted.created_after,
        created_before: wanted.created_before,
        limit: u32::try_from(max.clamp(1, 100)).ok(),
        ..ListPayments::default()
    });
    let (mut page, mut told) = (Vec::new(), 0);
    while told < max {
        let Some(payment) = walk.next().await? else { break };
        page.push(payment);
        told += 1;
        // Shown as it comes: all of them may be millions.
        if page.len() == 100 {
            show_page(target, &mut page, told);
            show::progress(&format!("{told} payments"));
        }
    }
    if !page.is_empty() || told == 0 {
        show_page(target, &mut page, told);
    }
    Ok(ExitCode::SUCCESS)
}

fn show_page(target: &Target, page: &mut Vec<Payment>, told: usize) {
    let row = |one: &Payment| {
        let amount = format!("{} {}", one.amount, one.currency);
        let reference = show::one_line(one.reference_id.as_deref().unwrap_or("-"));
        vec![one.payment_id.clone(), one.status.to_string(), amount, one.created_at.clone(), reference]
    };
    let heads = if told <= 100 { ["Payment", "Status", "Amount", "Created", "Reference"] } else { [""; 5] };
    show::rows(target.json, page, &heads, row);
    page.clear();
}

async fn watch(target: &Target, client: &Client, payment_id: &str) -> Outcome {
    let payment = wait_for_end(client, payment_id).await?;
    tell(target, &payment);
    Ok(if payment.status == PaymentStatus::Success { ExitCode::SUCCESS } else { ExitCode::from(NOT_PAID) })
}

/// Waits until a payment has ended: the log tells it at once.
pub(super) async fn wait_for_end(client: &Client, payment_id: &str) -> Result<Payment, Failure> {
    let lost = |error: &zenwallet_sdk::Error, _| show::progress(&format!("{error}; connecting again"));
    let mut stream = client.events().stream(None, None).on_lost(lost);
    // First the place in the log, then the payment as it stands: its end cannot fall between the two.
    stream.ready().await?;
    let mut payment = client.payments().get(payment_id).await?;
    if payment.status == PaymentStatus::Pending {
        show::progress(&format!("{payment_id} is PENDING; waiting until {} at the longest", payment.expires_at));
    }
    while payment.status == PaymentStatus::Pending {
        let event = stream.next().await?;
        if event.payment_id == payment_id {
            payment = client.payments().get(payment_id).await?;
        }
    }
    Ok(payment)
}
