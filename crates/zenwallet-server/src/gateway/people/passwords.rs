//! Passwords: what is accepted as one, and how it is kept.

use super::PeopleError;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use zenwallet_core::id::IdSource;
use zenwallet_core::user::{Email, check_password_length};
use zenwallet_core::{Code, Rejection};
use zxcvbn::zxcvbn;

/// Argon2id with 19 MiB, two passes, one lane: the second choice of OWASP's cheat sheet.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// A password that is found among so many guesses is one of those that everybody tries.
const GUESSES_MIN: u64 = 100_000;
/// Longest wait for a core to hash on; who waits longer is told to come back.
const WAIT: Duration = Duration::from_secs(5);
/// Most who may wait.
const WAITING_MAX: usize = 256;

/// Hashes and compares off the threads that answer requests, and never on all cores at once.
#[derive(Debug)]
pub(super) struct Passwords {
    cores: Arc<Semaphore>,
    waiting: Semaphore,
    /// Compared with where there is nobody to compare with, which takes as long.
    nobody: String,
}

impl Passwords {
    pub(super) fn new(ids: &IdSource) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2));
        let nobody = hash("", &salt(ids)).unwrap_or_default();
        Self { cores: Arc::new(Semaphore::new(cores)), waiting: Semaphore::new(WAITING_MAX), nobody }
    }

    /// The PHC string of a password.
    pub(super) async fn hash(&self, ids: &IdSource, password: &str) -> Result<String, PeopleError> {
        let (password, salt) = (zeroize::Zeroizing::new(password.to_owned()), salt(ids));
        self.run(move || hash(&password, &salt)).await?.ok_or(PeopleError::Refused(Code::InternalError))
    }

    /// Whether this is the password of that PHC string; without one it takes as long to say no.
    pub(super) async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, PeopleError> {
        let password = zeroize::Zeroizing::new(password.to_owned());
        let (phc, is_anybody) = (phc.unwrap_or(&self.nobody).to_owned(), phc.is_some());
        let is_same = self.run(move || {
            let parsed = PasswordHash::new(&phc).ok()?;
            Some(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(is_same.await?.unwrap_or(false) && is_anybody)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PeopleError> {
        let overloaded = || PeopleError::Refused(Code::Overloaded);
        let _place = self.waiting.try_acquire().map_err(|_| overloaded())?;
        let core = tokio::time::timeout(WAIT, Arc::clone(&self.cores).acquire_owned()).await;
        let core = core.map_err(|_| overloaded())?.map_err(|_| overloaded())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(core);
            done
        });
        done.await.map_err(|_| PeopleError::Refused(Code::InternalError))
    }
}

/// Whether a PHC string was made with other parameters than ours: it is made anew at the next login.
pub(super) fn is_outdated(phc: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(phc) else { return true };
    let params = Params::try_from(&parsed);
    params.map_or(true, |params| (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, LANES))
}

/// Refuses a password that is too short, too long, or among the first that anybody would guess of this user.
pub(super) fn check(param: &'static str, password: &str, email: &Email, name: &str) -> Result<(), Rejection> {
    check_password_length(param, password)?;
    let of_the_user: Vec<&str> = email.as_str().split(['@', '.']).chain(name.split_whitespace()).collect();
    let words = [of_the_user.as_slice(), &[email.as_str(), name, "zenwallet", "wallet", "payment"]].concat();
    if zxcvbn(password, &words).guesses() < GUESSES_MIN {
        return Err(Rejection::new(Code::PasswordTooCommon, param, Code::PasswordTooCommon.meaning()));
    }
    Ok(())
}

fn salt(ids: &IdSource) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    ids.fill(&mut salt);
    salt
}

fn hash(password: &str, salt: &[u8]) -> Option<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Some(argon2.hash_password_with_salt(password.as_bytes(), salt).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_refused_and_a_phrase_is_not() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        for bad in [
            "password",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "sunshine",
            "lovelace",
            "adalovelace",
            "zenwallet",
            "zenwallet1",
            "Password1",
            "aaaaaaaa",
            "abcdefgh",
            "letmein1",
            "ada.lovelace@example.com",
        ] {
            let refused = check("password", bad, &email, "Ada Lovelace").unwrap_err();
            assert_eq!(refused.code, Code::PasswordTooCommon, "{bad}");
        }
        for good in ["correct horse battery staple", "xK9#mQ2$vL5@", "trollbandolapfel", "ünïcödé-pässwörter"] {
            check("password", good, &email, "Ada Lovelace").unwrap();
        }
    }

    #[tokio::test]
    async fn a_password_is_its_own_and_nobody_has_none() {
        let ids = IdSource::seeded(1);
        let passwords = Passwords::new(&ids);
        let phc = passwords.hash(&ids, "correct horse").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(!is_outdated(&phc) && is_outdated(&phc.replace("t=2", "t=1")));
        assert!(passwords.verify("correct horse", Some(&phc)).await.unwrap());
        for other in ["Correct horse", "correct horse ", "correct hors", "", "correct\u{a0}horse"] {
            assert!(!passwords.verify(other, Some(&phc)).await.unwrap(), "{other:?}");
        }
        assert!(!passwords.verify("", None).await.unwrap());
    }
}
