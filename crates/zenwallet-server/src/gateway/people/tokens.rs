//! Tokens: access tokens that say whose session it is, refresh tokens and links that say nothing.

use crate::gateway::secrets::InstanceKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use zenwallet_core::app::KeyHash;
use zenwallet_core::id::{IdSource, SessionId, UserId};
use zenwallet_core::limits::ACCESS_TOKEN_S;
use zenwallet_core::time::Timestamp;

const AUDIENCE: &str = "zenwallet";
/// What the token is, so that nothing else that was signed passes for one (RFC 9068).
const TYPE: &str = "at+jwt";
const DAY_MS: i64 = 86_400_000;
/// 256 bits.
const SECRET_BYTES: usize = 32;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// An access token that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) session_id: SessionId,
    pub(crate) user_id: UserId,
    /// When it was made.
    pub(crate) issued_at: Timestamp,
}

/// Signs and reads access tokens. Each day has a key of its own, made of the instance's: every node knows it, nobody
/// keeps it, and one that leaks is good for a day.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    issuer: String,
}

impl AccessTokens {
    pub(crate) fn new(public_url: &str) -> Self {
        Self { issuer: public_url.to_owned() }
    }

    pub(crate) fn sign(&self, key: &InstanceKey, session_id: SessionId, user_id: UserId, now: Timestamp) -> String {
        let issued = now.as_ms().div_euclid(1_000);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user_id.to_string(),
            sid: session_id.to_string(),
            iat: issued,
            exp: issued + ACCESS_TOKEN_S,
        };
        let day = now.as_ms().div_euclid(DAY_MS);
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(day.to_string()), ..Header::new(Algorithm::HS256) };
        // Claims of strings and numbers always serialise, and HMAC takes every key.
        encode(&header, &claims, &EncodingKey::from_secret(key.token_key(day).as_slice())).unwrap_or_default()
    }

    /// What a token says, if it is one of ours and its time is not over.
    pub(crate) fn read(&self, key: &InstanceKey, token: &str, now: Timestamp) -> Option<Access> {
        let header = decode_header(token).ok()?;
        let day: i64 = header.kid?.parse().ok()?;
        let today = now.as_ms().div_euclid(DAY_MS);
        // A token lives for less than a day.
        if header.typ.as_deref() != Some(TYPE) || !(today - 1..=today).contains(&day) {
            return None;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The moment is the gateway's clock's, below.
        validation.validate_exp = false;
        let claims =
            decode::<Claims>(token, &DecodingKey::from_secret(key.token_key(day).as_slice()), &validation).ok()?.claims;
        let now_s = now.as_ms().div_euclid(1_000);
        // One of the future was signed before the clock was set back: it would live longer than any.
        if claims.exp <= now_s || claims.iat > now_s + 1 || claims.exp.saturating_sub(claims.iat) > ACCESS_TOKEN_S {
            return None;
        }
        Some(Access {
            session_id: SessionId::parse(&claims.sid)?,
            user_id: UserId::parse(&claims.sub)?,
            issued_at: Timestamp::from_ms(claims.iat * 1_000),
        })
    }
}

/// A secret in clear, shown or sent once. It has no `Display` and hides in `Debug`.
pub(crate) struct Token(String);

impl Token {
    /// A new random one.
    pub(super) fn generate(ids: &IdSource, prefix: &str) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        ids.fill(&mut bytes);
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token itself, for the one time it is given away.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps of it.
    pub(super) fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_ms(1_769_423_700_000);

    fn ids() -> (SessionId, UserId) {
        (SessionId::from_bytes([1; 16]), UserId::from_bytes([2; 16]))
    }

    /// A token of these parts, signed with the key of today.
    fn forged(key: &InstanceKey, header: &Value, claims: &Value, secret: Option<&[u8]>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let own = key.token_key(NOW.as_ms().div_euclid(DAY_MS));
        let tag = zenwallet_core::signature::hmac_sha256(secret.unwrap_or(own.as_ref()), &[message.as_bytes()]);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    #[test]
    fn a_token_is_good_for_a_quarter_of_an_hour() {
        let (key, tokens) = (InstanceKey::new([7; 32]), AccessTokens::new("https://pay.example"));
        let token = tokens.sign(&key, ids().0, ids().1, NOW);
        let want = Access { session_id: ids().0, user_id: ids().1, issued_at: NOW };
        for (after_s, is_good) in [(0, true), (899, true), (900, false), (86_400, false), (-1, true), (-3_600, false)] {
            let read = tokens.read(&key, &token, NOW.plus_s(after_s));
            assert_eq!(read, is_good.then_some(want), "{after_s}");
        }
        assert_eq!(tokens.read(&InstanceKey::new([8; 32]), &token, NOW), None);
        assert_eq!(AccessTokens::new("https://other.example").read(&key, &token, NOW), None);
        // Over midnight too.
        let late = Timestamp::from_ms(NOW.as_ms().div_euclid(DAY_MS) * DAY_MS - 1_000);
        let token = tokens.sign(&key, ids().0, ids().1, late);
        assert!(tokens.read(&key, &token, late.plus_s(600)).is_some());
    }

    #[test]
    fn a_forged_token_is_none() {
        let (key, tokens) = (InstanceKey::new([7; 32]), AccessTokens::new("https://pay.example"));
        let day = NOW.as_ms().div_euclid(DAY_MS).to_string();
        let now = NOW.as_ms() / 1_000;
        let header = json!({"typ": "at+jwt", "alg": "HS256", "kid": day});
        let claims = json!({"iss": "https://pay.example", "aud": "zenwallet", "sub": ids().1.to_string(),
            "sid": ids().0.to_string(), "iat": now, "exp": now + 900});
        assert!(tokens.read(&key, &forged(&key, &header, &claims, None), NOW).is_some());
        let with = |object: &Value, name: &str, value: Value| {
            let mut object = object.clone();
            object[name] = value;
            object
        };
        let headers = [
            ("alg", json!("none")),
            ("alg", json!("HS512")),
            ("alg", json!("RS256")),
            ("alg", json!("hs256")),
            ("typ", json!("JWT")),
            ("typ", Value::Null),
            ("kid", json!("0")),
            ("kid", json!("../../dev/null")),
            ("kid", Value::Null),
            ("kid", json!((NOW.as_ms().div_euclid(DAY_MS) + 1).to_string())),
        ];
        for (name, value) in headers {
            let token = forged(&key, &with(&header, name, value.clone()), &claims, None);
            assert_eq!(tokens.read(&key, &token, NOW), None, "{name} {value}");
        }
        let wrong = [
            ("iss", json!("https://evil.example")),
            ("aud", json!("other")),
            ("exp", json!(now)),
            ("exp", json!(now + 901)),
            ("exp", json!(i64::MAX)),
            ("exp", Value::Null),
            ("iat", json!(now + 100)),
            ("iat", json!(i64::MIN)),
            ("sub", json!("usr_x")),
            ("sid", json!("")),
            ("sid", Value::Null),
        ];
        for (name, value) in wrong {
            let token = forged(&key, &header, &with(&claims, name, value.clone()), None);
            assert_eq!(tokens.read(&key, &token, NOW), None, "{name} {value}");
        }
        assert_eq!(tokens.read(&key, &forged(&key, &header, &claims, Some(b"")), NOW), None);
        let jwk = with(&header, "jwk", json!({"kty": "oct", "k": "AAAA"}));
        assert_eq!(tokens.read(&key, &forged(&key, &jwk, &claims, Some(&[0, 0, 0])), NOW), None);
        let good = forged(&key, &header, &claims, None);
        for cut in 0..good.len() {
            assert_eq!(tokens.read(&key, &good[..cut], NOW), None);
        }
        for text in ["", ".", "..", "a.b.c", "💥.💥.💥"] {
            assert_eq!(tokens.read(&key, text, NOW), None);
        }
    }
}
