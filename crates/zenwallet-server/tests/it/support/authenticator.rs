//! The authenticator of a user, as he scanned it.

use super::{Person, TestApp};
use crate::people::text;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};
use zenwallet_core::time::Timestamp;

/// How long a code is shown, in milliseconds.
pub(crate) const STEP_MS: i64 = 30_000;

/// What shows codes.
pub(crate) struct Authenticator {
    pub(crate) secret: String,
    totp: Totp,
}

impl Authenticator {
    /// Six digits of SHA-1 every half minute, from the secret as it is typed.
    pub(crate) fn of(secret: &str) -> Self {
        let bytes = Secret::try_from_base32(secret).unwrap();
        Self { secret: secret.to_owned(), totp: Builder::new().with_secret(bytes).build_noncompliant() }
    }

    /// What it shows at a moment.
    pub(crate) fn at(&self, moment: Timestamp) -> String {
        self.totp.generate(u64::try_from(moment.as_ms() / 1_000).unwrap()).to_string()
    }

    /// What it shows now, on the clock of the gateway.
    pub(crate) fn now(&self, app: &TestApp) -> String {
        self.at(app.clock.now())
    }

    /// A code that is never shown around now.
    pub(crate) fn wrong(&self, app: &TestApp) -> String {
        let near: Vec<_> = (-3..=3).map(|step| self.at(app.clock.now().plus_ms(step * STEP_MS))).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

/// What setting up a second factor gives.
pub(crate) struct Enrolled {
    pub(crate) person: Person,
    pub(crate) authenticator: Authenticator,
    pub(crate) recovery_codes: Vec<String>,
}

impl TestApp {
    /// Gives a user who has just logged in a second factor; the next code is not used yet.
    pub(crate) async fn enrol(&self, person: &Person) -> Enrolled {
        let begun = self.post("/api/auth/totp/start").person(person).send().await.expect(200).json();
        let authenticator = Authenticator::of(text(&begun["secret"]));
        let code = json!({"totp_code": authenticator.now(self)});
        let made = self.post("/api/auth/totp/confirm").person(person).json(&code).send().await.expect(200).json();
        self.clock.advance_ms(STEP_MS);
        let recovery_codes = codes(&made["recovery_codes"]);
        Enrolled { person: Person::of(&person.email, &made["session"]), authenticator, recovery_codes }
    }
}

/// The texts of a list.
pub(crate) fn codes(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|code| text(code).to_owned()).collect()
}

#[test]
fn it_shows_what_rfc_6238_says() {
    let authenticator = Authenticator::of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    for (second, code) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
    {
        assert_eq!(authenticator.at(Timestamp::from_ms(second * 1_000)), code);
    }
}
