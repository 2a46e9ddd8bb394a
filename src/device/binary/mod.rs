//! What a library's file says of itself, read without loading it: its machine, what it needs, what it exports.

mod bytes;
mod elf;
mod pe;

use bytes::Bytes;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that a vendor's library may have; what is larger is none.
const LARGEST: u64 = 512 << 20;

/// Bytes that hold the headers which tell the machine.
const HEADERS: u64 = 4096;

/// The system that a library is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Portable executable: Windows.
    Pe,
    /// Executable and linkable format: Linux.
    Elf,
}

/// The machine that a library's code runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The system.
    pub format: Format,
    /// 32 or 64.
    pub bits: u32,
    /// The processor.
    pub processor: Processor,
}

/// A family of processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// Intel and AMD, in either width.
    X86,
    /// ARM, in either width.
    Arm,
    /// LoongArch.
    LoongArch,
    /// Another one, by its number in the file.
    Other(u16),
}

/// A library's file, as far as its headers tell.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The machine.
    pub machine: Machine,
    /// What is loaded with it, by file name, in its order.
    pub needs: Vec<String>,
    /// What is loaded only when it is first used, by file name.
    pub needs_later: Vec<String>,
    /// The folders that an ELF library names itself for what it needs, as written.
    pub run_paths: Vec<String>,
    /// What an ELF library calls itself.
    pub soname: Option<String>,
    /// Exported names.
    pub exports: Vec<String>,
    /// Symbols that an ELF library takes from whatever is loaded.
    pub undefined: Vec<String>,
    /// The numbers of a PE library's exports.
    pub ordinals: Vec<u16>,
    /// Whether it is a .NET assembly, which has no exports that a C caller can use.
    pub managed: bool,
}

/// Why a file cannot be read as a library.
#[derive(Debug)]
pub enum Unreadable {
    /// The system does not give it.
    Io(io::Error),
    /// It is too short or too large, or holds something else.
    NoLibrary(&'static str),
}

impl Machine {
    /// The machine of the running program.
    pub const OURS: Machine = Machine {
        format: if cfg!(windows) { Format::Pe } else { Format::Elf },
        bits: usize::BITS,
        processor: if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
            Processor::X86
        } else if cfg!(any(target_arch = "arm", target_arch = "aarch64")) {
            Processor::Arm
        } else if cfg!(target_arch = "loongarch64") {
            Processor::LoongArch
        } else {
            Processor::Other(0)
        },
    };

    /// The machine that a file is for; only its beginning is read.
    pub fn of(path: &Path) -> Result<Machine, Unreadable> {
        let mut head = Vec::new();
        std::fs::File::open(path)?.take(HEADERS).read_to_end(&mut head)?;
        let bytes = Bytes::of(&head);
        pe::machine(&bytes)
            .or_else(|| elf::machine(&bytes))
            .ok_or(NO_LIBRARY)
    }
}

const NO_LIBRARY: Unreadable = Unreadable::NoLibrary("不是动态库，或文件不完整");

impl Binary {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Binary, Unreadable> {
        if std::fs::metadata(path)?.len() > LARGEST {
            return Err(Unreadable::NoLibrary("大得不像动态库"));
        }
        Binary::parse(&std::fs::read(path)?)
    }

    /// Reads a file's content.
    pub fn parse(content: &[u8]) -> Result<Binary, Unreadable> {
        let bytes = Bytes::of(content);
        pe::parse(&bytes).or_else(|| elf::parse(&bytes)).ok_or(NO_LIBRARY)
    }

    /// Of a machine, with nothing in it yet.
    fn of(machine: Machine) -> Binary {
        Binary {
            machine,
            needs: Vec::new(),
            needs_later: Vec::new(),
            run_paths: Vec::new(),
            soname: None,
            exports: Vec::new(),
            undefined: Vec::new(),
            ordinals: Vec::new(),
            managed: false,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = match self.format {
            Format::Pe => "Windows",
            Format::Elf => "Linux",
        };
        let processor = match self.processor {
            Processor::X86 => "",
            Processor::Arm => "（ARM）",
            Processor::LoongArch => "（龙芯）",
            Processor::Other(_) => "（其他处理器）",
        };
        write!(f, "{}位{system}{processor}", self.bits)
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Unreadable {
        Unreadable::Io(error)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Io(error) => write!(f, "读不了：{error}"),
            Unreadable::NoLibrary(why) => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Vec<u8> {
        let path = std::env::current_exe().expect("running");
        std::fs::read(path).expect("its file can be read")
    }

    #[test]
    fn the_running_program_is_for_this_machine() {
        let path = std::env::current_exe().expect("running");
        assert_eq!(Machine::of(&path).expect("a program"), Machine::OURS);
        let binary = Binary::read(&path).expect("a program");
        assert_eq!(binary.machine, Machine::OURS);
        assert!(!binary.needs.is_empty() && !binary.undefined.is_empty() || cfg!(windows));
    }

    /// Every byte of the headers may be anything; nothing may panic, hang or ask for absurd memory.
    #[test]
    fn damaged_files_are_no_harm() {
        let whole = own();
        let mut head = whole[..whole.len().min(4096)].to_vec();
        for at in (0..head.len()).step_by(3) {
            for byte in [0x00, 0x7F, 0xFF] {
                let kept = std::mem::replace(&mut head[at], byte);
                let _ = Binary::parse(&head);
                head[at] = kept;
            }
        }
        for length in (0..head.len()).step_by(7) {
            let _ = Binary::parse(&head[..length]);
        }
        assert!(Binary::parse(b"").is_err() && Binary::parse(b"MZ").is_err());
        assert!(Binary::parse("return mps.library {}".as_bytes()).is_err());
    }
}
