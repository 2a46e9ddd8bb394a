//! A device's library as a file: whether it is there, fits this program, finds what it needs, exports what is declared.

use super::desk::is_open;
use super::{ExaminedDevice, Finding, exports};
use crate::device::{Binary, Format, Lack, Machine, Unreadable, helper_advice, helper_file, lacking};
use crate::script::Needs;
use crate::suggest;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Findings of one kind that are told one by one.
const MOST: usize = 4;

/// Examines the library's file and those that are loaded before it.
pub(super) fn examine(device: &mut ExaminedDevice, file: &Path, preload: &[PathBuf], needs: &Needs) {
    for file in preload {
        if let Err(finding) = read(file) {
            device.findings.push(finding);
        }
    }
    match read(file) {
        Err(finding) => device.findings.push(finding),
        Ok(library) => {
            device
                .good
                .push(format!("{}，{}", file.display(), library.machine));
            let lacks = lacking(file, &library, preload);
            if lacks.is_empty() {
                device.good.push("所依赖的动态库齐全".to_owned());
            }
            device.findings.extend(told(lacks));
            exports::examine(device, &library, needs);
        }
    }
    let folder = file.parent();
    let open: Vec<&Path> = folder
        .into_iter()
        .chain([file])
        .filter(|path| is_open(path))
        .collect();
    if let Some(open) = open.first() {
        device.findings.push(Finding::warning(
            "E004",
            format!("{}，这台电脑的任何用户都可以修改", open.display()),
            "动态库在读卡程序里运行：只给管理员写的权限",
        ));
    }
}

/// Reads a library that this program could load.
fn read(file: &Path) -> Result<Binary, Finding> {
    let shown = file.display();
    let library = Binary::read(file).map_err(|unreadable| match unreadable {
        Unreadable::Io(error) if error.kind() == ErrorKind::NotFound => not_there(file),
        Unreadable::Io(error) => {
            Finding::error("E014", format!("{shown}读不了：{error}"), "请检查这个文件的权限")
        }
        Unreadable::NoLibrary(why) => {
            Finding::error("E015", format!("{shown}{why}"), "请从厂商的安装包重新复制")
        }
    })?;
    let (theirs, ours) = (library.machine, Machine::OURS);
    if theirs.format != ours.format || theirs.processor != ours.processor {
        let what = format!("{shown}是{theirs}的动态库，本程序是{ours}");
        return Err(Finding::error("E016", what, "请向厂商要适合本机的动态库"));
    }
    let helper = std::env::current_exe()
        .unwrap_or_default()
        .with_file_name(helper_file(theirs.bits));
    if theirs.bits != ours.bits && !helper.is_file() {
        let what = format!("位数不一致：{shown}是{}位，本程序是{}位", theirs.bits, ours.bits);
        let advice = format!(
            "要由辅助程序{}运行它，没有这个文件；{}",
            helper.display(),
            helper_advice(theirs.bits)
        );
        return Err(Finding::error("E017", what, advice));
    }
    if library.managed {
        let what = format!("{shown}是.NET程序集，没有可以直接调用的导出函数");
        return Err(Finding::error(
            "E018",
            what,
            "请向厂商要C接口的动态库，或按设备手册写一个转接的动态库",
        ));
    }
    Ok(library)
}

/// The file is missing; perhaps its name is written a little differently.
fn not_there(file: &Path) -> Finding {
    let (folder, name) = (file.parent().unwrap_or(Path::new("")), file.file_name());
    let name = name.unwrap_or_default().to_string_lossy();
    let others: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let near = suggest::nearest(&name, others.iter().map(String::as_str));
    let advice = match near {
        _ if !folder.is_dir() => format!("没有{}这个文件夹，请检查mps.toml中的folder", folder.display()),
        Some(near) => format!("文件夹里有{near}；名称不同时，在mps.toml中填写file"),
        None => "请把厂商的动态库放进这个文件夹，或改正mps.toml中的folder和file".to_owned(),
    };
    Finding::error("E011", format!("没有{}", file.display()), advice)
}

/// What is said of everything that keeps the library from being loaded.
fn told(lacks: Vec<Lack>) -> Vec<Finding> {
    let (symbols, files): (Vec<Lack>, Vec<Lack>) = lacks
        .into_iter()
        .partition(|lack| matches!(lack, Lack::Symbol { .. }));
    let mut findings: Vec<Finding> = files.iter().map(missing).collect();
    let count = symbols.len();
    findings.extend(symbols.iter().take(MOST).map(missing));
    if count > MOST {
        let what = format!("另有{}个符号也没有", count - MOST);
        findings.push(Finding::error("E022", what, "多半是同一个原因"));
    }
    findings
}

fn missing(lack: &Lack) -> Finding {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    match lack {
        Lack::File {
            name: file,
            by,
            aside: Some(aside),
            ..
        } => Finding::error(
            "E020",
            format!(
                "{}所依赖的{file}在{}，系统不会在那里找",
                name(by),
                aside.parent().unwrap_or(aside).display()
            ),
            preload_advice(file, aside),
        ),
        Lack::File {
            name: file,
            by,
            later: false,
            ..
        } => Finding::error(
            "E020",
            format!("缺少{}所依赖的{file}", name(by)),
            runtime_advice(file),
        ),
        Lack::File { name: file, by, .. } => Finding::warning(
            "E020",
            format!("{}的一部分功能要用到{file}，没有找到", name(by)),
            "用不到那些功能时可以不管；否则从厂商的安装包复制到同一文件夹",
        ),
        Lack::Machine { file, machine, by } => Finding::error(
            "E021",
            format!("{}所依赖的{}是{machine}的", name(by), file.display()),
            "请换成位数相同的那一个",
        ),
        Lack::Symbol { name: symbol, by } => Finding::error(
            "E022",
            format!("{}要用的符号{symbol}，没有哪个动态库给出", name(by)),
            "多半要在设备脚本的preload中写上读卡器厂商自己的动态库",
        ),
    }
}

/// How a file is found that stands beside the library: loaded before it, where it gives itself the name that is asked for.
fn preload_advice(name: &str, file: &Path) -> String {
    let knows_itself = Binary::read(file).is_ok_and(|library| library.soname.as_deref() == Some(name));
    match knows_itself {
        true => format!("请在设备脚本中写preload = {{ linux = {{ \"{name}\" }} }}"),
        false => format!(
            "请把{}写进/etc/ld.so.conf.d/下的一个文件，再执行ldconfig",
            file.parent().unwrap_or(file).display()
        ),
    }
}

/// What to do about a missing file: compilers' runtimes come with an installer, all else with the vendor.
fn runtime_advice(file: &str) -> String {
    let runtimes = ["msvcr", "msvcp", "mfc", "vcruntime", "concrt", "api-ms-win-crt"];
    let file = file.to_ascii_lowercase();
    if Machine::OURS.format == Format::Pe && runtimes.iter().any(|runtime| file.starts_with(runtime)) {
        let bits = if Machine::OURS.bits == 32 { "x86" } else { "x64" };
        return format!("这是Visual C++的运行库：请安装微软的VC++可再发行组件包（{bits}）");
    }
    "请从厂商的安装包把它复制到同一文件夹".to_owned()
}
