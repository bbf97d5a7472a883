//! Questions on the terminal.

use super::failure::Failure;
use std::io::{BufRead, IsTerminal, Write};

/// Asks on the terminal.
pub(super) fn ask(question: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        let why =
            format!("{} is asked for, and this is no terminal: see `zenwallet login --help`", question.trim_end());
        return Err(Failure::Usage(why));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    first_line()
}

/// The same, of what nobody should see.
pub(super) fn ask_hidden(question: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("this is no terminal: give the password with --password-stdin".to_owned()));
    }
    rpassword::prompt_password(question).map_err(|error| Failure::Local(format!("reading the password: {error}")))
}

/// The first line of the standard input.
pub(super) fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::Local(format!("reading stdin: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
