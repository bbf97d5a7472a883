//! What prose cannot hold: who may use whom, what must not be written, what must be kept in step. Every rule reads the
//! tree as text and names all its violations at once, each with its file and line.

// Beside this file it would be a test of its own.
#[path = "tidy/asvs.rs"]
mod asvs;

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Directories that hold nothing of ours.
const FOREIGN: [&str; 9] = [
    "target",
    ".git",
    "node_modules",
    ".venv",
    "zenwallet-data",
    ".schemathesis",
    ".hypothesis",
    "__pycache__",
    "corpus",
];

/// Longest function, in lines. The exceptions, each with its reason.
const FUNCTION_MAX_LINES: usize = 70;
const LONG_FUNCTIONS: [(&str, &str); 0] = [];
/// Longest file of the product or the bench, in lines; tests may be longer.
const FILE_MAX_LINES: usize = 400;
const LONG_FILES: [(&str, &str); 1] = [("sdk/rust/src/models.rs", "generated: a list of what goes over the wire")];
/// Longest document, in lines.
const DOCUMENT_MAX_LINES: usize = 149;

/// Which crates of ours a crate may name among its `[dependencies]`.
const CRATES: [(&str, &[&str]); 11] = [
    ("crates/zenwallet-core", &[]),
    ("crates/zenwallet-store", &["zenwallet-core"]),
    ("crates/zenwallet-server", &["zenwallet-core", "zenwallet-store"]),
    ("crates/zenwallet", &["zenwallet-core", "zenwallet-store", "zenwallet-server", "zenwallet-sdk"]),
    ("crates/zenwallet-testing", &[]),
    // It judges the product from outside: a shared mistake would judge itself.
    ("bench", &[]),
    // It steps the product's own parts, and judges them by what the database saw.
    ("sim", &["zenwallet-core", "zenwallet-store", "zenwallet-server"]),
    // It is handed what the product reads, by the functions that read it.
    ("fuzz", &["zenwallet-core", "zenwallet-store", "zenwallet-server"]),
    ("fuzz/libfuzzer", &["zenwallet-fuzz"]),
    ("tests/clients/webhooks/rust", &[]),
    // It is published by itself, and speaks to the product over the wire alone.
    ("sdk/rust", &[]),
];

/// Crates of others that few may name among their `[dependencies]`.
const RESERVED: [(&str, &[&str]); 7] = [
    // The bench and the tests look at the database past the product, to judge it.
    ("tokio-postgres", &["crates/zenwallet-store", "crates/zenwallet-testing", "bench"]),
    ("rusqlite", &["crates/zenwallet-store", "bench", "sim"]),
    ("deadpool-postgres", &["crates/zenwallet-store"]),
    ("axum", &["crates/zenwallet-server"]),
    ("hyper", &["crates/zenwallet-server", "bench", "fuzz"]),
    ("anyhow", &["crates/zenwallet", "bench"]),
    ("clap", &["crates/zenwallet", "bench", "sim"]),
];

/// Which modules of the server a module may use.
const MODULES: [(&str, &[&str]); 17] = [
    // It reads what names an SMTP server with the one parser there is.
    ("config", &["mail"]),
    ("egress", &[]),
    ("mail", &["egress"]),
    ("metrics", &[]),
    ("qr", &[]),
    ("wire", &["egress", "qr"]),
    ("gateway", &["egress", "mail", "wire", "qr"]),
    ("edge", &["gateway", "wire"]),
    ("http", &["edge", "gateway", "wire", "qr", "metrics"]),
    ("pay_page", &["edge", "gateway", "wire", "qr"]),
    ("realtime", &["edge", "gateway", "wire"]),
    ("worker", &["egress", "gateway", "mail", "wire", "metrics"]),
    ("dashboard", &["edge", "gateway"]),
    ("docs", &["edge", "wire"]),
    ("app", &["edge", "http", "pay_page", "dashboard", "docs", "realtime", "gateway", "metrics"]),
    ("listen", &["app"]),
    // Doors alone, to what reads.
    ("fuzz", &["edge", "egress", "gateway", "http", "wire"]),
];
/// What they may use beyond that, and why.
const MODULE_EXCEPTIONS: [(&str, &str, &str); 1] =
    [("edge", "crate::http::openapi", "a test holds the names of routes against the document")];

/// Who may do what only one place may do: the words, the places, and why others than the first are among them.
const ONE_PLACE: [(&str, &[&str], &[&str]); 4] = [
    ("speaks SMTP", &["lettre"], &["crates/zenwallet-server/src/mail/"]),
    (
        "reads the environment",
        &["env::var", "env::vars", "env::var_os", "env::vars_os", "env::set_var"],
        // The switch of the planted bugs, which no release has.
        &["crates/zenwallet-server/src/config/process.rs", "crates/zenwallet-store/src/planted.rs", "sdk/"],
    ),
    (
        "reads the clock",
        &["SystemTime", "UNIX_EPOCH", "jiff::Timestamp::now", "Zoned::now"],
        &["crates/zenwallet-core/src/time.rs", "bench/src/clock.rs", "sdk/"],
    ),
    (
        "draws randomness",
        &["rand::", "getrandom", "OsRng", "Uuid::new_v4", "Uuid::now_v7"],
        &["crates/zenwallet-core/src/id.rs", "bench/", "sdk/"],
    ),
];

/// A file of the tree.
struct File {
    /// From the root, with slashes.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn is_test(&self) -> bool {
        let test = self.path.contains("/tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/benches/");
        test || self.path.starts_with("crates/zenwallet-testing/")
    }

    /// Whether it is part of the product or of the bench.
    fn is_source(&self) -> bool {
        self.is_rust() && !self.is_test() && self.path.contains("/src/")
    }

    fn is_product(&self) -> bool {
        self.is_source() && self.path.starts_with("crates/")
    }

    /// The code of it that is not for tests, comments and literals blanked.
    fn code(&self) -> String {
        without_tests(&code_only(&self.text))
    }
}

/// What broke a rule.
#[derive(Default)]
struct Violations(Vec<String>);

impl Violations {
    fn add(&mut self, path: &str, line: usize, what: impl std::fmt::Display) {
        self.0.push(format!("{path}:{line}: {what}"));
    }

    /// Adds every place where a word stands in a file's text.
    fn add_words(&mut self, file: &File, text: &str, words: &[&str], what: &str) {
        for word in words {
            for at in places(text, word) {
                self.add(&file.path, line_of(text, at), format!("`{word}`: {what}"));
            }
        }
    }

    fn finish(self) {
        assert!(self.0.is_empty(), "{} violations:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn root() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).expect("the crate lies two levels below the root").to_owned()
}

/// Every text file of the tree.
fn files() -> Vec<File> {
    let (root, mut files) = (root(), Vec::new());
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("readable") {
            let entry = entry.expect("readable");
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if FOREIGN.contains(&name.as_str()) {
                // In a worktree `.git` is a file.
                continue;
            }
            if entry.file_type().expect("has a type").is_dir() {
                directories.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 100, "the tree was not found");
    files
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

/// Where a word stands: not as a part of a longer one.
fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back().is_some_and(joins) && word.starts_with(joins);
        let after = text[at + word.len()..].chars().next().is_some_and(joins) && word.ends_with(joins);
        !before && !after
    })
}

/// The text with comments and literals blanked, line for line.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut i) = (String::with_capacity(text.len()), 0);
    while i < chars.len() {
        let end = end_of_comment(&chars, i).or_else(|| end_of_literal(&chars, i));
        match end {
            Some(end) => {
                out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
                i = end;
            }
            None => {
                out.push(chars[i]);
                i += 1;
            }
        }
    }
    out
}

fn end_of_comment(chars: &[char], start: usize) -> Option<usize> {
    match chars.get(start..start + 2)? {
        ['/', '/'] => Some(chars[start..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| start + n)),
        ['/', '*'] => {
            let (mut depth, mut i) = (0, start);
            while let Some(pair) = chars.get(i..i + 2) {
                depth += i32::from(pair == ['/', '*']) - i32::from(pair == ['*', '/']);
                i += if pair == ['/', '*'] || pair == ['*', '/'] { 2 } else { 1 };
                if depth == 0 {
                    return Some(i);
                }
            }
            Some(chars.len())
        }
        _ => None,
    }
}

/// The end of the string or character that starts here; a lifetime is neither.
fn end_of_literal(chars: &[char], start: usize) -> Option<usize> {
    let quoted = |mut i: usize, quote: char| {
        while i < chars.len() && chars[i] != quote {
            i += if chars[i] == '\\' { 2 } else { 1 };
        }
        Some((i + 1).min(chars.len()))
    };
    match chars[start] {
        '"' => quoted(start + 1, '"'),
        '\'' if chars.get(start + 1) == Some(&'\\') || chars.get(start + 2) == Some(&'\'') => quoted(start + 1, '\''),
        'r' if start == 0 || !chars[start - 1].is_alphanumeric() || "bc".contains(chars[start - 1]) => {
            let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
            let open = start + 1 + hashes;
            let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let found = chars.get(open + 1..)?.windows(close.len()).position(|w| w == close);
            (chars.get(open) == Some(&'"')).then(|| found.map_or(chars.len(), |n| open + 1 + n + close.len()))
        }
        _ => None,
    }
}

/// Code with every item under `#[cfg(test)]` blanked.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for (at, attribute) in code.match_indices("#[cfg(test)]") {
        let end = end_of_item(code, at + attribute.len());
        let blank: String = code[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        if out.is_char_boundary(at) && out.len() == code.len() && blank.len() == end - at {
            out.replace_range(at..end, &blank);
        }
    }
    out
}

/// Where the item ends that starts here: at its closing brace, or at the semicolon of one without a body.
fn end_of_item(code: &str, start: usize) -> usize {
    let (mut braces, mut brackets) = (0, 0);
    for (at, c) in code[start..].char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            '{' => braces += 1,
            '}' => braces -= 1,
            _ => {}
        }
        if braces == 0 && (c == '}' || (c == ';' && brackets == 0)) {
            return start + at + 1;
        }
    }
    code.len()
}

/// Every path that code imports, groups spelled out, with where its `use` stands.
fn imports(code: &str) -> Vec<(usize, String)> {
    fn spell(prefix: &str, tree: &str, at: usize, out: &mut Vec<(usize, String)>) {
        let (Some(open), Some(close)) = (tree.find('{'), tree.rfind('}')) else {
            out.push((at, format!("{prefix}{}", tree.trim())));
            return;
        };
        let (prefix, group) = (format!("{prefix}{}", tree[..open].trim()), &tree[open + 1..close]);
        let (mut depth, mut start) = (0, 0);
        for (i, c) in group.char_indices().chain([(group.len(), ',')]) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if c == ',' && depth == 0 {
                if !group[start..i].trim().is_empty() {
                    spell(&prefix, &group[start..i], at, out);
                }
                start = i + 1;
            }
        }
    }
    let mut out = Vec::new();
    for at in places(code, "use ") {
        let end = code[at..].find(';').map_or(code.len(), |n| at + n);
        spell("", &code[at + 4..end], at, &mut out);
    }
    out
}

/// Every path in code that starts so, but for groups of imports, which [`imports`] spells out.
fn paths(code: &str, start: &str) -> Vec<(usize, String)> {
    let is_part = |c: &char| c.is_alphanumeric() || "_:".contains(*c);
    let found = places(code, start).map(|at| (at, code[at..].chars().take_while(is_part).collect::<String>()));
    found.filter(|(_, path)| !path.ends_with("::")).collect()
}

/// The names in a manifest's section, with their lines.
fn dependencies(manifest: &str, section: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let named = manifest.lines().enumerate().filter_map(|(number, line)| {
        if line.starts_with('[') {
            inside = line.trim() == format!("[{section}]");
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        let names = inside && !name.is_empty() && !name.starts_with(['#', '[']);
        names.then(|| (number + 1, name.to_owned()))
    });
    named.collect()
}

#[test]
fn manifests_point_one_way() {
    let mut violations = Violations::default();
    let files = files();
    for manifest in files.iter().filter(|f| f.path.ends_with("/Cargo.toml")) {
        let dir = manifest.path.trim_end_matches("/Cargo.toml");
        let Some((_, allowed)) = CRATES.iter().find(|(name, _)| *name == dir) else {
            violations.add(&manifest.path, 1, "say in tidy.rs which crates this one may name");
            continue;
        };
        for (line, name) in dependencies(&manifest.text, "dependencies") {
            if name.starts_with("zenwallet") && !allowed.contains(&name.as_str()) {
                violations.add(&manifest.path, line, format!("{dir} may not depend on {name}"));
            }
            if RESERVED.iter().any(|(reserved, by)| *reserved == name && !by.contains(&dir)) {
                violations.add(&manifest.path, line, format!("{name} is not for {dir}"));
            }
        }
    }
    violations.finish();
}

#[test]
fn every_dependency_is_argued_and_used() {
    let mut violations = Violations::default();
    let files = files();
    let text = |path: &str| files.iter().find(|f| f.path == path).map_or("", |f| f.text.as_str());
    let argued = text("docs/decisions/0011-dependencies.md");
    for (line, name) in dependencies(text("Cargo.toml"), "workspace.dependencies") {
        if !name.starts_with("zenwallet")
            && !argued.contains(&format!(" {name} "))
            && !argued.contains(&format!(" {name},"))
        {
            violations.add("Cargo.toml", line, format!("{name} is not argued in docs/decisions/0011-dependencies.md"));
        }
    }
    for manifest in files.iter().filter(|f| f.path.ends_with("/Cargo.toml")) {
        let dir = manifest.path.trim_end_matches("Cargo.toml");
        let code: Vec<String> =
            files.iter().filter(|f| f.is_rust() && f.path.starts_with(dir)).map(|f| code_only(&f.text)).collect();
        for section in ["dependencies", "dev-dependencies"] {
            for (line, name) in dependencies(&manifest.text, section) {
                let word = name.replace('-', "_");
                if !code.iter().any(|code| places(code, &word).next().is_some()) {
                    violations.add(&manifest.path, line, format!("nothing here uses {name}"));
                }
            }
        }
    }
    violations.finish();
}

#[test]
fn the_core_does_no_io() {
    let mut violations = Violations::default();
    let io = ["std::fs", "std::net", "std::io", "std::env", "std::process", "std::thread", "tokio"];
    for file in files().iter().filter(|f| f.is_product() && f.path.starts_with("crates/zenwallet-core/")) {
        let code = file.code();
        violations.add_words(file, &code, &["async", "await"], "the core does not wait");
        violations.add_words(file, &code, &["Serialize", "Deserialize"], "the wire's shapes live in the server");
        for (at, path) in imports(&code).into_iter().chain(paths(&code, "std::")).chain(paths(&code, "tokio::")) {
            // An address is a number like any other.
            let is_io = io.iter().any(|io| path == *io || path.starts_with(&format!("{io}::")));
            if is_io && !path.starts_with("std::net::Ip") {
                violations.add(&file.path, line_of(&code, at), format!("`{path}`: the core does no I/O"));
            }
        }
    }
    violations.finish();
}

#[test]
fn only_the_store_knows_sql() {
    let mut violations = Violations::default();
    for file in files().iter().filter(|f| f.is_product() && !f.path.starts_with("crates/zenwallet-store/")) {
        let crates = ["tokio_postgres", "rusqlite", "deadpool_postgres"];
        violations.add_words(file, &file.code(), &crates, "only the store knows SQL");
        violations.add_words(file, &file.text, &["SELECT ", "INSERT INTO "], "only the store knows SQL");
    }
    violations.finish();
}

#[test]
fn the_servers_modules_point_one_way() {
    let mut violations = Violations::default();
    let files = files();
    for file in files.iter().filter(|f| f.is_product()) {
        let Some(inner) = file.path.strip_prefix("crates/zenwallet-server/src/") else { continue };
        let own = inner.split(['/', '.']).next().unwrap_or_default();
        if own == "lib" {
            continue;
        }
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == own) else {
            violations.add(&file.path, 1, format!("say in tidy.rs which modules {own} may use"));
            continue;
        };
        let code = file.code();
        let inline = paths(&code, "crate::");
        let outside = places(&code, "super::super::").filter(|_| inner.matches('/').count() < 2);
        let outside = outside.map(|at| (at, "super::super".to_owned()));
        for (at, path) in imports(&code).into_iter().chain(inline).chain(outside) {
            let used = path.strip_prefix("crate::").and_then(|p| p.split("::").next()).unwrap_or_default();
            let excepted = MODULE_EXCEPTIONS.iter().any(|(by, what, _)| *by == own && path.starts_with(what));
            let fine = used.is_empty() || used == own || allowed.contains(&used) || excepted;
            if (path.starts_with("crate::") && !fine) || path == "super::super" {
                violations.add(&file.path, line_of(&code, at), format!("{own} may not use {path}"));
            }
        }
    }
    violations.finish();
}

#[test]
fn what_one_place_does_no_other_does() {
    let mut violations = Violations::default();
    for file in files().iter().filter(|f| f.is_source()) {
        for (what, words, allowed) in ONE_PLACE {
            if !allowed.iter().any(|place| file.path.starts_with(place)) {
                violations.add_words(file, &file.code(), words, &format!("only {} {what}", allowed[0]));
            }
        }
    }
    violations.finish();
}

#[test]
fn nothing_is_left_to_do_or_allowed() {
    let mut violations = Violations::default();
    let left =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("to", "do!"), concat!("db", "g!")];
    for file in files().iter().filter(|f| f.path != "Cargo.lock" && f.path != "Cargo.toml") {
        violations.add_words(file, &file.text, &left, "do it, or write it down where work is planned");
        if file.is_rust() {
            let allowed = [concat!("#[", "allow"), concat!("#![", "allow")];
            violations.add_words(file, &code_only(&file.text), &allowed, "use #[expect(…, reason = …)]");
        }
    }
    violations.finish();
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut violations = Violations::default();
    for file in files().iter().filter(|f| f.is_source()) {
        violations.add_words(file, &file.code(), &[".unwrap()", ".unwrap_err()"], "say what happens otherwise");
    }
    violations.finish();
}

#[test]
fn functions_and_files_are_short() {
    let mut violations = Violations::default();
    for file in files().iter().filter(|f| f.is_source()) {
        let lines = file.text.lines().count();
        if lines > FILE_MAX_LINES && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
            violations.add(&file.path, 1, format!("{lines} lines, at most {FILE_MAX_LINES}"));
        }
        let code = file.code();
        for at in places(&code, "fn ") {
            let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let lines = code[at..end_of_item(&code, at)].lines().count();
            let place = format!("{}:{name}", file.path);
            if lines > FUNCTION_MAX_LINES && !LONG_FUNCTIONS.iter().any(|(long, _)| *long == place) {
                violations.add(
                    &file.path,
                    line_of(&code, at),
                    format!("{name}: {lines} lines, at most {FUNCTION_MAX_LINES}"),
                );
            }
        }
    }
    violations.finish();
}

#[test]
fn both_databases_have_the_same_migrations() {
    let mut violations = Violations::default();
    let (files, folder) = (files(), "crates/zenwallet-store/migrations");
    let names = |database: &str| -> Vec<String> {
        let prefix = format!("{folder}/{database}/");
        files.iter().filter_map(|f| f.path.strip_prefix(&prefix).map(str::to_owned)).collect()
    };
    let (postgres, sqlite) = (names("postgres"), names("sqlite"));
    if postgres != sqlite || postgres.is_empty() {
        violations.add(folder, 1, format!("PostgreSQL has {postgres:?}, SQLite {sqlite:?}"));
    }
    let list = files.iter().find(|f| f.path == "crates/zenwallet-store/src/migration.rs").expect("the list of them");
    for (index, name) in postgres.iter().enumerate() {
        let stem = name.trim_end_matches(".sql");
        if !stem.starts_with(&format!("{:04}_", index + 1)) {
            violations.add(&format!("{folder}/postgres/{name}"), 1, format!("it is number {}", index + 1));
        }
        let line = format!("{} \"{stem}\"", index + 1);
        if list.text.matches(&line).count() != 2 {
            violations.add(&list.path, 1, format!("`{line}` must stand in both lists"));
        }
    }
    violations.finish();
}

#[test]
fn every_method_of_the_store_is_in_the_contract() {
    let mut violations = Violations::default();
    let files = files();
    let contract: String =
        files.iter().filter(|f| f.path.starts_with("crates/zenwallet-store/tests/")).map(|f| f.text.as_str()).collect();
    let store = files.iter().find(|f| f.path == "crates/zenwallet-store/src/lib.rs").expect("the store");
    for at in places(&store.text, "pub async fn ") {
        let rest = &store.text[at + "pub async fn ".len()..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if places(&contract, &format!(".{name}(")).next().is_none() {
            violations.add(&store.path, line_of(&store.text, at), format!("no contract test calls Store::{name}"));
        }
    }
    violations.finish();
}

#[test]
fn documents_are_short_and_their_links_lead_somewhere() {
    let mut violations = Violations::default();
    let (root, files) = (root(), files());
    for file in &files {
        let is_document = file.path.ends_with(".md");
        let lines = file.text.lines().count();
        if is_document && lines > DOCUMENT_MAX_LINES {
            violations.add(&file.path, lines, format!("{lines} lines, at most {DOCUMENT_MAX_LINES}"));
        }
        let parent = root.join(&file.path).parent().expect("in a directory").to_owned();
        for (at, target) in references(&file.text, is_document) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let named = if path.is_empty() { root.join(&file.path) } else { parent.join(path) };
            let found = [named, root.join(path)].into_iter().map(|p| normal(&p)).find(|p| p.exists());
            let line = line_of(&file.text, at);
            match found {
                None => violations.add(&file.path, line, format!("{target} does not exist")),
                Some(found) if !anchor.is_empty() && !has_heading(&found, anchor) => {
                    violations.add(&file.path, line, format!("{target}: no heading has this name"));
                }
                Some(_) => {}
            }
        }
    }
    violations.finish();
}

/// What a text refers to inside the tree: a document's links and quoted paths; any text's mention of a document.
fn references(text: &str, is_document: bool) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    if is_document {
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !["mailto:", "/docs/"].iter().any(|elsewhere| target.starts_with(elsewhere)) {
                found.push((at, target));
            }
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    for folder in ["crates/", "docs/", "bench/", "scripts/", "tests/", ".ci/", "sdk/", "dashboard/"] {
        for (at, _) in text.match_indices(folder) {
            let quoted = is_document && text[..at].ends_with('`');
            let target = &text[at..at + text[at..].find(|c| !plain(c)).unwrap_or(text.len() - at)];
            let whole = quoted && text[at + target.len()..].starts_with('`');
            let document =
                folder == "docs/" && target.ends_with(".md") && !text[..at].ends_with(|c| plain(c) || c == '"');
            if whole || (!is_document && document) {
                found.push((at, target));
            }
        }
    }
    found
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(out.pop()),
            other => out.push(other),
        }
    }
    out
}

fn has_heading(path: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('#')).any(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>() == anchor
    })
}

#[test]
fn no_machine_is_named() {
    let mut violations = Violations::default();
    let homes = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    for file in &files() {
        violations.add_words(file, &file.text, &homes, "a path of one machine");
    }
    violations.finish();
}

#[test]
fn the_reader_of_code_reads_it_right() {
    let code = "let a = \"fn \\\" x {\"; // { }\nlet b = 'x'; let c: &'a str = r#\"}\"#; /* { /* } */ */ fn d() {}";
    let blanked = code_only(code);
    assert_eq!(blanked.len(), code.len());
    assert!(!blanked.contains("x {") && !blanked.contains("\"}") && blanked.contains("&'a str"));
    assert_eq!(blanked.matches(['{', '}']).count(), 2);
    let tested = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { x.unwrap() }\n}\nfn c() {}";
    assert!(!without_tests(tested).contains("unwrap") && without_tests(tested).contains("fn c"));
    let paths: Vec<String> = imports("use a::{b, c::{d, e}};\nuse f::g;").into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["a::b", "a::c::d", "a::c::e", "f::g"]);
    assert_eq!(places("a.rand::b operand::c", "rand::").count(), 1);
}
