//! Access tokens and cookies: a token is good only if the gateway made it, and a cookie is the one of its name.

use crate::draw::{self, NOW};
use arbitrary::Unstructured;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zenwallet_core::id::{SessionId, UserId};
use zenwallet_core::limits::ACCESS_TOKEN_S;
use zenwallet_core::signature::hmac_sha256;
use zenwallet_core::time::Timestamp;
use zenwallet_server::fuzz::{read_cookie, read_token, token_key, write_token};
use zenwallet_server::gateway::InstanceKey;

const ISSUER: &str = "https://pay.example";
const DAY: i64 = NOW.as_ms() / 86_400_000;
const NOW_S: i64 = NOW.as_ms() / 1_000;

/// The first byte says whether the rest is a token, draws one, or is a header of cookies.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => {
            if let Ok(token) = std::str::from_utf8(rest) {
                assert_eq!(read_token(&InstanceKey::new([7; 32]), ISSUER, token, NOW), None, "{token:?}");
            }
        }
        Some((1, rest)) => cookies(rest),
        Some((2, rest)) => edited(&mut Unstructured::new(rest)),
        Some((_, rest)) => forged(&mut Unstructured::new(rest)),
        None => {}
    }
}

/// A token of the gateway's own, changed: it is read as itself or not at all.
fn edited(u: &mut Unstructured<'_>) {
    let key = InstanceKey::new(draw::number(u));
    let (session, user) = (SessionId::from_bytes(draw::number(u)), UserId::from_bytes(draw::number(u)));
    let token = write_token(&key, ISSUER, session, user, NOW);
    let age_s = i64::from(draw::number::<i16>(u));
    let read = read_token(&key, ISSUER, &token, NOW.plus_s(age_s));
    assert_eq!(read, (-1..ACCESS_TOKEN_S).contains(&age_s).then_some((session, user, NOW)), "after {age_s} s");
    assert_eq!(read_token(&key, "https://pay.example.evil", &token, NOW), None);
    let edited = draw::edited(u, token.as_bytes());
    if let Ok(edited) = std::str::from_utf8(&edited) {
        assert_eq!(read_token(&key, ISSUER, edited, NOW).is_some(), edited == token, "{edited:?}");
    }
}

/// A token with drawn claims under a drawn key, often the right one: good only if everything is as the gateway has it.
fn forged(u: &mut Unstructured<'_>) {
    let key = InstanceKey::new([7; 32]);
    let day = *draw::one_of(u, &[DAY, DAY - 1, DAY + 1, 0, i64::MIN]);
    let mut header = json!({"typ": "at+jwt", "alg": "HS256", "kid": day.to_string()});
    let (session, user) = (SessionId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let any = draw::number(u);
    let iat = *draw::one_of(u, &[NOW_S, NOW_S + 1, NOW_S - 899, 0, i64::MIN, any]);
    let exp = *draw::one_of(u, &[iat.saturating_add(900), NOW_S, NOW_S + 1, i64::MAX, 0]);
    let mut claims = json!({"iss": ISSUER, "aud": "zenwallet", "sub": user.to_string(), "sid": session.to_string(),
        "iat": iat, "exp": exp});
    let is_changed = draw::number::<bool>(u);
    if is_changed {
        let (names, part) = match draw::number(u) {
            true => (["typ", "alg", "kid", "jwk", "crit", "b64"], &mut header),
            false => (["iss", "aud", "sub", "sid", "iat", "exp"], &mut claims),
        };
        let name = *draw::one_of(u, &names);
        let values = [json!("none"), json!("HS512"), Value::Null, json!(["zenwallet"]), json!(""), draw::json(u, 1)];
        part[name] = draw::one_of(u, &values).clone();
    }
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(&header), encoded(&claims));
    let is_right_key = !draw::number::<u8>(u).is_multiple_of(4);
    let signing = if is_right_key { token_key(&key, day) } else { draw::text(u, 40).as_bytes().to_vec() };
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(&signing, &[message.as_bytes()])));
    let Some(read) = read_token(&key, ISSUER, &token, NOW) else {
        let lasts = i128::from(exp) - i128::from(iat);
        let is_good = is_right_key && (DAY - 1..=DAY).contains(&day) && exp > NOW_S && iat <= NOW_S + 1 && lasts <= 900;
        assert!(is_changed || !is_good, "refused: {header} {claims}");
        return;
    };
    assert!(is_right_key && (DAY - 1..=DAY).contains(&day), "a foreign key passes");
    assert_eq!(
        (&header["typ"], &header["alg"], header["kid"].as_str()),
        (&json!("at+jwt"), &json!("HS256"), Some(&*day.to_string()))
    );
    let is_ours = claims["aud"] == "zenwallet" || claims["aud"] == json!(["zenwallet"]);
    assert!(is_ours && claims["iss"] == ISSUER, "{claims}");
    let [iat, exp] = ["iat", "exp"].map(|name| claims[name].as_i64().expect("a whole number"));
    assert!(exp > NOW_S && iat <= NOW_S + 1 && exp - iat <= ACCESS_TOKEN_S, "{claims}");
    assert_eq!((json!(read.0.to_string()), json!(read.1.to_string())), (claims["sid"].clone(), claims["sub"].clone()));
    assert_eq!(read.2, Timestamp::from_ms(iat * 1_000));
}

/// The first pair of the name, in any of the headers, blanks around it away.
fn cookies(data: &[u8]) {
    let values: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let is_brought = |value: &&[u8]| value.iter().all(|byte| *byte == b'\t' || (*byte >= 32 && *byte != 127));
    if !values.iter().all(is_brought) {
        return;
    }
    for (is_refresh, is_https, name) in [
        (false, false, "zenwallet_access"),
        (true, false, "zenwallet_refresh"),
        (false, true, "__Host-zenwallet_access"),
        (true, true, "__Secure-zenwallet_refresh"),
    ] {
        let read = read_cookie(&values, is_refresh, is_https);
        let texts = values.iter().filter(|value| value.iter().all(|byte| *byte < 128));
        let pairs = texts.flat_map(|value| value.split(|byte| *byte == b';')).map(String::from_utf8_lossy);
        let want = pairs
            .map(|pair| pair.trim().to_owned())
            .find_map(|pair| pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned));
        assert_eq!(read, want, "{name}");
        assert!(read.is_none_or(|value| !value.contains([';', '\n'])));
    }
}
