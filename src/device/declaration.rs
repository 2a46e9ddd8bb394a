//! What a vendor's manual says of a function, as data.

use super::layout::{Layout, Member};
use super::text::Charset;
use std::borrow::Cow;
use std::sync::Arc;

/// How arguments are passed on 32-bit Windows; everywhere else there is one convention and both mean it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// `__stdcall`, `WINAPI`, `CALLBACK`: the callee clears the stack.
    Stdcall,
    /// `__cdecl`: the caller clears it.
    Cdecl,
}

/// A C integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// How wide it is.
    pub(super) width: Width,
    /// Whether it has a sign.
    pub(super) signed: bool,
}

/// How wide an integer is. What differs between processes stays a word until the process that makes the call reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// 8, 16, 32 or 64 bits.
    Bits(u8),
    /// C `long`: 32 bits on Windows whatever the process, the machine word on Linux.
    Long,
    /// As wide as a pointer.
    Pointer,
}

impl Integer {
    /// C `int`.
    pub const INT: Integer = Integer::signed(Width::Bits(32));
    /// C `long`.
    pub const LONG: Integer = Integer::signed(Width::Long);
    /// An opaque handle: as wide as a pointer.
    pub const HANDLE: Integer = Integer::signed(Width::Pointer);

    const fn signed(width: Width) -> Integer {
        Integer { width, signed: true }
    }

    /// The type that a declaration names, as `i32`, `u8`, `int`, `long` or `handle`.
    pub fn named(name: &str) -> Option<Integer> {
        let (signed, bits) = match name {
            "int" => return Some(Integer::INT),
            "long" => return Some(Integer::LONG),
            "handle" => return Some(Integer::HANDLE),
            _ => (name.starts_with('i'), name.strip_prefix(['i', 'u'])?),
        };
        let bits = [8, 16, 32, 64]
            .into_iter()
            .find(|width| bits == width.to_string())?;
        let width = Width::Bits(bits);
        Some(Integer { width, signed })
    }

    /// Every name that [`Integer::named`] knows.
    pub const NAMES: [&str; 11] = [
        "int", "long", "handle", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64",
    ];

    /// Whether `value` can be passed as this type without loss.
    pub fn holds(self, value: i64) -> bool {
        match (self.bits(), self.signed) {
            (64, _) => true,
            (bits, true) => (-1i64 << (bits - 1)..1i64 << (bits - 1)).contains(&value),
            (bits, false) => (0..1i64 << bits).contains(&value),
        }
    }

    /// 8, 16, 32 or 64, in this process.
    fn bits(self) -> u32 {
        match self.width {
            Width::Bits(bits) => bits.into(),
            Width::Long => std::ffi::c_long::BITS,
            Width::Pointer => usize::BITS,
        }
    }

    /// Bytes in memory, in this process.
    pub fn bytes(self) -> usize {
        self.bits() as usize / 8
    }

    /// The value that stands in memory, its first bytes the lowest as on every machine of ours.
    pub(super) fn of_bytes(self, bytes: &[u8]) -> i64 {
        let register = bytes.iter().take(self.bytes()).rev();
        self.of_register(register.fold(0, |register, &byte| register << 8 | u64::from(byte)))
    }

    /// The value that the low bits of a register hold; what stands above them is not defined by the ABI.
    pub fn of_register(self, register: u64) -> i64 {
        let unused = 64 - self.bits();
        match self.signed {
            true => (register << unused) as i64 >> unused,
            false => (register << unused >> unused) as i64,
        }
    }
}

/// What one parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer, by value.
    Integer(Integer),
    /// An integer, by value, that follows from another parameter.
    Measure(Integer, Measure),
    /// A string that the function reads, NUL-terminated.
    Text {
        /// Its charset.
        charset: Charset,
        /// Whether an empty text is a null pointer.
        nullable: bool,
    },
    /// Bytes that the function reads, without a NUL.
    Bytes(Charset),
    /// A buffer that the function writes into.
    Out {
        /// Its bytes.
        size: usize,
        /// What is written into it.
        charset: Charset,
        /// How much of it the function wrote.
        length: Length,
    },
    /// A pointer to an integer that the function writes.
    Cell(Integer, Initial),
    /// A pointer to a structure that the function fills in.
    Struct(Arc<Layout>),
}

/// What an integer parameter tells the function of another parameter, which is given by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The bytes of an input.
    Length(usize),
    /// The bytes of something that the function writes.
    Size(usize),
    /// The same in code units, which for UTF-16 are two bytes.
    Units(usize),
}

/// How the length of what an out buffer holds is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A NUL ends it.
    Nul,
    /// The buffer is full.
    Full,
    /// The function returns the number of bytes.
    Return,
    /// The integer at this position holds the number of bytes.
    Cell(usize),
}

/// What a pointed-to integer holds before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// Zero.
    Zero,
    /// What the script gives.
    Given,
    /// The size of the out buffer at this position.
    Size(usize),
}

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the declaration; what it brings back has the same name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

impl Kind {
    /// Whether a script gives its value.
    pub fn is_input(&self) -> bool {
        match self {
            Kind::Integer(_) | Kind::Text { .. } | Kind::Bytes(_) => true,
            Kind::Cell(_, initial) => *initial == Initial::Given,
            Kind::Measure(..) | Kind::Out { .. } | Kind::Struct(_) => false,
        }
    }

    /// Bytes of what the function writes.
    pub fn size(&self) -> Option<usize> {
        match self {
            Kind::Out { size, .. } => Some(*size),
            Kind::Struct(layout) => Some(layout.size()),
            Kind::Cell(integer, _) => Some(integer.bytes()),
            Kind::Integer(_) | Kind::Measure(..) | Kind::Text { .. } | Kind::Bytes(_) => None,
        }
    }

    fn words(&self) -> usize {
        match self {
            Kind::Integer(integer) | Kind::Measure(integer, _) => {
                integer.bytes().div_ceil(size_of::<usize>())
            }
            _ => 1,
        }
    }
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returns {
    /// `void`.
    Nothing,
    /// An integer.
    Integer(Integer),
    /// A pointer to a NUL-terminated string: the library's own, or freed by the function that is named.
    Text {
        /// Its charset.
        charset: Charset,
        /// The library's function that takes it back.
        free: Option<String>,
    },
}

/// What kind of [`Value`](super::Value) a function brings back in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutKind {
    /// Text, hexadecimal included.
    Text,
    /// An integer.
    Integer,
    /// Bytes.
    Bytes,
}

impl OutKind {
    fn of(charset: Charset) -> OutKind {
        match charset {
            Charset::Raw => OutKind::Bytes,
            Charset::Narrow(_) | Charset::Utf16 | Charset::Hex => OutKind::Text,
        }
    }
}

/// How a function is found in its library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// By its name, plain or as compilers decorate it.
    Name(String),
    /// By its number, which Windows alone knows.
    Ordinal(u16),
}

impl Export {
    /// The names that a function of so many words may be exported by: its own, and what 32-bit compilers make of it.
    pub fn spellings(name: &str, words: usize) -> [String; 4] {
        let bytes = words * 4;
        [
            name.to_owned(),
            format!("_{name}@{bytes}"),
            format!("{name}@{bytes}"),
            format!("_{name}"),
        ]
    }
}

/// One function that a library exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name in the declaration.
    pub name: String,
    /// What it is exported as.
    pub export: Export,
    /// Its calling convention.
    pub convention: Convention,
    /// Its parameters, in order; at most [`Function::MOST_WORDS`] machine words. Positions in them are positions of this list.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: Returns,
}

impl Function {
    /// Machine words that one call can pass; the longest declaration seen in a vendor's manual has 18 parameters.
    pub const MOST_WORDS: usize = 18;

    /// The parameters that a script gives.
    pub fn inputs(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(|parameter| parameter.kind.is_input())
    }

    /// What the function brings back, in order; a structure's members stand behind its name and a dot.
    pub fn outs(&self) -> impl Iterator<Item = (Cow<'_, str>, OutKind)> {
        self.parameters.iter().flat_map(|Parameter { name, kind }| {
            let whole = match kind {
                Kind::Out { charset, .. } => Some(OutKind::of(*charset)),
                Kind::Cell(..) => Some(OutKind::Integer),
                _ => None,
            };
            let fields = match kind {
                Kind::Struct(layout) => layout.fields(),
                _ => &[],
            };
            let members = fields.iter().map(move |field| {
                let kind = match field.member {
                    Member::Integer(_) => OutKind::Integer,
                    Member::Array(charset, _) => OutKind::of(charset),
                };
                (Cow::Owned(format!("{name}.{}", field.name)), kind)
            });
            let whole = whole.map(|kind| (Cow::Borrowed(name.as_str()), kind));
            whole.into_iter().chain(members)
        })
    }

    /// The library's function that takes back the text that it returned.
    pub fn free(&self) -> Option<&str> {
        match &self.returns {
            Returns::Text { free, .. } => free.as_deref(),
            Returns::Nothing | Returns::Integer(_) => None,
        }
    }

    /// Machine words of its arguments.
    pub fn words(&self) -> usize {
        self.parameters
            .iter()
            .map(|parameter| parameter.kind.words())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_low_bits_of_a_register_count() {
        let i8 = Integer::named("i8").expect("known");
        assert_eq!(i8.of_register(0xDEAD_BEEF_0000_00F8), -8);
        let u16 = Integer::named("u16").expect("known");
        assert_eq!(u16.of_register(0xDEAD_BEEF_0001_FFFF), 65535);
        assert_eq!(Integer::INT.of_register(0xDEAD_BEEF_FFFF_FFFE), -2);
        let i64 = Integer::named("i64").expect("known");
        assert_eq!(i64.of_register(u64::MAX), -1);
    }

    #[test]
    fn every_listed_name_is_known_and_nothing_else() {
        for name in Integer::NAMES {
            assert!(Integer::named(name).is_some(), "{name}");
        }
        for name in ["i7", "u", "i", "x32", "i032", "integer", ""] {
            assert!(Integer::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_value_out_of_range_is_seen() {
        let u8 = Integer::named("u8").expect("known");
        assert!(u8.holds(255) && !u8.holds(256) && !u8.holds(-1));
        assert!(Integer::INT.holds(-2147483648) && !Integer::INT.holds(2147483648));
    }
}
