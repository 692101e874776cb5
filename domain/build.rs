//! Lists the language packs and the countries whose holidays are known, so that adding one is adding a folder or a file.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let data = Path::new(&package).join("data/languages");
    println!("cargo::rerun-if-changed={}", data.display());
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    for (file, list) in [("words.toml", "packs.rs"), ("shield.toml", "shields.rs")] {
        let packs = files(&data, file)?;
        fs::write(Path::new(&out).join(list), format!("[{}]", packs.join(",\n")))?;
    }
    let holidays = Path::new(&package).join("data/holidays");
    println!("cargo::rerun-if-changed={}", holidays.display());
    fs::write(
        Path::new(&out).join("holidays.rs"),
        format!("[{}]", countries(&holidays)?.join(",\n")),
    )?;
    Ok(())
}

/// Code and text of each country.
fn countries(data: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(data)? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "tsv") {
            let code = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            found.push(format!("({code:?}, include_str!({file:?}))"));
        }
    }
    found.sort();
    Ok(found)
}

/// Code and text of each folder that has the file.
fn files(data: &Path, file: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(data)? {
        let folder = entry?.path();
        let file = folder.join(file);
        if file.is_file() {
            let code = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            found.push(format!("({code:?}, include_str!({file:?}))"));
        }
    }
    found.sort();
    Ok(found)
}
