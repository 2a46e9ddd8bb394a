//! A smart-card service of a test's own, in a network and a `/run` of its own: nothing listens outside, and tests may run at once.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const INSIDE: &str = "MPS_TEST_INSIDE";
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// Runs the test of this name once more, where it may have a service of its own; `test` is done there.
pub fn inside(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let missing = ["/usr/sbin/pcscd", "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"]
        .into_iter()
        .find(|file| !Path::new(file).exists());
    if let Some(missing) = missing {
        let missing = format!("{missing} is missing: run tests/setup/pcsc.sh");
        assert!(std::env::var_os("MPS_TEST_ALL").is_none(), "{missing}");
        eprintln!("not tested here: {missing}");
        return;
    }
    let prepare =
        "ip link set lo up && mount -t tmpfs tmpfs /run && mkdir /run/pcscd /run/tmp && exec \"$@\"";
    let output = Command::new("unshare")
        .args(rights())
        .args(["-nm", "--pid", "--fork", "--kill-child"])
        .args(["sh", "-c", prepare, "sh"])
        .arg(std::env::current_exe().expect("the test program has a path"))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        // Process numbers are not the system's there, and desks' folders have them in their names.
        .env("TMPDIR", "/run/tmp")
        .stdin(Stdio::null())
        .output()
        .expect("unshare can be started");
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (shown(&output.stdout), shown(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}{stderr}", output.status);
    assert!(stdout.contains("1 passed"), "{stdout}{stderr}");
}

/// How a mount of its own is come by: as a user who is root there; or by root, where the system grants no such user, which it does not
/// to whom another folder is the root.
fn rights() -> &'static [&'static str] {
    let granted = Command::new("unshare").args(["-rnm", "true"]).output();
    match granted.is_ok_and(|output| output.status.success()) {
        true => &["-r"],
        false => &["--propagation", "unchanged"],
    }
}

/// The running service.
pub struct Service(Child);

impl Service {
    pub fn start() -> Service {
        Service::start_with(&[])
    }

    /// One that knows no reader.
    pub fn without_readers() -> Service {
        Service::start_with(&["--config", "/dev/null"])
    }

    fn start_with(options: &[&str]) -> Service {
        let mut command = Command::new("/usr/sbin/pcscd");
        command.arg("--foreground").args(options);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let service = Service(child.expect("pcscd can be started"));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !Path::new(SOCKET).exists() {
            assert!(Instant::now() < deadline, "pcscd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let _ = std::fs::remove_file(SOCKET);
        let _ = std::fs::remove_file("/run/pcscd/pcscd.pid");
    }
}
