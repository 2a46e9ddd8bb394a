//! What a vendor's manual says of a function, as data.

use encoding_rs::Encoding;

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
    /// Width: 8, 16, 32 or 64.
    pub bits: u8,
    /// Whether it has a sign.
    pub signed: bool,
}

impl Integer {
    /// C `int`.
    pub const INT: Integer = Integer {
        bits: 32,
        signed: true,
    };
    /// C `long`: 32 bits on Windows whatever the process, the machine word on Linux.
    pub const LONG: Integer = Integer {
        bits: std::ffi::c_long::BITS as u8,
        signed: true,
    };
    /// An opaque handle: as wide as a pointer.
    pub const HANDLE: Integer = Integer {
        bits: usize::BITS as u8,
        signed: true,
    };

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
        Some(Integer { bits, signed })
    }

    /// Every name that [`Integer::named`] knows.
    pub const NAMES: [&str; 11] = [
        "int", "long", "handle", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64",
    ];

    /// Whether `value` can be passed as this type without loss.
    pub fn holds(self, value: i64) -> bool {
        match (self.bits, self.signed) {
            (64, _) => true,
            (bits, true) => (-1i64 << (bits - 1)..1i64 << (bits - 1)).contains(&value),
            (bits, false) => (0..1i64 << bits).contains(&value),
        }
    }

    /// The value that the low bits of a register hold; what stands above them is not defined by the ABI.
    pub fn of_register(self, register: u64) -> i64 {
        let unused = 64 - u32::from(self.bits);
        match self.signed {
            true => (register << unused) as i64 >> unused,
            false => (register << unused >> unused) as i64,
        }
    }
}

/// What one parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer, by value.
    Integer(Integer),
    /// A string that the function reads, NUL-terminated, in the library's charset.
    Text,
    /// A buffer of this many bytes that the function writes a NUL-terminated string into.
    Out(usize),
}

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the declaration; an out buffer's is the name of what it brings back.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// `void`.
    Nothing,
    /// An integer.
    Integer(Integer),
    /// A pointer to a NUL-terminated string that stays the library's.
    Text,
}

/// The charset of a library's strings.
pub type TextCharset = &'static Encoding;

/// One function that a library exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name that it is exported under.
    pub name: String,
    /// Its calling convention.
    pub convention: Convention,
    /// Its parameters, in order; at most [`Function::MOST_WORDS`] machine words.
    pub parameters: Vec<Parameter>,
    /// What it returns.
    pub returns: Returns,
    /// The charset of its strings.
    pub charset: TextCharset,
}

impl Function {
    /// Machine words that one call can pass; the longest declaration seen in a vendor's manual has 18 parameters.
    pub const MOST_WORDS: usize = 18;

    /// How many arguments a script gives: out buffers are not among them.
    pub fn inputs(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(|parameter| !matches!(parameter.kind, Kind::Out(_)))
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
        assert_eq!(
            Integer {
                bits: 64,
                signed: true
            }
            .of_register(u64::MAX),
            -1
        );
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
