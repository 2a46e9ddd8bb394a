//! Endurance, for two minutes: four callers while scripts are saved and broken and devices fail in every way. `tests/soak/run` takes
//! any time and platform.

use std::path::Path;
use std::process::Command;

/// Seconds; `tests/run` asks for all of them.
const SHORT: &str = "10";
const WHOLE: &str = "120";

#[test]
fn callers_notice_nothing_and_nothing_grows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = root.join("target/dist/linux-x64/libmps_client.so");
    let all = std::env::var_os("MPS_TEST_ALL").is_some();
    if !library.exists() {
        assert!(
            !all,
            "{} is missing: run release/build.sh linux-x64",
            library.display()
        );
        eprintln!("not tested here: {} is missing", library.display());
        return;
    }
    let output = Command::new(root.join("tests/soak/run"))
        .arg(if all { WHOLE } else { SHORT })
        .arg("linux-x64")
        .env_remove("MPS_LIBRARY")
        .output()
        .expect("bash");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("verdict: good"),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
