//! What a program and its helper process tell each other, as bytes.
//!
//! Both are of one version, which the helper's first message proves, so that nothing here has to understand older bytes. But a
//! vendor's library may have written into the helper's memory: whatever comes, reading it neither panics nor asks for memory
//! that the bytes themselves do not fill.

use crate::device::declaration::Width;
use crate::device::{
    Argument, Charset, Convention, Error, Export, Function, Initial, Integer, Kind, Layout, Length, Measure,
    Member, Outcome, Parameter, Returned, Returns, Value,
};
use encoding_rs::Encoding;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the helper is asked to do.
#[derive(Debug, PartialEq)]
pub(super) enum Ask {
    /// Load the library, after these.
    Load(PathBuf, Vec<PathBuf>),
    /// Call a function.
    Call(Arc<Function>, Vec<Argument>),
}

/// What the helper answers.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// It runs, in this version.
    Ready(String),
    /// The library is loaded.
    Loaded,
    /// What a call brought back.
    Outcome(Outcome),
    /// Why nothing came of it.
    Failed(Error),
}

/// Something that goes over the pipe.
pub(super) trait Wire: Sized {
    /// Appends its bytes.
    fn put(&self, to: &mut Vec<u8>);
    /// Takes its bytes from the front; `None` where they are not its.
    fn take(from: &mut &[u8]) -> Option<Self>;

    /// It alone, as one message.
    fn message(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        bytes
    }

    /// What a message holds.
    fn of_message(mut message: &[u8]) -> Option<Self> {
        let value = Self::take(&mut message)?;
        message.is_empty().then_some(value)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Wire for $number {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend(self.to_le_bytes());
            }
            fn take(from: &mut &[u8]) -> Option<$number> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$number>::from_le_bytes(*bytes))
            }
        })*
    };
}

numbers!(u8 u16 u32 u64 i64);

macro_rules! structures {
    ($($name:ident { $($field:ident)* })*) => {
        $(impl Wire for $name {
            fn put(&self, to: &mut Vec<u8>) {
                $(self.$field.put(to);)*
            }
            fn take(from: &mut &[u8]) -> Option<$name> {
                Some($name { $($field: Wire::take(from)?),* })
            }
        })*
    };
}

/// Variants by number, with what they hold.
macro_rules! variants {
    ($($name:ident { $($number:literal $variant:ident $(($($held:ident)*))? $({$($field:ident)*})?),* $(,)? })*) => {
        $(impl Wire for $name {
            fn put(&self, to: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($($held),*))? $({$($field),*})? => {
                        to.push($number);
                        $($($held.put(to);)*)?
                        $($($field.put(to);)*)?
                    })*
                }
            }
            fn take(from: &mut &[u8]) -> Option<$name> {
                Some(match u8::take(from)? {
                    $($number => {
                        $($(let $held = Wire::take(from)?;)*)?
                        $($(let $field = Wire::take(from)?;)*)?
                        $name::$variant $(($($held),*))? $({$($field),*})?
                    })*
                    _ => return None,
                })
            }
        })*
    };
}

variants! {
    Ask { 1 Load(path preload), 2 Call(function arguments) }
    Told { 1 Ready(version), 2 Loaded, 3 Outcome(outcome), 4 Failed(error) }
    Convention { 1 Stdcall, 2 Cdecl }
    Export { 1 Name(name), 2 Ordinal(number) }
    Measure { 1 Length(of), 2 Size(of), 3 Units(of) }
    Length { 1 Nul, 2 Full, 3 Return, 4 Cell(at) }
    Initial { 1 Zero, 2 Given, 3 Size(of) }
    Member { 1 Integer(integer), 2 Array(charset units) }
    Returns { 1 Nothing, 2 Integer(integer), 3 Text { charset free } }
    Kind {
        1 Integer(integer),
        2 Measure(integer measure),
        3 Text { charset nullable },
        4 Bytes(charset),
        5 Out { size charset length },
        6 Cell(integer initial),
        7 Struct(layout),
    }
    Argument { 1 Integer(value), 2 Text(text), 3 Bytes(bytes) }
    Value { 1 Text(text), 2 Integer(value), 3 Bytes(bytes) }
    Returned { 1 Nothing, 2 Integer(value), 3 Text(text) }
    // The numbers are the codes'.
    Error {
        1 NoFile(path),
        2 NotLoaded(path reason bits),
        3 NoFunction(path function),
        4 Argument(function parameter wrong),
        5 Overrun(function parameter size wrote),
        6 TimedOut(function limit),
        7 StillRunning(function),
        8 Busy(waited),
        9 Reentered,
        10 NoWorker(reason),
        11 Length(function parameter size told),
        12 BusyElsewhere(waited),
        13 Died(path function death),
        14 Stopped(path function limit),
        15 NoHelper(path bits program),
        16 NotHelped(program reason),
        17 Gone(path function death),
    }
}

structures! {
    Integer { width signed }
    Parameter { name kind }
    Function { name export convention parameters returns }
    Outcome { returned outs impossible }
}

impl Wire for bool {
    fn put(&self, to: &mut Vec<u8>) {
        to.push((*self).into());
    }
    fn take(from: &mut &[u8]) -> Option<bool> {
        Some(u8::take(from)? != 0)
    }
}

/// As its bits, where it has some of its own.
impl Wire for Width {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(match self {
            Width::Bits(bits) => *bits,
            Width::Long => 1,
            Width::Pointer => 2,
        });
    }
    fn take(from: &mut &[u8]) -> Option<Width> {
        match u8::take(from)? {
            bits @ (8 | 16 | 32 | 64) => Some(Width::Bits(bits)),
            1 => Some(Width::Long),
            2 => Some(Width::Pointer),
            _ => None,
        }
    }
}

/// Both processes may differ in its width.
impl Wire for usize {
    fn put(&self, to: &mut Vec<u8>) {
        (*self as u64).put(to);
    }
    fn take(from: &mut &[u8]) -> Option<usize> {
        u64::take(from)?.try_into().ok()
    }
}

impl Wire for String {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        to.extend(self.as_bytes());
    }
    fn take(from: &mut &[u8]) -> Option<String> {
        let length = usize::take(from)?;
        let (text, rest) = from.split_at_checked(length)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        *from = rest;
        Some(text)
    }
}

impl Wire for Cow<'static, str> {
    fn put(&self, to: &mut Vec<u8>) {
        self.to_string().put(to);
    }
    fn take(from: &mut &[u8]) -> Option<Cow<'static, str>> {
        String::take(from).map(Cow::Owned)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        self.iter().for_each(|item| item.put(to));
    }
    fn take(from: &mut &[u8]) -> Option<Vec<T>> {
        (0..usize::take(from)?).map(|_| T::take(from)).collect()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        self.iter().for_each(|item| item.put(to));
    }
    fn take(from: &mut &[u8]) -> Option<Option<T>> {
        match bool::take(from)? {
            true => T::take(from).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Wire> Wire for Arc<T> {
    fn put(&self, to: &mut Vec<u8>) {
        T::put(self, to);
    }
    fn take(from: &mut &[u8]) -> Option<Arc<T>> {
        T::take(from).map(Arc::new)
    }
}

impl Wire for Duration {
    fn put(&self, to: &mut Vec<u8>) {
        self.as_secs().put(to);
        self.subsec_nanos().put(to);
    }
    fn take(from: &mut &[u8]) -> Option<Duration> {
        let (seconds, nanos) = (u64::take(from)?, u32::take(from)?);
        (nanos < 1_000_000_000).then(|| Duration::new(seconds, nanos))
    }
}

#[cfg(unix)]
impl Wire for PathBuf {
    fn put(&self, to: &mut Vec<u8>) {
        std::os::unix::ffi::OsStrExt::as_bytes(self.as_os_str())
            .to_vec()
            .put(to);
    }
    fn take(from: &mut &[u8]) -> Option<PathBuf> {
        let bytes = Vec::take(from)?;
        Some(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into())
    }
}

#[cfg(windows)]
impl Wire for PathBuf {
    fn put(&self, to: &mut Vec<u8>) {
        let units = std::os::windows::ffi::OsStrExt::encode_wide(self.as_os_str());
        units.collect::<Vec<u16>>().put(to);
    }
    fn take(from: &mut &[u8]) -> Option<PathBuf> {
        let units: Vec<u16> = Vec::take(from)?;
        Some(<std::ffi::OsString as std::os::windows::ffi::OsStringExt>::from_wide(&units).into())
    }
}

impl Wire for Charset {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Charset::Narrow(encoding) => encoding.name().to_owned(),
            Charset::Utf16 => "utf-16".to_owned(),
            Charset::Raw => "raw".to_owned(),
            Charset::Hex => "hex".to_owned(),
        }
        .put(to);
    }
    fn take(from: &mut &[u8]) -> Option<Charset> {
        match String::take(from)?.as_str() {
            "utf-16" => Some(Charset::Utf16),
            "raw" => Some(Charset::Raw),
            "hex" => Some(Charset::Hex),
            name => Encoding::for_label(name.as_bytes()).map(Charset::Narrow),
        }
    }
}

/// Laid out anew where it arrives: a handle among the members is as wide as that process's pointers.
impl Wire for Layout {
    fn put(&self, to: &mut Vec<u8>) {
        self.pack().put(to);
        self.fields().len().put(to);
        for field in self.fields() {
            field.name.put(to);
            field.member.put(to);
        }
    }
    fn take(from: &mut &[u8]) -> Option<Layout> {
        let pack = usize::take(from)?;
        let members = (0..usize::take(from)?).map(|_| Some((String::take(from)?, Member::take(from)?)));
        let members = members.collect::<Option<_>>()?;
        Some(Layout::of(members, pack.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Something of every kind.
    fn function() -> Function {
        let gbk = Charset::Narrow(encoding_rs::GBK);
        let members = vec![
            ("姓名".to_owned(), Member::Array(gbk, 33)),
            ("handle".to_owned(), Member::Integer(Integer::HANDLE)),
        ];
        let kinds = [
            Kind::Integer(Integer::LONG),
            Kind::Measure(Integer::INT, Measure::Units(4)),
            Kind::Text {
                charset: Charset::Utf16,
                nullable: true,
            },
            Kind::Bytes(Charset::Hex),
            Kind::Out {
                size: 1024,
                charset: Charset::Raw,
                length: Length::Cell(5),
            },
            Kind::Cell(Integer::HANDLE, Initial::Size(4)),
            Kind::Struct(Arc::new(Layout::of(members, 1))),
        ];
        let parameters = kinds.into_iter().enumerate().map(|(number, kind)| Parameter {
            name: format!("p{number}"),
            kind,
        });
        Function {
            name: "iReadCardBas".to_owned(),
            export: Export::Ordinal(7),
            convention: Convention::Cdecl,
            parameters: parameters.collect(),
            returns: Returns::Text {
                charset: gbk,
                free: Some("Free".to_owned()),
            },
        }
    }

    fn comes_back<T: Wire + PartialEq + std::fmt::Debug>(value: T) {
        assert_eq!(T::of_message(&value.message()), Some(value));
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        let arguments = vec![
            Argument::Integer(-1),
            Argument::Text("王小明".to_owned()),
            Argument::Bytes(vec![0, 255]),
        ];
        comes_back(Ask::Call(Arc::new(function()), arguments));
        comes_back(Ask::Load("a/b.so".into(), vec!["c.so".into()]));
        comes_back(Told::Ready("0.1.0".to_owned()));
        comes_back(Told::Outcome(Outcome {
            returned: Returned::Integer(i64::MIN),
            outs: vec![
                Value::Text("䶮".to_owned()),
                Value::Integer(0),
                Value::Bytes(vec![7]),
            ],
            impossible: Some(Error::Length("f".to_owned(), "p".to_owned(), 4, 5)),
        }));
        comes_back(Told::Failed(Error::Argument(
            "f".to_owned(),
            "p".to_owned(),
            "不对".into(),
        )));
        comes_back(Told::Failed(Error::Busy(Duration::from_millis(2500))));
        comes_back(Told::Failed(Error::NotLoaded("x".into(), "why".to_owned(), 32)));
    }

    #[test]
    fn an_integer_has_a_width_and_nothing_is_larger_than_memory() {
        assert_eq!(Width::of_message(&[32]), Some(Width::Bits(32)));
        assert!(
            [0, 7, 24, 128]
                .iter()
                .all(|bits| Width::of_message(&[*bits]).is_none())
        );
        let huge = Member::Array(Charset::Narrow(encoding_rs::GBK), usize::MAX);
        let handle = Member::Integer(Integer::HANDLE);
        let members = [huge, handle].map(|member| ("a".to_owned(), member)).to_vec();
        assert_eq!(Layout::of(members, 8).size(), usize::MAX);
    }

    proptest! {
        #[test]
        fn any_bytes_are_harmless(bytes: Vec<u8>, at: usize, byte: u8) {
            let _ = Told::of_message(&bytes);
            let mut message = Ask::Call(Arc::new(function()), Vec::new()).message();
            let at = at % message.len();
            message[at] = byte;
            let _ = Ask::of_message(&message);
            let _ = Ask::of_message(&message[..at]);
        }
    }
}
