//! Secrets are read, needed, and never shown.

use super::*;
use secrecy::ExposeSecret;

const DATABASE_URL: &str = "postgres://zen:hunter2@db.internal/zen";

#[test]
fn a_secret_key_is_32_bytes_in_either_base64_with_or_without_padding() {
    let unpadded = KEY_TEXT.trim_end_matches('=');
    for text in [KEY_TEXT, unpadded] {
        let config = load_env(&[("ZENWALLET_SECRET_KEY", text)]).unwrap();
        assert_eq!(config.clone().secret_key.unwrap().expose_secret(), KEY_BYTES);
    }
    let standard = load_env(&[("ZENWALLET_SECRET_KEY", &format!("{}w=", "+/".repeat(21)))]);
    let url_safe = load_env(&[("ZENWALLET_SECRET_KEY", &format!("{}w", "-_".repeat(21)))]);
    let bytes = |config: Result<Config, ConfigErrors>| *config.unwrap().secret_key.unwrap().expose_secret();
    assert_eq!(bytes(standard), bytes(url_safe));
}

#[test]
fn a_bad_secret_key_is_refused_unseen_with_a_fix_that_keeps_old_data() {
    for (text, reason) in [("hunter2!", "is not base64"), ("aHVudGVyMg==", "decodes to 7 bytes, not to 32")] {
        let text_of = |errors: ConfigErrors| errors.to_string();
        let by_env = text_of(load_env(&[("ZENWALLET_SECRET_KEY", text)]).unwrap_err());
        let by_file = text_of(load_file(&format!("secret_key = \"{text}\"")).unwrap_err());
        let by_flag = text_of(load_flags(&[("secret_key", text)]).unwrap_err());
        for errors in [by_env, by_file, by_flag] {
            assert!(errors.contains("secret_key = …") && errors.contains(reason), "{errors}");
            assert!(errors.contains("openssl rand -base64 32") && errors.contains("first used with"), "{errors}");
            assert!(!errors.contains(text), "{errors}");
        }
    }
}

#[test]
fn postgresql_needs_a_secret_key_and_sqlite_does_not() {
    let errors = load_env(&[("DATABASE_URL", DATABASE_URL)]).unwrap_err().to_string();
    for fragment in ["environment DATABASE_URL: secret_key: is missing", "openssl rand -base64 32"] {
        assert!(errors.contains(fragment), "{errors}");
    }
    assert!(load_env(&[("DATABASE_URL", DATABASE_URL), ("ZENWALLET_SECRET_KEY", KEY_TEXT)]).is_ok());
    assert!(load_env(&[("DATABASE_URL", DATABASE_URL), ("ZENWALLET_SECRET_KEY_FILE", "/run/key")]).is_ok());
    // A key that is there but bad is one error, not two.
    let errors = load_env(&[("DATABASE_URL", DATABASE_URL), ("ZENWALLET_SECRET_KEY", "x")]).unwrap_err();
    assert_eq!(errors.as_slice().len(), 1, "{errors}");
}

#[test]
fn of_key_and_key_file_the_heavier_source_counts_and_a_tie_is_refused() {
    let file = Some((Path::new("f"), "secret_key_file = \"/run/key\""));
    let config = load(file, &pairs(&[("ZENWALLET_SECRET_KEY", KEY_TEXT)]), &[]).unwrap();
    assert!(config.secret_key.is_some() && config.secret_key_file.is_none());
    let config = load(file, &[], &pairs(&[("secret_key", KEY_TEXT)])).unwrap();
    assert!(config.secret_key.is_some() && config.secret_key_file.is_none());
    let key_in_file = format!("secret_key = \"{KEY_TEXT}\"");
    let flags = pairs(&[("secret_key_file", "/run/key")]);
    let config = load(Some((Path::new("f"), &key_in_file)), &[], &flags).unwrap();
    assert!(config.secret_key.is_none() && config.secret_key_file.is_some());
    let tie = load_file(&format!("{key_in_file}\nsecret_key_file = \"/run/key\"")).unwrap_err().to_string();
    assert!(tie.contains("f") && tie.contains("secret_key is set as well (zenwallet.toml:1)"), "{tie}");
}

#[test]
fn a_database_url_is_postgresql_and_is_refused_unseen() {
    for text in [
        "mysql://zen:hunter2@db/zen",
        "host=db password=hunter2",
        "postgres://",
        "postgres://hunter2\n",
        "sqlite:hunter2",
    ] {
        let errors = load_env(&[("DATABASE_URL", text)]).unwrap_err();
        // That a key is missing as well would be a second error about the first one's cause.
        assert_eq!(errors.as_slice().len(), 1, "{errors}");
        let errors = errors.to_string();
        assert!(errors.contains("environment DATABASE_URL: database_url = …: "), "{errors}");
        assert!(errors.contains("fix: DATABASE_URL=postgres://") && errors.contains("SQLite in data_dir"), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let errors = [
        load_env(&[("ZENWALLET_SECRET_KEEY", "hunter2")]),
        load_env(&[("ZENWALLET_PUBLIC_URL", "https://zen:hunter2@pay.example.com")]),
        load_env(&[("ZENWALLET_PUBLIC_URL", "zen:hunter2@pay.example.com")]),
        load_env(&[("ZENWALLET_LISTEN", DATABASE_URL)]),
        load_flags(&[("secret_keyy", "hunter2"), (DATABASE_URL, "")]),
        load_file("secret_keyy = \"hunter2\""),
        load_file("secret_key = [\"hunter2\"]"),
        load_file("secret_key = { hunter2 = 1 }"),
        load_file("secret_key = \"hunter2"),
        load_file("secret_key = hunter2"),
    ];
    for errors in errors.map(Result::unwrap_err) {
        assert!(!errors.to_string().contains("hunter2") && !format!("{errors:?}").contains("hunter2"), "{errors}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let env = [("DATABASE_URL", DATABASE_URL), ("ZENWALLET_SECRET_KEY", KEY_TEXT)];
    let config = load_env(&env).unwrap();
    for text in [format!("{config:?}"), seen(&config), format!("{:?}", config.secret_key)] {
        assert!(!text.contains("hunter2") && !text.contains(KEY_TEXT) && !text.contains("110, 111, 116"), "{text}");
    }
}

/// Every byte of a file, dropped or replaced: never a panic, never the secret.
#[test]
fn no_damage_to_a_file_shows_its_secrets() {
    let file = format!(
        "listen = \"[::]:80\"\ndatabase_url = \"{DATABASE_URL}\"\nsecret_key = \"{KEY_TEXT}\" # kept\n\
         [http]\nmetrics = true\nmax_connections = 0x1_0\n[log]\nformat = 'json'\n"
    );
    for at in 0..file.len() {
        for with in ["", "\"", "=", "\n", "[", "{", "#", ".", "x", "\\", "\u{0}"] {
            let damaged = format!("{}{with}{}", &file[..at], &file[at + 1..]);
            let shown = match load_file(&damaged) {
                Ok(config) => seen(&config),
                Err(errors) => format!("{errors} {errors:?}"),
            };
            assert!(!shown.contains("hunter2") && !shown.contains(&KEY_TEXT[8..24]), "{at} {with:?}\n{shown}");
        }
    }
}
