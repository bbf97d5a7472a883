//! Puts the built dashboard into the binary: every file of `dashboard/dist`, with the compressed forms that lie beside
//! it. Without that folder the binary is whole but for its dashboard, and says so.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "so cargo tells a build script where its output goes")]
fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboard/dist");
    // A folder that is not there is looked for again at each build.
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut code = String::new();
    let index = fs::read_to_string(dist.join("index.html")).unwrap_or_default();
    let _ = writeln!(code, "pub(super) const INDEX: &str = {index:?};");
    let _ = writeln!(code, "pub(super) static FILES: &[File] = &[");
    for path in files_of(&dist.join("assets"))? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let packed = |suffix: &str| {
            let path = dist.join("assets").join(format!("{name}{suffix}"));
            if path.exists() { format!("Some(include_bytes!({path:?}))") } else { "None".into() }
        };
        let (brotli, gzip) = (packed(".br"), packed(".gz"));
        let _ = writeln!(
            code,
            "File {{ name: {name:?}, plain: include_bytes!({path:?}), brotli: {brotli}, gzip: {gzip} }},"
        );
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(out.join("dashboard.rs"), code)
}

/// The files of a folder, in order; of one that is not there none.
fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.sort();
    Ok(files)
}
