//! Training is arithmetic: the same labels give the same weights, on every machine.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn retraining_on_the_invented_set_reproduces_its_weights_bit_for_bit() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invented.weights.json");
    let mut trainer = Command::new(env!("CARGO_BIN_EXE_trainer"));
    trainer
        .arg("fit")
        .arg(data.join("invented"))
        .arg("--version")
        .arg("invented")
        .arg("--out")
        .arg(&out);
    assert!(trainer.status().unwrap().success());
    let (fitted, kept) = (
        fs::read_to_string(out).unwrap(),
        fs::read_to_string(data.join("invented.weights.json")).unwrap(),
    );
    assert!(
        fitted == kept,
        "the weights changed; if that is meant: cargo run -p trainer -- fit trainer/data/invented --version invented --out trainer/data/invented.weights.json"
    );
}
