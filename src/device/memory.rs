//! What a foreign function may touch: copies of its inputs, and out buffers that end in a guard.

use super::{Error, Function, Integer, Kind, Returns, TextCharset};
use std::ffi::CStr;

/// Bytes after an out buffer that a vendor may overrun without harm; a 1 KiB buffer given a photo is the usual mistake.
const GUARD: usize = 16 * 1024;
/// What the guard is filled with: no ASCII, no NUL, and not what freed memory looks like.
const PATTERN: u8 = 0xA7;

/// An input of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// For an integer parameter.
    Integer(i64),
    /// For a text parameter.
    Text(String),
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
    /// The out buffers' text in the order of the declaration.
    pub outs: Vec<String>,
}

/// The memory of one call. It belongs to the thread that makes the call, so that a function that
/// comes back after its time limit still writes into memory that is there.
pub(super) struct CallMemory {
    words: Vec<usize>,
    // Kept for the addresses in `words`.
    _texts: Vec<Vec<u8>>,
    outs: Vec<Vec<u8>>,
}

impl CallMemory {
    /// Lays the arguments out for `function`; out buffers are zeroed.
    pub(super) fn lay_out(function: &Function, arguments: Vec<Argument>) -> Result<CallMemory, Error> {
        let mut memory = CallMemory {
            words: Vec::new(),
            _texts: Vec::new(),
            outs: Vec::new(),
        };
        let mut arguments = arguments.into_iter();
        for parameter in &function.parameters {
            let refuse = |wrong| Error::Argument(function.name.clone(), parameter.name.clone(), wrong);
            match parameter.kind {
                Kind::Out(size) => memory.push_out(size),
                Kind::Integer(integer) => match arguments.next() {
                    Some(Argument::Integer(value)) if integer.holds(value) => {
                        memory.push_integer(integer, value)
                    }
                    Some(Argument::Integer(_)) => return Err(refuse("超出了声明的整数范围")),
                    Some(Argument::Text(_)) => return Err(refuse("应为整数，实为文本")),
                    None => return Err(refuse("没有给出")),
                },
                Kind::Text => match arguments.next() {
                    Some(Argument::Text(text)) => {
                        memory.push_text(c_string(&text, function.charset).map_err(refuse)?)
                    }
                    Some(Argument::Integer(_)) => return Err(refuse("应为文本，实为整数")),
                    None => return Err(refuse("没有给出")),
                },
            }
        }
        Ok(memory)
    }

    /// The machine words to call with.
    pub(super) fn words(&self) -> &[usize] {
        &self.words
    }

    /// Reads what the function wrote and returned.
    pub(super) fn read_back(&self, function: &Function, register: u64) -> Result<Outcome, Error> {
        let declared = function
            .parameters
            .iter()
            .filter(|parameter| matches!(parameter.kind, Kind::Out(_)));
        let mut outs = Vec::with_capacity(self.outs.len());
        for (parameter, buffer) in declared.zip(&self.outs) {
            let (written, guard) = buffer.split_at(buffer.len() - GUARD);
            if let Some(last) = guard.iter().rposition(|&byte| byte != PATTERN) {
                let (size, wrote) = (written.len(), written.len() + last + 1);
                return Err(Error::Overrun(
                    function.name.clone(),
                    parameter.name.clone(),
                    size,
                    wrote,
                ));
            }
            outs.push(until_nul(written, function.charset));
        }
        let returned = match function.returns {
            Returns::Nothing => Returned::Nothing,
            Returns::Integer(integer) => Returned::Integer(integer.of_register(register)),
            Returns::Text => returned_text(register, function.charset),
        };
        Ok(Outcome { returned, outs })
    }

    fn push_integer(&mut self, integer: Integer, value: i64) {
        self.words.push(value as usize);
        if usize::from(integer.bits) > usize::BITS as usize {
            self.words.push((value >> 32) as usize);
        }
    }

    fn push_text(&mut self, bytes: Vec<u8>) {
        self.words.push(bytes.as_ptr() as usize);
        self._texts.push(bytes);
    }

    fn push_out(&mut self, size: usize) {
        let mut buffer = vec![0; size + GUARD];
        buffer[size..].fill(PATTERN);
        self.words.push(buffer.as_mut_ptr() as usize);
        self.outs.push(buffer);
    }
}

fn c_string(text: &str, charset: TextCharset) -> Result<Vec<u8>, &'static str> {
    if text.contains('\0') {
        return Err("含有NUL字符，动态库会在此处截断");
    }
    let (bytes, _, lossy) = charset.encode(text);
    if lossy {
        return Err("含有动态库字符集无法表示的字符");
    }
    let mut bytes = bytes.into_owned();
    bytes.push(0);
    Ok(bytes)
}

/// A name cut in the middle of a character must not cost the patient the card: what cannot be decoded is marked.
fn until_nul(bytes: &[u8], charset: TextCharset) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    charset.decode_without_bom_handling(&bytes[..end]).0.into_owned()
}

fn returned_text(register: u64, charset: TextCharset) -> Returned {
    let pointer = register as usize as *const std::ffi::c_char;
    if pointer.is_null() {
        return Returned::Nothing;
    }
    // SAFETY: the declaration says that the function returns a NUL-terminated string of its own, and the worker
    // thread reads it before it makes another call of this library.
    let text = unsafe { CStr::from_ptr(pointer) };
    Returned::Text(until_nul(text.to_bytes(), charset))
}
