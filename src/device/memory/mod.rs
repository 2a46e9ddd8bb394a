//! What a foreign function may touch: copies of its inputs, and buffers that end in a guard.

mod buffer;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod folded;
mod rehearsal;

pub use rehearsal::{Performance, Wrong, rehearse};

use super::text::{Charset, Value};
use super::{Error, Function, Initial, Integer, Kind, Length, Measure, Parameter, Returns};
use buffer::Buffer;
use std::borrow::Cow;

/// Bytes after an out buffer that a vendor may overrun without harm; a 1 KiB buffer given a photo is the usual mistake.
const GUARD: usize = 16 * 1024;

/// A returned string is read no further; nothing of a patient is longer.
const LONGEST_RETURNED: usize = 16 << 20;

/// An input of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// For an integer parameter.
    Integer(i64),
    /// For a text parameter.
    Text(String),
    /// For a parameter of raw bytes.
    Bytes(Vec<u8>),
}

/// What a function returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// `void`, or a null pointer where a string was declared.
    Nothing,
    /// An integer.
    Integer(i64),
    /// A string.
    Text(String),
}

/// What a call brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The return value.
    pub returned: Returned,
    /// What it wrote, in the order of [`Function::outs`].
    pub outs: Vec<Value>,
    /// A length that the function told and that cannot be: a mistake, unless the call failed anyhow.
    pub impossible: Option<Error>,
}

/// The memory of one call. It goes with the call to the thread that makes it and comes back with what came of it, so that a function
/// that comes back after its time limit still writes into memory that is there.
pub(super) struct CallMemory {
    words: Vec<usize>,
    // One for each parameter; those in `words` by address stay where they are.
    places: Vec<Place>,
}

/// Where a parameter's value lies.
enum Place {
    /// In the words alone.
    Word,
    Input(Vec<u8>),
    Written(Buffer),
}

impl CallMemory {
    /// Lays the arguments out for `function`; what it writes is zeroed.
    pub(super) fn lay_out(function: &Function, arguments: Vec<Argument>) -> Result<CallMemory, Error> {
        let mut memory = CallMemory {
            words: Vec::with_capacity(function.parameters.len()),
            places: Vec::with_capacity(function.parameters.len()),
        };
        let mut arguments = arguments.into_iter();
        let mut measures = Vec::new();
        for parameter in &function.parameters {
            let refuse = |wrong| refused(function, parameter, wrong);
            let mut given = || arguments.next().ok_or("没有给出");
            match &parameter.kind {
                Kind::Integer(integer) => {
                    let value = given()
                        .and_then(|given| integer_of(*integer, given))
                        .map_err(refuse)?;
                    memory.push_word(*integer, value);
                }
                Kind::Measure(integer, measure) => {
                    measures.push((*integer, *measure, memory.words.len()));
                    memory.push_word(*integer, 0);
                }
                Kind::Text { charset, nullable } => {
                    let bytes = given()
                        .and_then(|given| c_string(*charset, &given))
                        .map_err(refuse)?;
                    match *nullable && bytes.len() == charset.unit() {
                        true => memory.push_word(Integer::HANDLE, 0),
                        false => memory.push_input(bytes),
                    }
                }
                Kind::Bytes(charset) => {
                    let given = given().map_err(refuse)?;
                    let bytes = bytes_of(*charset, &given).map_err(refuse)?;
                    memory.push_input(bytes.into_owned());
                }
                Kind::Cell(integer, initial) => {
                    let value = match initial {
                        Initial::Zero => 0,
                        Initial::Size(of) => size(function, *of),
                        Initial::Given => given()
                            .and_then(|given| integer_of(*integer, given))
                            .map_err(refuse)?,
                    };
                    memory.push_written(Buffer::cell(integer.bytes(), value));
                }
                Kind::Out { size, .. } => memory.push_written(Buffer::new(*size)),
                Kind::Struct(layout) => memory.push_written(Buffer::new(layout.size())),
            }
        }
        for (integer, measure, at) in measures {
            let value = memory.measured(function, measure);
            if !integer.holds(value) {
                return Err(too_long(function, measure));
            }
            memory.set_word(at, integer, value);
        }
        Ok(memory)
    }

    /// The machine words to call with.
    pub(super) fn words(&self) -> &[usize] {
        &self.words
    }

    /// Reads what the function wrote, and judges the lengths that it told.
    pub(super) fn read_back(
        &self,
        function: &Function,
        register: u64,
        returned: Returned,
    ) -> Result<Outcome, Error> {
        self.check_guards(function)?;
        let written = |place: &&Place| matches!(place, Place::Written(_));
        let mut outs = Vec::with_capacity(self.places.iter().filter(written).count());
        let mut impossible = None;
        for (parameter, buffer) in function.parameters.iter().zip(&self.places) {
            let Place::Written(buffer) = buffer else { continue };
            let bytes = buffer.bytes();
            match &parameter.kind {
                Kind::Out { charset, length, .. } => {
                    let told = self.told(function, *length, register);
                    if let Some(told) =
                        told.filter(|told| usize::try_from(*told).is_ok_and(|told| told > bytes.len()))
                    {
                        let (function, parameter) = (function.name.clone(), parameter.name.clone());
                        impossible = Some(Error::Length(function, parameter, bytes.len(), told));
                    }
                    // A negative length is a failure's code.
                    let end = told.map_or(bytes.len(), |told| {
                        usize::try_from(told).unwrap_or(0).min(bytes.len())
                    });
                    let written = &bytes[..end];
                    outs.push(charset.read(match length {
                        Length::Nul => charset.until_nul(written),
                        Length::Full | Length::Return | Length::Cell(_) => charset.unpadded(written),
                    }));
                }
                Kind::Cell(integer, _) => outs.push(Value::Integer(integer.of_bytes(bytes))),
                Kind::Struct(layout) => outs.extend(layout.read(bytes)),
                Kind::Integer(_) | Kind::Measure(..) | Kind::Text { .. } | Kind::Bytes(_) => {}
            }
        }
        Ok(Outcome {
            returned,
            outs,
            impossible,
        })
    }

    fn check_guards(&self, function: &Function) -> Result<(), Error> {
        for (parameter, place) in function.parameters.iter().zip(&self.places) {
            if let Place::Written(buffer) = place
                && let Some(wrote) = buffer.overrun()
            {
                let size = buffer.bytes().len();
                return Err(Error::Overrun(
                    function.name.clone(),
                    parameter.name.clone(),
                    size,
                    wrote,
                ));
            }
        }
        Ok(())
    }

    /// How many bytes the function says that it wrote; `None` where the buffer's own size counts.
    fn told(&self, function: &Function, length: Length, register: u64) -> Option<i64> {
        match length {
            Length::Nul | Length::Full => None,
            Length::Return => match &function.returns {
                Returns::Integer(integer) => Some(integer.of_register(register)),
                Returns::Nothing | Returns::Text { .. } => None,
            },
            Length::Cell(at) => match (function.parameters.get(at), self.places.get(at)) {
                (Some(parameter), Some(Place::Written(cell))) => match parameter.kind {
                    Kind::Cell(integer, _) => Some(integer.of_bytes(cell.bytes())),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    fn measured(&self, function: &Function, measure: Measure) -> i64 {
        match measure {
            Measure::Length(of) => match (self.places.get(of), function.parameters.get(of)) {
                (Some(Place::Input(bytes)), Some(parameter)) => match parameter.kind {
                    // The NUL is not part of the text.
                    Kind::Text { charset, .. } => bytes.len().saturating_sub(charset.unit()) as i64,
                    _ => bytes.len() as i64,
                },
                _ => 0,
            },
            Measure::Size(of) => size(function, of),
            Measure::Units(of) => match function.parameters.get(of).map(|parameter| &parameter.kind) {
                Some(Kind::Out { size, charset, .. }) => (size / charset.unit()) as i64,
                _ => size(function, of),
            },
        }
    }

    fn push_word(&mut self, integer: Integer, value: i64) {
        self.words.push(value as usize);
        if integer.bytes() > size_of::<usize>() {
            self.words.push((value >> 32) as usize);
        }
        self.places.push(Place::Word);
    }

    fn set_word(&mut self, at: usize, integer: Integer, value: i64) {
        self.words[at] = value as usize;
        if integer.bytes() > size_of::<usize>() {
            self.words[at + 1] = (value >> 32) as usize;
        }
    }

    fn push_input(&mut self, bytes: Vec<u8>) {
        self.words.push(bytes.as_ptr() as usize);
        self.places.push(Place::Input(bytes));
    }

    fn push_written(&mut self, mut buffer: Buffer) {
        self.words.push(buffer.address());
        self.places.push(Place::Written(buffer));
    }
}

/// What the function returned. A string is read on the thread that called, before anything else is called there.
pub(super) fn returned(function: &Function, register: u64) -> Returned {
    match &function.returns {
        Returns::Nothing => Returned::Nothing,
        Returns::Integer(integer) => Returned::Integer(integer.of_register(register)),
        Returns::Text { charset, .. } => returned_text(register, *charset),
    }
}

fn refused(function: &Function, parameter: &Parameter, wrong: &'static str) -> Error {
    Error::Argument(function.name.clone(), parameter.name.clone(), wrong.into())
}

/// An input whose length does not fit the integer that tells it.
fn too_long(function: &Function, measure: Measure) -> Error {
    let (Measure::Length(of) | Measure::Size(of) | Measure::Units(of)) = measure;
    let measured = function
        .parameters
        .get(of)
        .map(|parameter| parameter.name.clone());
    Error::Argument(
        function.name.clone(),
        measured.unwrap_or_default(),
        "太长，它的长度超出了声明的整数范围".into(),
    )
}

fn size(function: &Function, of: usize) -> i64 {
    let size = function
        .parameters
        .get(of)
        .and_then(|parameter| parameter.kind.size());
    size.unwrap_or(0) as i64
}

fn integer_of(integer: Integer, given: Argument) -> Result<i64, &'static str> {
    match given {
        Argument::Integer(value) if integer.holds(value) => Ok(value),
        Argument::Integer(_) => Err("超出了声明的整数范围"),
        Argument::Text(_) | Argument::Bytes(_) => Err("应为整数，实为文本"),
    }
}

fn bytes_of(charset: Charset, given: &Argument) -> Result<Cow<'_, [u8]>, &'static str> {
    match given {
        Argument::Text(text) => charset.write(text),
        Argument::Bytes(bytes) if charset == Charset::Raw => Ok(bytes.into()),
        Argument::Bytes(_) => Err("含有不是UTF-8的字节"),
        Argument::Integer(_) => Err("应为文本，实为整数"),
    }
}

fn c_string(charset: Charset, given: &Argument) -> Result<Vec<u8>, &'static str> {
    let text = bytes_of(charset, given)?;
    if charset.until_nul(&text).len() < text.len() {
        return Err("含有NUL字符，动态库会在此处截断");
    }
    let length = text.len() + charset.unit();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&text);
    bytes.resize(length, 0);
    Ok(bytes)
}

fn returned_text(register: u64, charset: Charset) -> Returned {
    let unit = charset.unit();
    let pointer = register as usize as *const u8;
    if pointer.is_null() {
        return Returned::Nothing;
    }
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_RETURNED {
        let at = bytes.len();
        for index in 0..unit {
            // SAFETY: the declaration says that the function returns a string that a NUL of `unit` bytes ends, none of
            // which has been read so far, and the worker thread makes no other call of this library before it has read it.
            bytes.push(unsafe { pointer.add(at + index).read() });
        }
        if bytes[at..].iter().all(|&byte| byte == 0) {
            bytes.truncate(at);
            break;
        }
    }
    Returned::Text(charset.read(&bytes).into_text())
}
