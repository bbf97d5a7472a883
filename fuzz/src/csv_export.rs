//! Exports: a line reads back as the payment it is of, and no cell of it is a formula to a spreadsheet.

use crate::draw::{self, NOW};
use arbitrary::Unstructured;
use zenwallet_core::id::{AppId, PaymentId, TransactionId};
use zenwallet_core::limits::AMOUNT_MAX_MINOR;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_server::fuzz::write_csv;

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const PAGE: &str = "https://pay.example/pay/x";

/// Draws payments.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let payments: Vec<Payment> = (0..=draw::number::<u8>(&mut u) % 3).map(|_| payment(&mut u)).collect();
    let rows = payments.iter().map(|payment| (PAGE.to_owned(), payment.clone())).collect();
    let text = write_csv(rows).expect("a table in memory");
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    assert_eq!((names.len(), names[0].as_str(), names[16].as_str()), (17, "payment_id", "app_id"));
    let lines: Vec<csv::StringRecord> = reader.records().map(|line| line.expect("a line")).collect();
    assert_eq!(lines.len(), payments.len());
    for (line, payment) in lines.iter().zip(&payments) {
        let cell = |name: &str| {
            let at = names.iter().position(|other| other == name).expect("a column");
            line.get(at).expect("a cell")
        };
        assert!(line.iter().all(|cell| !cell.starts_with(FORMULA)), "{line:?} holds a formula");
        let texts = [&payment.reference_id, &payment.description, &payment.notes];
        for (name, given) in ["reference_id", "description", "notes"].iter().zip(texts) {
            let given = given.as_deref().unwrap_or_default();
            let apostrophe = if given.starts_with(FORMULA) { "'" } else { "" };
            assert_eq!(cell(name), format!("{apostrophe}{given}"));
        }
        assert_eq!(PaymentId::parse(cell("payment_id")), Some(payment.id));
        assert_eq!(Amount::parse(cell("amount")), Ok(payment.amount));
        assert_eq!((cell("currency"), cell("status")), (payment.currency.as_str(), payment.status.as_str()));
        assert_eq!((cell("metadata"), cell("payment_url")), (payment.metadata.as_str(), PAGE));
        assert_eq!(cell("webhook_url"), payment.webhook_url.as_deref().unwrap_or_default());
        assert_eq!(Timestamp::parse_rfc3339(cell("created_at")), Some(payment.created_at));
        assert_eq!(AppId::parse(cell("app_id")), Some(payment.app_id));
        assert_eq!(TransactionId::parse(cell("transaction_id")), payment.transaction_id);
    }
}

fn payment(u: &mut Unstructured<'_>) -> Payment {
    let minor = draw::number::<i64>(u).rem_euclid(AMOUNT_MAX_MINOR).max(1);
    let name = draw::one_of::<&str>(u, &["XP", "COINS", "A1B2C3D4E5"]);
    let currency = Currency::parse(name);
    let entries = vec![(draw::text(u, 20).to_owned(), Value::Text(draw::text(u, 40).to_owned()))];
    let text = |u: &mut Unstructured<'_>| draw::number::<bool>(u).then(|| dangerous(u));
    let [reference_id, description, notes] = [text(u), text(u), text(u)];
    Payment {
        id: PaymentId::from_bytes(draw::number(u)),
        app_id: AppId::from_bytes(draw::number(u)),
        amount: Amount::from_minor(minor).expect("within the limits"),
        currency: currency.expect("a currency"),
        status: *draw::one_of(u, &Status::ALL),
        reference_id,
        description,
        metadata: Metadata::from_entries(entries).unwrap_or_default(),
        webhook_url: draw::number::<bool>(u).then(|| format!("https://a.example/{}", draw::text(u, 20))),
        return_url: None,
        created_at: NOW.plus_s(i64::from(draw::number::<i32>(u))),
        expires_at: NOW,
        completed_at: draw::number::<bool>(u).then_some(NOW),
        transaction_id: draw::number::<bool>(u).then(|| TransactionId::from_bytes(draw::number(u))),
        failure_code: draw::number::<bool>(u).then(|| "canceled".to_owned()),
        notes,
    }
}

/// A text that begins as formulas and quotes do.
fn dangerous(u: &mut Unstructured<'_>) -> String {
    let head =
        *draw::one_of(u, &["", "=", "+", "-", "@", "\t", "\r", "\"", "'", "\n", ",", "\r\n", "\"\"", "\u{feff}"]);
    format!("{head}{}", draw::text(u, 60))
}
