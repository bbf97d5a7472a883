//! The answers to OWASP ASVS in `docs/security.md` and the pages beside it: none is missing, and what is named as their
//! test is one.

use super::{File, Violations, code_only, dependencies, files, imports, line_of, places, root};
use std::collections::{BTreeMap, BTreeSet};

/// Which requirements there are: the list is not made from the answers, so that none can be forgotten in both.
const IDS: &str = "docs/security/asvs-5.0.0-ids.txt";
/// Requirements of the third level that must be answered at least, of 92.
const LEVEL_3_MIN: usize = 50;
/// How many of a hundred answers must name a test.
const TESTED_MIN_PERCENT: usize = 60;
/// How an answer begins that names no test.
const REASONS: [&str; 4] = ["n/a: ", "operator: ", "review: ", "partly: "];

/// One answer.
struct Row<'a> {
    path: &'a str,
    line: usize,
    id: &'a str,
    cells: Vec<&'a str>,
}

/// Every requirement with its level.
fn requirements(list: &str) -> BTreeMap<String, String> {
    let sections = list.lines().skip(1).filter_map(|line| line.split_once(' '));
    let each = sections.flat_map(|(section, levels)| {
        levels.chars().enumerate().map(move |(index, level)| (format!("{section}.{}", index + 1), format!("L{level}")))
    });
    each.collect()
}

/// Every line of a table that begins with the id of a requirement.
fn rows(files: &[File]) -> Vec<Row<'_>> {
    let pages = files.iter().filter(|f| f.path == "docs/security.md" || f.path.starts_with("docs/security/"));
    let lines =
        pages.flat_map(|f| f.text.lines().enumerate().map(move |(index, text)| (f.path.as_str(), index + 1, text)));
    let tables = lines.filter_map(|(path, line, text)| {
        let cells: Vec<&str> = text.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let id = *cells.first()?;
        let is_id = id.split('.').count() == 3 && id.split('.').all(|part| part.parse::<u32>().is_ok());
        is_id.then_some(Row { path, line, id, cells })
    });
    tables.collect()
}

/// Every function that is a test, by its attribute or by its place in a macro's list.
fn tests(files: &[File]) -> BTreeSet<&str> {
    let (mut found, mut listed, mut declared) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in files.iter().filter(|f| f.is_rust()) {
        let has_lists = ["both_databases", "fn $case()"].iter().any(|list| file.text.contains(list));
        let mut is_marked = false;
        for line in file.text.lines().map(str::trim) {
            let name = line.split_once("fn ").map(|(_, rest)| rest.split(['(', '<', ' ']).next().unwrap_or_default());
            match name.filter(|_| !line.starts_with("//")) {
                Some(name) => {
                    declared.insert(name);
                    if std::mem::take(&mut is_marked) {
                        found.insert(name);
                    }
                }
                None if line.starts_with("#[") => is_marked |= line.contains("test") && !line.contains("cfg("),
                None => is_marked = false,
            }
            if has_lists {
                // A line of a list, or a list in one line: `case,` or `cases! { case }`.
                let inner = line.split_once("! { ").map_or(line, |(_, rest)| rest.trim_end_matches('}'));
                listed.extend(inner.split(',').map(str::trim));
            }
        }
    }
    found.extend(declared.intersection(&listed));
    found
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_requirement_is_answered_and_its_test_exists() {
    let (mut violations, files) = (Violations::default(), files());
    let list = files.iter().find(|f| f.path == IDS).expect("the list of requirements");
    let (mut open, tests) = (requirements(&list.text), tests(&files));
    let (mut answered, mut level_3, mut tested) = (0, 0, 0);
    for Row { path, line, id, cells } in rows(&files) {
        let Some(level) = open.remove(id) else {
            violations.add(path, line, format!("{id} is answered twice, or is no requirement"));
            continue;
        };
        let [_, given, asked, answer, proof] = cells[..] else {
            violations.add(path, line, format!("{id} has {} cells and not 5", cells.len()));
            continue;
        };
        if given != level || asked.is_empty() || answer.is_empty() {
            violations.add(path, line, format!("{id} is {level}, and needs a question and an answer"));
        }
        for name in quoted(proof).filter(|name| !tests.contains(name)) {
            if !(name.contains('/') && root().join(name).exists()) {
                violations.add(path, line, format!("{id}: there is no test `{name}`"));
            }
        }
        let has_test = quoted(proof).next().is_some();
        if !has_test && !proof.contains("(pending") && !REASONS.iter().any(|reason| proof.starts_with(reason)) {
            violations.add(path, line, format!("{id} names neither a test nor a reason: {REASONS:?}"));
        }
        if proof.contains("(pending") {
            violations.add(path, line, format!("{id} waits for its test"));
        }
        answered += 1;
        level_3 += usize::from(level == "L3");
        tested += usize::from(has_test);
    }
    for (id, level) in open.iter().filter(|(_, level)| *level != "L3") {
        violations.add("docs/security.md", 1, format!("{id} ({level}) has no answer"));
    }
    if level_3 < LEVEL_3_MIN || tested * 100 < answered * TESTED_MIN_PERCENT {
        let message = format!("{answered} answers, {level_3} of them L3, {tested} with a test: too few");
        violations.add("docs/security.md", 1, message);
    }
    violations.finish();
}

#[test]
fn the_list_has_every_requirement() {
    let list = std::fs::read_to_string(root().join(IDS)).expect("readable");
    let levels: Vec<String> = requirements(&list).into_values().collect();
    let count = |level: &str| levels.iter().filter(|l| *l == level).count();
    assert_eq!([count("L1"), count("L2"), count("L3"), levels.len()], [70, 183, 92, 345]);
}

/// What answers say is not here: part of a dependency's name, of the API's description, or of the product's code.
const ABSENT_CRATES: &str = "askama bzip2 evalexpr flate2 graphql handlebars jni juniper latex ldap ldap3 liquid memcache \
    memcached minijinja multer oauth2 openid openidconnect redis regex rhai saml samael sxd tar tera \
    turn webrtc xml xpath zip zstd";
const ABSENT_WORDS: &str =
    "graphql oauth openid saml webrtc multipart/form-data security_question password_hint phone sms_code";
const ABSENT_CODE: [&str; 5] = ["std::process::Command", "tokio::process::Command", "Multipart", "MD5", "Md5"];

#[test]
fn what_is_said_to_be_absent_is_absent() {
    let (mut violations, files) = (Violations::default(), files());
    let of_product = |f: &&File| f.path == "Cargo.toml" || f.path.starts_with("crates/");
    for manifest in files.iter().filter(of_product).filter(|f| f.path.ends_with("Cargo.toml")) {
        for section in ["workspace.dependencies", "dependencies"] {
            for (line, name) in dependencies(&manifest.text, section) {
                if name.split(['-', '_']).any(|part| ABSENT_CRATES.split(' ').any(|absent| absent == part)) {
                    violations.add(
                        &manifest.path,
                        line,
                        format!("docs/security.md says that nothing like {name} is here"),
                    );
                }
            }
        }
        for (index, _) in manifest.text.lines().enumerate().filter(|(_, l)| l.starts_with("default = [\"planted")) {
            violations.add(&manifest.path, index + 1, "a release has no planted bugs");
        }
    }
    let description = files.iter().find(|f| f.path == "openapi.json").expect("the API's description");
    let text = description.text.to_lowercase();
    for word in ABSENT_WORDS.split(' ').filter(|word| text.contains(word)) {
        violations.add(&description.path, 1, format!("docs/security.md says that {word} is not here"));
    }
    for file in files.iter().filter(|f| f.is_product()) {
        let code = file.code();
        violations.add_words(file, &code, &ABSENT_CODE, "docs/security.md says that this is not here");
        for (at, _) in imports(&code).into_iter().filter(|(_, path)| ABSENT_CODE.contains(&path.as_str())) {
            violations.add(&file.path, line_of(&code, at), "docs/security.md says that no process is started");
        }
    }
    violations.finish();
}

#[test]
fn no_code_of_ours_is_unsafe() {
    let (mut violations, files) = (Violations::default(), files());
    let workspace = files.iter().find(|f| f.path == "Cargo.toml").expect("the workspace");
    assert!(
        workspace.text.contains("\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"),
        "unsafe code is forbidden"
    );
    for manifest in files.iter().filter(|f| f.path.starts_with("crates/") && f.path.ends_with("/Cargo.toml")) {
        if !manifest.text.contains("[lints]\nworkspace = true") {
            violations.add(&manifest.path, 1, "it must take the workspace's lints");
        }
    }
    for file in files.iter().filter(|f| f.is_product()) {
        for at in places(&code_only(&file.text), "unsafe") {
            violations.add(&file.path, line_of(&file.text, at), "no code of ours is unsafe");
        }
    }
    violations.finish();
}
