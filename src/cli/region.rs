//! `mps region new`: a layer for a region, right from its first moment.

use super::arguments::Region;
use super::{Misuse, Outcome, home, print};
use crate::engine::{self, Engine, Overrides, Scope};
use crate::script::{Explanation, Tree};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Files by their paths within the layer.
type Files = BTreeMap<String, String>;

pub(super) fn run(arguments: Region) -> Result<Outcome, Misuse> {
    let home = home(arguments.desk.home)?;
    let code = &arguments.code;
    let scripts = home.join("scripts");
    let tree = Tree::read(&scripts).map_err(Misuse::new)?;
    let layer = scripts.join("regions").join(code);
    if layer.exists() {
        return Err(Misuse::new(format!("这一层已经存在: {}", layer.display())));
    }
    let files = match &arguments.like {
        Some(like) => copied(&tree, like)?,
        None => started(&home, code)?,
    };
    install(&scripts, code, &files)
        .map_err(|error| Misuse::new(format!("写不进去: {}\n{error}", layer.display())))?;
    let checked = engine::check(&home, &Scope::Region(code.clone()));
    let problems: Vec<String> = checked.into_iter().flat_map(|checked| checked.problems).collect();
    let files: Vec<String> = files
        .keys()
        .map(|path| format!("regions/{code}/{path}"))
        .collect();
    print::text(&if arguments.desk.json {
        let ok = problems.is_empty();
        let object = json!({ "region": code, "files": files, "ok": ok, "problems": problems });
        format!("{object:#}\n")
    } else {
        readable(code, &files, &problems)
    })?;
    Ok(if problems.is_empty() {
        Outcome::Yes
    } else {
        Outcome::No
    })
}

fn readable(code: &str, files: &[String], problems: &[String]) -> String {
    let mut text = format!("已新建地区 {code} 的一层脚本\n");
    // Writing to a String cannot fail.
    for file in files {
        let _ = writeln!(text, "  scripts/{file}");
    }
    for problem in problems {
        let _ = writeln!(text, "错误 {problem}");
    }
    if problems.is_empty() {
        let _ = writeln!(
            text,
            "检查通过。修改后请执行 mps check --region {code}\n要让本机使用它，请在 mps.toml 中写 region = \"{code}\""
        );
    }
    text
}

/// The files of another region's layer.
fn copied(tree: &Tree, like: &str) -> Result<Files, Misuse> {
    let layer = format!("regions/{like}/");
    let own = |(path, text): (&str, &str)| Some((path.strip_prefix(&layer)?.to_owned(), text.to_owned()));
    let files: Files = tree.files().filter_map(own).collect();
    if files.is_empty() {
        let known: Vec<&str> = tree.regions().into_iter().collect();
        return Err(Misuse::new(format!(
            "没有地区 {like} 的脚本，现有的地区: {}",
            known.join("、")
        )));
    }
    Ok(files)
}

/// A file for every function id, which changes nothing yet and shows how to.
fn started(home: &Path, code: &str) -> Result<Files, Misuse> {
    let overrides = Overrides {
        region: Some(code.to_owned()),
        ..Overrides::default()
    };
    let engine = Engine::open(home, overrides);
    let mut files = Files::new();
    for funid in engine.funids() {
        let explanation = engine.explain(&funid).map_err(Misuse::new)?;
        files.insert(format!("funids/{funid}.lua"), starter(code, &explanation));
    }
    if files.is_empty() {
        let why = engine.refused().unwrap_or_default();
        return Err(Misuse::new(format!("现有的脚本有错误，请先改正\n{why}")));
    }
    Ok(files)
}

fn starter(code: &str, explanation: &Explanation) -> String {
    let Explanation { funid, title, .. } = explanation;
    let mut text = format!(
        "-- {funid} {title}：地区{code}与下层不同的地方写在这里；没有不同时可以删去本文件。\nlocal f = mps.base()\n"
    );
    let longest = explanation.ways.iter().max_by_key(|way| way.fields.len());
    if let Some((way, field)) = longest.and_then(|way| Some((way, way.fields.first()?))) {
        let place = match &way.by {
            Some((_, value, _)) => format!("f[\"{value}\"].response"),
            None => "f.response".to_owned(),
        };
        let name = &field.name;
        let _ = write!(
            text,
            "-- 去掉行首的--即生效:\n\
             -- 改变来源\n-- {place}.{name}.from = \"…\"\n\
             -- 再加一个函数\n-- {place}.{name}.map = mps.text.trim\n\
             -- 增加一个字段\n-- {place}.sex = {{ from = \"…\", title = \"性别\" }}\n\
             -- 删去一个字段\n-- {place}.{name} = nil\n"
        );
    }
    text + "return f\n"
}

/// Puts the whole layer in its place at once, for programs may be running on these scripts.
fn install(scripts: &Path, code: &str, files: &Files) -> io::Result<()> {
    let regions = scripts.join("regions");
    let beside = regions.join(format!(".{code}-{}", std::process::id()));
    let written = files.iter().try_for_each(|(path, text)| {
        let file = beside.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&beside))?;
        fs::write(file, text)
    });
    let placed = written.and_then(|()| fs::rename(&beside, regions.join(code)));
    if placed.is_err() {
        let _ = fs::remove_dir_all(&beside);
    }
    placed
}
