//! Codes of authenticators: exactly those of RFC 6238 for the half minute and its neighbours, by SHA-1 written out here.

use crate::draw;
use arbitrary::Unstructured;
use zenwallet_core::id::UserId;
use zenwallet_core::user::Email;
use zenwallet_server::fuzz::{check_totp, hash_recovery_code, totp_url};

/// A secret, an address, a moment and what was typed.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let length = *draw::one_of(&mut u, &[20, 20, 20, 16, 32, 65, 15, 0]);
    let mut secret = vec![0; length];
    let _ = u.fill_buffer(&mut secret);
    let email = Email::parse(draw::text(&mut u, 60)).or_else(|_| Email::parse("ada@example.com"));
    let user = draw::user(UserId::from_bytes([1; 16]), email.expect("an address"));
    let now_s = u64::from(draw::number::<u32>(&mut u)) << (draw::number::<u8>(&mut u) % 12);
    let typed = draw::text(&mut u, 40).to_owned();
    if length < 16 {
        assert_eq!(check_totp(&secret, &user, &typed, now_s), None, "a short secret");
        return;
    }
    let step = now_s / 30;
    for near in step.saturating_sub(2)..=step + 2 {
        let code = judge(&secret, near);
        let read = check_totp(&secret, &user, &code, now_s);
        // Two half minutes may have one code by chance: then either of them is right.
        let right = |step: &u64| judge(&secret, *step) == code;
        let window: Vec<u64> = (step.saturating_sub(1)..=step + 1).filter(right).collect();
        assert_eq!(read.is_some(), !window.is_empty(), "{code} of {near} at {step}");
        assert!(read.is_none_or(|step| window.contains(&step)));
        for other in [&code[..5], &format!("{code}0"), &format!(" {code}")] {
            assert_eq!(check_totp(&secret, &user, other, now_s), None, "{other:?}");
        }
    }
    if let Some(step_read) = check_totp(&secret, &user, &typed, now_s) {
        assert_eq!(judge(&secret, step_read), typed);
    }
    let url = url::Url::parse(&totp_url(&secret, &user).expect("a good secret has a URL")).expect("it is a URL");
    assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
    let shown = url.query_pairs().find(|(name, _)| name == "secret").map(|(_, value)| value.into_owned());
    assert_eq!(shown.map(|text| unbase32(&text)), Some(secret));
    recovery(&typed);
}

/// A recovery code is the same in groups and in capitals, and another one is another.
fn recovery(typed: &str) {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_lowercase()
    };
    let (upper, grouped) = (typed.to_ascii_uppercase(), typed.replace(' ', "-"));
    for other in [&upper, &grouped, &format!("{typed} "), &format!("{typed}x")] {
        let is_same = hash_recovery_code(typed) == hash_recovery_code(other);
        assert_eq!(is_same, plain(typed) == plain(other), "{typed:?} and {other:?}");
    }
}

fn unbase32(text: &str) -> Vec<u8> {
    let bits = text.bytes().flat_map(|byte| {
        let five = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".bytes().position(|digit| digit == byte).expect("base 32");
        (0..5).rev().map(move |bit| (five >> bit & 1) as u8)
    });
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit)).collect()
}

/// The code of a half minute (RFC 4226, 5.3).
fn judge(secret: &[u8], step: u64) -> String {
    let mut block = [0; 64];
    match secret.len() {
        0..=64 => block[..secret.len()].copy_from_slice(secret),
        _ => block[..20].copy_from_slice(&sha1(secret)),
    }
    let inner = sha1(&[block.map(|byte| byte ^ 0x36).as_slice(), &step.to_be_bytes()].concat());
    let mac = sha1(&[block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat());
    let at = usize::from(mac[19] & 15);
    let bits = u32::from_be_bytes([mac[at] & 0x7f, mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:06}", bits % 1_000_000)
}

/// FIPS 180-4, 6.1, as it stands there.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len() + (120 - padded.len() % 64) % 64, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    let mut hash = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(64) {
        let mut words: Vec<u32> =
            block.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
        for t in 16..80 {
            words.push((words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = hash;
        for (t, word) in words.iter().enumerate() {
            let (mix, constant) = match t {
                0..20 => ((b & c) | (!b & d), 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (part, more) in hash.iter_mut().zip([a, b, c, d, e]) {
            *part = part.wrapping_add(more);
        }
    }
    let mut out = [0; 20];
    for (bytes, word) in out.chunks_exact_mut(4).zip(hash) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}
