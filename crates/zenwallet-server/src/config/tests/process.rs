//! The files that the process reads.

use super::super::process::load_from;
use super::*;
use secrecy::ExposeSecret;
use std::ffi::OsString;
use std::path::PathBuf;

/// A directory of one test, removed when the test is over.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("zenwallet-config-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn env(pairs: &[(&str, &Path)]) -> std::vec::IntoIter<(OsString, OsString)> {
    let owned: Vec<_> =
        pairs.iter().map(|(name, value)| (OsString::from(name), value.as_os_str().to_owned())).collect();
    owned.into_iter()
}

#[test]
fn the_flag_names_the_file_before_the_variable_and_that_before_the_usual_place() {
    let directory = Directory::new("which");
    let file = |n: u16| directory.file(&format!("{n}.toml"), format!("listen = \"127.0.0.1:{n}\""));
    let (by_flag, by_env, usual) = (file(1), file(2), file(3));
    let port = |flag: Option<&Path>, named: Option<&Path>, usual: &Path| {
        load_from(flag, named.map(OsString::from), usual, env(&[]), &[]).unwrap().listen.port()
    };
    assert_eq!(port(Some(&by_flag), Some(&by_env), &usual), 1);
    assert_eq!(port(None, Some(&by_env), &usual), 2);
    assert_eq!(port(None, None, &usual), 3);
    assert_eq!(port(None, Some(Path::new("")), &usual), 3);
    assert_eq!(port(None, None, &directory.0.join("absent.toml")), 8080);
}

#[test]
fn a_named_file_that_cannot_be_read_is_an_error_beside_the_others() {
    let directory = Directory::new("unreadable");
    let too_large = directory.file("large.toml", "#".repeat(1024 * 1024 + 1));
    let not_text = directory.file("bytes.toml", [0xff, 0xfe]);
    for (path, reason) in [
        (directory.0.join("absent.toml"), "No such file"),
        (directory.0.clone(), "directory"),
        (too_large, "larger than 1048576 bytes"),
        (not_text, "UTF-8"),
    ] {
        let bad_value = env(&[("ZENWALLET_DEMO_APP", Path::new("maybe"))]);
        let by_flag = load_from(Some(&path), None, Path::new(""), bad_value, &[]).unwrap_err();
        assert_eq!(by_flag.as_slice().len(), 2, "{by_flag}");
        let by_env = load_from(None, Some(path.into()), Path::new(""), env(&[]), &[]).unwrap_err().to_string();
        assert!(
            by_flag.to_string().starts_with("flag --config: ") && by_flag.to_string().contains(reason),
            "{by_flag}"
        );
        assert!(by_env.starts_with("environment ZENWALLET_CONFIG: ") && by_env.contains("fix: "), "{by_env}");
    }
}

#[test]
fn a_secret_key_file_is_read_and_its_content_never_shown() {
    let directory = Directory::new("secret");
    let read = |path: &Path| load_from(None, None, Path::new(""), env(&[("ZENWALLET_SECRET_KEY_FILE", path)]), &[]);
    let good = directory.file("good", format!("{KEY_TEXT}\n"));
    assert_eq!(read(&good).unwrap().secret_key.unwrap().expose_secret(), KEY_BYTES);
    for (content, reason) in [("hunter2!\n", "the file: is not base64"), ("", "decodes to 0 bytes")] {
        let errors = read(&directory.file("bad", content)).unwrap_err().to_string();
        assert!(errors.contains(reason) && errors.contains("secret_key_file = \""), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    let errors = read(&directory.file("large", "A".repeat(5_000))).unwrap_err().to_string();
    assert!(errors.contains("larger than 4096 bytes"), "{errors}");
    let errors = read(&directory.0.join("absent")).unwrap_err().to_string();
    assert!(errors.contains("cannot be read: No such file"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_matters_only_when_it_is_ours() {
    use std::os::unix::ffi::OsStringExt;
    let of = |name: &str| {
        let env = [(OsString::from(name), OsString::from_vec(vec![b'/', 0xff]))];
        load_from(None, None, Path::new(""), env.into_iter(), &[])
    };
    assert!(of("LESSCHARS").is_ok());
    assert!(of("DATABASE_URL").is_err());
    assert!(of("ZENWALLET_DATA_DIR").unwrap_err().to_string().contains("ZENWALLET_DATA_DIR: is not Unicode"));
}
