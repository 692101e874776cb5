//! Lists the language packs, so that adding a language is adding a folder.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let data = Path::new(&package).join("data/languages");
    println!("cargo::rerun-if-changed={}", data.display());
    let mut packs = Vec::new();
    for entry in fs::read_dir(&data)? {
        let folder = entry?.path();
        let file = folder.join("words.toml");
        if file.is_file() {
            let code = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            packs.push(format!("({code:?}, include_str!({file:?}))"));
        }
    }
    packs.sort();
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(
        Path::new(&out).join("packs.rs"),
        format!("[{}]", packs.join(",\n")),
    )?;
    Ok(())
}
