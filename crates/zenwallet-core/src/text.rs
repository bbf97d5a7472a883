//! Limits on strings.

use crate::rejection::{Code, Rejection};

/// Checks a string against its longest length in characters; U+0000 cannot be kept by every database.
pub fn check(param: &'static str, text: &str, max_chars: usize) -> Result<(), Rejection> {
    if text.contains('\0') {
        return Err(Rejection::new(
            Code::StringInvalid,
            param,
            format!("{param} may not contain the character U+0000"),
        ));
    }
    // Bytes bound characters from above, so the count runs only near the limit.
    if text.len() > max_chars && text.chars().count() > max_chars {
        return Err(Rejection::new(
            Code::ParameterTooLong,
            param,
            format!("{param} may have at most {max_chars} characters"),
        ));
    }
    Ok(())
}

/// Checks what something is called: one line, since it stands in logs, messages and pages.
pub fn check_line(param: &'static str, text: &str, max_chars: usize) -> Result<(), Rejection> {
    check(param, text, max_chars)?;
    if text.contains(char::is_control) {
        let message = format!("{param} may hold no control characters, such as the end of a line");
        return Err(Rejection::new(Code::ParameterInvalid, param, message));
    }
    Ok(())
}

/// Checks a machine-readable code such as `card_declined`: `^[a-z0-9_]{1,64}$`.
pub fn check_failure_code(code: &str) -> Result<(), Rejection> {
    let shaped = (1..=crate::limits::FAILURE_CODE_MAX_CHARS).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if shaped {
        return Ok(());
    }
    let message = "failure_code must be 1 to 64 lower-case letters, digits and underscores, such as insufficient_funds";
    Err(Rejection::new(Code::ParameterInvalid, "failure_code", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(check("notes", &"é".repeat(10), 10).is_ok());
        assert_eq!(check("notes", &"é".repeat(11), 10).unwrap_err().code, Code::ParameterTooLong);
        assert_eq!(check("notes", "a\0b", 10).unwrap_err().code, Code::StringInvalid);
    }

    #[test]
    fn failure_codes_are_machine_readable() {
        assert!(check_failure_code("insufficient_funds").is_ok());
        for bad in ["", "Bad", "a b", &"a".repeat(65)] {
            assert!(check_failure_code(bad).is_err(), "{bad:?}");
        }
    }
}
