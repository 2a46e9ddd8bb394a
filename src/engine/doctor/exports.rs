//! What a declaration wants of a library, held against what the library exports.

use super::{ExaminedDevice, Finding};
use crate::device::{Binary, Export, Format};
use crate::script::{NeededFunction, Needs};
use crate::suggest;

pub(super) fn examine(device: &mut ExaminedDevice, library: &Binary, needs: &Needs) {
    let before = device.findings.len();
    let functions = needs.functions.iter();
    device
        .findings
        .extend(functions.filter_map(|function| missing(function, library)));
    for free in &needs.frees {
        if !is_exported(free, 1, library) {
            device.findings.push(not_exported(free, free, library));
        }
    }
    if device.findings.len() == before {
        device
            .good
            .push(format!("脚本声明的{}个函数都有导出", needs.functions.len()));
    }
}

fn missing(function: &NeededFunction, library: &Binary) -> Option<Finding> {
    let name = match &function.export {
        Export::Name(name) => name,
        // Numbers are Windows' alone.
        Export::Ordinal(_) if library.machine.format == Format::Elf => return None,
        Export::Ordinal(number) if library.ordinals.contains(number) => return None,
        Export::Ordinal(number) => {
            let what = format!("动态库没有第{number}号导出函数（脚本中的{}）", function.name);
            return Some(Finding::error("E030", what, "请核对设备脚本中的ordinal"));
        }
    };
    if is_exported(name, function.words, library) {
        return None;
    }
    if let Some(bytes) = decorated(name, library) {
        let declared = function.words * 4;
        let what = format!("{name}导出的名称说它的参数共{bytes}字节，脚本声明的是{declared}字节");
        return Some(Finding::error(
            "E031",
            what,
            "参数的个数或宽度不对会使程序崩溃：请按厂商手册改正声明",
        ));
    }
    Some(not_exported(&function.name, name, library))
}

fn is_exported(name: &str, words: usize, library: &Binary) -> bool {
    let spellings = Export::spellings(name, words);
    library.exports.iter().any(|export| spellings.contains(export))
}

/// The bytes of arguments that a 32-bit compiler wrote into an exported name.
fn decorated<'a>(name: &str, library: &'a Binary) -> Option<&'a str> {
    library.exports.iter().find_map(|export| {
        let export = export.strip_prefix('_').unwrap_or(export);
        let bytes = export.strip_prefix(name)?.strip_prefix('@')?;
        (!bytes.is_empty() && bytes.bytes().all(|byte| byte.is_ascii_digit())).then_some(bytes)
    })
}

fn not_exported(declared: &str, name: &str, library: &Binary) -> Finding {
    let what = match declared == name {
        true => format!("动态库没有导出函数{name}"),
        false => format!("动态库没有导出函数{name}（脚本中的{declared}）"),
    };
    let near = suggest::nearest(name, library.exports.iter().map(String::as_str));
    let advice = match near {
        Some(near) => format!("最接近的是{near}：名称不同时写symbol = \"{near}\""),
        None if library.exports.is_empty() => "这个动态库没有导出任何函数，可能拿错了文件".to_owned(),
        None => "请核对设备脚本中的函数名，或向厂商要新的版本".to_owned(),
    };
    Finding::error("E030", what, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Machine;

    /// What is said of a function of two words, `f`, held against these names and numbers.
    fn said(exports: &[&str], ordinals: &[u16], export: Export) -> Option<Finding> {
        let library = Binary {
            machine: Machine {
                format: Format::Pe,
                ..Machine::OURS
            },
            needs: Vec::new(),
            needs_later: Vec::new(),
            run_paths: Vec::new(),
            soname: None,
            exports: exports.iter().map(|name| (*name).to_owned()).collect(),
            undefined: Vec::new(),
            ordinals: ordinals.to_vec(),
            managed: false,
        };
        let function = NeededFunction {
            name: "f".to_owned(),
            export,
            words: 2,
        };
        missing(&function, &library)
    }

    fn named(exports: &[&str]) -> Option<Finding> {
        said(exports, &[], Export::Name("f".to_owned()))
    }

    #[test]
    fn names_are_found_as_compilers_decorate_them() {
        for name in ["f", "_f@8", "f@8", "_f"] {
            assert_eq!(named(&["other", name]), None, "{name}");
        }
        for name in ["_f@4", "f@12"] {
            let finding = named(&[name]).expect("another number of arguments");
            assert!(
                finding.code == "E031" && finding.what.contains("脚本声明的是8字节"),
                "{finding:?}"
            );
        }
        assert_eq!(
            named(&["ff@8", "f@", "f@x"]).map(|finding| finding.code),
            Some("E030")
        );
    }

    #[test]
    fn numbers_are_found() {
        assert_eq!(said(&[], &[3, 7], Export::Ordinal(7)), None);
        let code = said(&["f"], &[3], Export::Ordinal(7)).map(|finding| finding.code);
        assert_eq!(code, Some("E030"));
    }
}
