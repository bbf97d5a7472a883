//! How answers look: a table or a few lines for people, one JSON object a line for programs.

use serde::Serialize;
use std::io::IsTerminal;
use zenwallet_sdk::Payment;

/// Prints an object, or what people are told of it.
pub(super) fn object(is_json: bool, object: &impl Serialize, text: impl FnOnce() -> String) {
    // Answers are made of strings and numbers, which always serialise.
    crate::say(&if is_json { serde_json::to_string(object).unwrap_or_default() } else { text() });
}

/// Prints objects as rows below their heads, or as lines of JSON.
pub(super) fn rows<T: Serialize>(is_json: bool, objects: &[T], heads: &[&str], row: impl Fn(&T) -> Vec<String>) {
    if is_json {
        for one in objects {
            object(true, one, String::new);
        }
        return;
    }
    let mut table = vec![heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>()];
    table.extend(objects.iter().map(row));
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for row in &table {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        crate::say(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// A payment as people read it.
pub(super) fn payment(payment: &Payment) -> String {
    let mut lines = vec![
        ("Payment", payment.payment_id.clone()),
        ("Status", payment.status.to_string()),
        ("Amount", format!("{} {}", payment.amount, payment.currency)),
    ];
    let optional = [
        ("Reference", &payment.reference_id),
        ("Description", &payment.description),
        ("Completed", &payment.completed_at),
        ("Transaction", &payment.transaction_id),
        ("Failure", &payment.failure_code),
        ("Notes", &payment.notes),
    ];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    lines.push(("Expires", payment.expires_at.clone()));
    lines.push(("Pay at", payment.payment_url.clone()));
    pairs(&lines)
}

/// Names and what they are, a line each.
pub(super) fn pairs(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines = lines.iter().map(|(name, value)| format!("{name:<width$}  {}", one_line(value)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What somebody else wrote, without what would move the cursor or colour the screen.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

/// Says on a terminal's stderr how far a long work is; a script's log stays clean.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        crate::complain(text);
    }
}
