//! Runs a command with a private PostgreSQL beside it: `with-postgres cargo nextest run`.

use std::process::{Command, ExitCode};
use zenwallet_testing::postgres::{Server, URL_VARIABLE};

#[expect(clippy::print_stderr, reason = "a program of its own")]
fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-postgres COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    };
    let ended = Server::start()
        .and_then(|server| Command::new(program).args(arguments).env(URL_VARIABLE, server.base_url()).status());
    match ended {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
