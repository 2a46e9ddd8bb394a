//! What editors know of the `mps` module, and its manual, come from the list in the program; the shipped scripts are clean by them.

use mps_client::script::{annotations, reference, scenario_reference};
use std::path::{Path, PathBuf};
use std::process::Command;

const START: &str = "<!-- 以下由程序中的列表生成，请勿手改 -->\n";
const END: &str = "<!-- 生成部分到此为止 -->\n";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Holds a file to what the program generates; with MPS_WRITE=1 it is written instead.
fn held(path: &str, expected: &str) {
    let path = project(path);
    if std::env::var_os("MPS_WRITE").is_some() {
        std::fs::write(&path, expected).expect("a file can be written");
    }
    assert!(
        read(&path) == expected,
        "{} differs from the list: run MPS_WRITE=1 cargo test --test annotations",
        path.display()
    );
}

#[test]
fn the_annotations_are_the_lists() {
    held("scripts/library/mps.lua", &annotations());
}

/// Holds the generated part of a handbook to the list.
fn held_within(path: &str, reference: &str) {
    let manual = read(&project(path));
    let (before, rest) = manual
        .split_once(START)
        .expect("the mark where the reference begins");
    let (_, after) = rest.split_once(END).expect("the mark where the reference ends");
    held(path, &format!("{before}{START}\n{reference}\n{END}{after}"));
}

#[test]
fn the_manuals_reference_is_the_lists() {
    held_within("docs/脚本手册.md", &reference());
    held_within("docs/场景手册.md", &scenario_reference());
}

/// The checker; `None` where it is missing and need not be there.
fn checker() -> Option<PathBuf> {
    let tools = std::env::var_os("MPS_TOOLS").map_or_else(|| project("target/tools"), PathBuf::from);
    let checker = tools.join("emmylua/bin/emmylua_check");
    if checker.exists() {
        return Some(checker);
    }
    let missing = format!("{} is missing: run tests/setup/all.sh", checker.display());
    assert!(std::env::var_os("MPS_TEST_ALL").is_none(), "{missing}");
    eprintln!("not tested here: {missing}");
    None
}

/// A copy of the shipped scripts, gone when the test is.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Workspace {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        copy(&project("scripts"), &folder);
        Workspace(folder)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.0.join(path), text).expect("a file can be written");
    }

    /// What the checker says, and whether it is content.
    fn check(&self, checker: &Path) -> (bool, String) {
        let run = Command::new(checker)
            .args(["--warnings-as-errors", "."])
            .current_dir(&self.0)
            .output();
        let run = run.expect("the checker runs");
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        (run.status.success(), said)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a file can be copied");
        }
    }
}

/// Mistakes, each with what the checker says of it.
const MISTAKES: [(&str, &str, &str); 6] = [
    (
        "funids/x.lua",
        "return mps.funid { titel = 'a', call = 'card.read_card', response = {} }",
        "missing-fields",
    ),
    (
        "funids/x.lua",
        "return mps.funid { title = 'a', by = 't', ['1'] = { cal = 'card.read_card', response = {} } }",
        "missing-fields",
    ),
    (
        "devices/x.lua",
        "return mps.library { title = 'a', charset = 5, functions = {}, methods = {} }",
        "assign-type-mismatch",
    ),
    (
        "devices/x.lua",
        "return mps.library { title = 'a', functions = {}, methods = { a = function(lib)\n\
         return { name = mps.text.tirm(lib.Read().name) }\nend } }",
        "undefined-field",
    ),
    (
        "devices/x.lua",
        "return mps.library { title = 'a', functions = {}, methods = { a = function(lib)\n\
         return mps.text.split(lib.Read().info, 5)\nend } }",
        "param-type-mismatch",
    ),
    (
        "devices/x.lua",
        "local a = mps.id.birthday('')\nreturn a:upper()",
        "need-check-nil",
    ),
];

#[test]
fn mistakes_are_found_and_what_is_right_is_not() {
    let Some(checker) = checker() else { return };
    for (index, (file, script, expected)) in MISTAKES.into_iter().enumerate() {
        let workspace = Workspace::new(&format!("mistake-{index}"));
        workspace.write(file, script);
        let (clean, said) = workspace.check(&checker);
        assert!(
            !clean && said.contains(expected) && said.contains(file),
            "{script}\n{said}"
        );
    }
    let workspace = Workspace::new("right");
    workspace.write(
        "devices/x.lua",
        "return mps.library {\n  title = 'a', functions = { Read = { 'i32 type', 'out[99] info', returns = 'long', ok = '>=0' } },\n  \
         methods = {\n    plain = { 'Read', 3, split = { 'info', '|', 'id' } },\n    code = function(lib)\n      \
         local r = lib.Read(3)\n      if r.code == -2201 then mps.log.warn('改用服务器', { code = r.code }) end\n      \
         local a = mps.http.post { url = lib.settings.url, body = mps.json.encode({ a = 1 }), timeout = 5 }\n      \
         return { id = mps.text.trim(r.info), body = a.body }\n    end,\n  },\n}",
    );
    let (clean, said) = workspace.check(&checker);
    assert!(clean, "{said}");
}

#[test]
fn the_shipped_scripts_are_clean() {
    let Some(checker) = checker() else { return };
    let workspace = Workspace::new("clean");
    // The tests' regions are scripts as engineers write them.
    copy(&project("tests/regions"), &workspace.0.join("regions"));
    copy(&project("tests/scenarios"), &workspace.0.join("scenarios"));
    let (clean, said) = workspace.check(&checker);
    assert!(clean, "{said}");
}
