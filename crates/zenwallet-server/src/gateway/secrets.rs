//! The instance's key: it seals secrets at rest and signs what the payer's page hands out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zenwallet_core::id::{AppId, Id, IdSource, Kind, PaymentId, UserId};
use zenwallet_core::signature::hmac_sha256;
use zenwallet_store::{Store, StoreError};

/// First byte of what is sealed: the way it is sealed.
const SEALED_V1: u8 = 1;
const NONCE_BYTES: usize = 24;
/// Bytes of a page's token: 128 bits cannot be guessed within a payment's life.
const TOKEN_BYTES: usize = 16;

/// 32 secret bytes. Hidden in `Debug`, wiped when dropped.
pub struct InstanceKey(zeroize::Zeroizing<[u8; 32]>);

/// Why a secret cannot be used.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The key is not the one that this database's secrets were sealed with.
    #[error(
        "secret_key is not the one this database was set up with: its secrets could not be read. \
         Put the first key back (ZENWALLET_SECRET_KEY, or secret.key in the data directory)"
    )]
    WrongKey,
    /// What was sealed cannot be opened.
    #[error("a sealed secret cannot be opened with this instance's key")]
    Unreadable,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl std::fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceKey(…)")
    }
}

impl InstanceKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }

    /// A new random key.
    pub fn generate(ids: &IdSource) -> Self {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        ids.fill(bytes.as_mut());
        Self(bytes)
    }

    /// The key of this base64 text; `None` unless it is 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim())).ok()?;
        bytes.try_into().ok().map(Self::new)
    }

    /// The key as base64, for the file that keeps it.
    pub fn to_base64(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(STANDARD.encode(self.0.as_ref()))
    }

    /// Seals a secret of an app or of a user: it opens for its owner alone.
    pub(crate) fn seal<K: Kind>(&self, ids: &IdSource, owner: Id<K>, secret: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        ids.fill(&mut nonce);
        let context = owner.to_bytes();
        let payload = Payload { msg: secret, aad: &context };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let mut blob = vec![SEALED_V1];
        blob.extend(nonce);
        // Encrypting fails only beyond 256 GB.
        blob.extend(sealed.unwrap_or_default());
        blob
    }

    /// Opens what [`InstanceKey::seal`] sealed for this owner.
    pub(crate) fn open<K: Kind>(&self, owner: Id<K>, blob: &[u8]) -> Result<Vec<u8>, SecretError> {
        let (head, sealed) = blob.split_at_checked(1 + NONCE_BYTES).ok_or(SecretError::Unreadable)?;
        let nonce: [u8; NONCE_BYTES] = head[1..].try_into().map_err(|_| SecretError::Unreadable)?;
        if head[0] != SEALED_V1 {
            return Err(SecretError::Unreadable);
        }
        let context = owner.to_bytes();
        let payload = Payload { msg: sealed, aad: &context };
        self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| SecretError::Unreadable)
    }

    /// The token that a payment's page puts into its forms: whoever posts it has seen the page.
    pub(crate) fn page_token(&self, id: PaymentId) -> String {
        URL_SAFE_NO_PAD.encode(&self.tag(b"pay-page", &id.to_bytes())[..TOKEN_BYTES])
    }

    /// Whether a token is this payment's.
    pub(crate) fn is_page_token(&self, id: PaymentId, token: &str) -> bool {
        self.page_token(id).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// The key that signs the access tokens of one day since 1970.
    pub(crate) fn token_key(&self, day: i64) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.tag(b"access-token", &day.to_be_bytes()))
    }

    /// The token that lets the first user in: every node prints the same one.
    pub(crate) fn setup_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.tag(b"setup", b""))
    }

    /// Whether this is it.
    pub(crate) fn is_setup_token(&self, token: &str) -> bool {
        self.setup_token().as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// The key that signs what an app's developers listen to: another than the app's own, so that what is printed on
    /// their screens signs no webhook that is sent.
    pub(crate) fn listener_key(&self, app_id: AppId) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.tag(b"listener", &app_id.to_bytes()))
    }

    /// What a browser keeps that has logged in as this user, beside its own random name.
    pub(crate) fn device_tag(&self, user_id: UserId, device: &str) -> String {
        let message = [user_id.to_bytes().as_slice(), device.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(&self.tag(b"device", &message)[..TOKEN_BYTES])
    }

    /// Refuses a key that is not the one the database was set up with; the first key to come is the one.
    pub(crate) async fn check_belongs_to(&self, store: &Store) -> Result<(), SecretError> {
        let mine = URL_SAFE_NO_PAD.encode(self.tag(b"instance", b""));
        match store.instance_value("secret_key_check").await? {
            Some(theirs) if bool::from(theirs.as_bytes().ct_eq(mine.as_bytes())) => Ok(()),
            Some(_) => Err(SecretError::WrongKey),
            None => Ok(store.set_instance_value("secret_key_check", &mine).await?),
        }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.0).into())
    }

    /// HMAC-SHA256 for one purpose.
    fn tag(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        hmac_sha256(self.0.as_ref(), &[purpose, b"\0", message])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_app_with_its_key_alone() {
        let ids = IdSource::seeded(1);
        let (key, other) = (InstanceKey::generate(&ids), InstanceKey::generate(&ids));
        let (app, foreign) = (AppId::from_bytes([1; 16]), AppId::from_bytes([2; 16]));
        let sealed = key.seal(&ids, app, b"whsec_secret");
        assert_eq!(key.open(app, &sealed).unwrap(), b"whsec_secret");
        assert!(key.open(foreign, &sealed).is_err());
        assert!(other.open(app, &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(key.open(app, &sealed[..cut]).is_err());
        }
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
    }

    #[test]
    fn a_page_token_belongs_to_one_payment() {
        let key = InstanceKey::new([7; 32]);
        let (a, b) = (PaymentId::from_bytes([1; 16]), PaymentId::from_bytes([2; 16]));
        assert!(key.is_page_token(a, &key.page_token(a)));
        assert!(!key.is_page_token(b, &key.page_token(a)));
        assert!(!key.is_page_token(a, ""));
        assert_eq!(InstanceKey::from_base64(&key.to_base64()).unwrap().page_token(a), key.page_token(a));
    }
}
