//! A call that a stand-in answers in the vendor's place: arguments are laid out and results read back as in a real one.

use super::super::text::Charset;
use super::super::{Error, Function, Integer, Kind, Length, Member, Returns};
use super::{Argument, CallMemory, Outcome, Place};

/// What a stand-in does in the place of a vendor's function.
#[derive(Clone, Debug, Default)]
pub struct Performance {
    /// What it returns; zero, or no text, where nothing is said.
    pub returned: Option<Argument>,
    /// What it writes, by the names of [`Function::outs`]. Text is written in the declared charset with its NUL; bytes as they are.
    pub outs: Vec<(String, Argument)>,
    /// The charset that it writes texts in, where that is not the declared one.
    pub charset: Option<Charset>,
    /// Bytes after which what it writes breaks off.
    pub cut: Option<usize>,
    /// Bytes that it writes past the end of its first out buffer.
    pub overrun: usize,
}

/// What cannot be performed: the out, and why. The stand-in's mistake, not the device's.
pub type Wrong = (String, String);

/// Performs a call: what comes of it is what would come of a vendor's function that did the same.
pub fn rehearse(
    function: &Function,
    arguments: Vec<Argument>,
    performance: &Performance,
) -> Result<Result<Outcome, Error>, Wrong> {
    let mut memory = match CallMemory::lay_out(function, arguments) {
        Ok(memory) => memory,
        Err(error) => return Ok(Err(error)),
    };
    let mut written = Vec::new();
    for (name, value) in &performance.outs {
        written.push((
            name.as_str(),
            performance.write(&mut memory, function, name, value)?,
        ));
    }
    if performance.overrun > 0 {
        overrun(&mut memory, function, performance.overrun)?;
    }
    let length = tell_lengths(&mut memory, function, performance, &written);
    // Owned here, because the register may point at it until it is read back.
    let text = performance.returned_text(function)?;
    let register = match (&text, &performance.returned) {
        (Some(text), _) => text.as_ptr() as usize as u64,
        (None, Some(Argument::Integer(value))) => *value as u64,
        (None, _) => length.unwrap_or(0),
    };
    let returned = super::returned(function, register);
    Ok(memory.read_back(function, register, returned))
}

impl Performance {
    /// Writes one out, and tells how many bytes it has.
    fn write(
        &self,
        memory: &mut CallMemory,
        function: &Function,
        name: &str,
        value: &Argument,
    ) -> Result<usize, Wrong> {
        let wrong = |why: &str| (name.to_owned(), why.to_owned());
        let (whole, member) = name
            .split_once('.')
            .map_or((name, None), |(whole, member)| (whole, Some(member)));
        let at = function
            .parameters
            .iter()
            .position(|parameter| parameter.name == whole);
        let parameter = at.and_then(|at| function.parameters.get(at).zip(memory.places.get_mut(at)));
        let Some((parameter, Place::Written(buffer))) = parameter else {
            return Err(wrong("不是输出参数"));
        };
        let (offset, bytes) = match (&parameter.kind, member) {
            (Kind::Out { charset, length, .. }, None) => {
                let terminated = *length == Length::Nul;
                (0, self.bytes(*charset, value, terminated).map_err(wrong)?)
            }
            (Kind::Cell(integer, _), None) => (0, cell(*integer, value).map_err(wrong)?),
            (Kind::Struct(layout), Some(member)) => {
                let field = layout.fields().iter().find(|field| field.name == member);
                let field = field.ok_or_else(|| wrong("结构体没有这个成员"))?;
                let bytes = match field.member {
                    Member::Integer(integer) => cell(integer, value),
                    Member::Array(charset, _) => self.bytes(charset, value, false),
                };
                (field.offset, bytes.map_err(wrong)?)
            }
            _ => return Err(wrong("不是输出参数")),
        };
        buffer.write(offset, &bytes);
        Ok(bytes.len())
    }

    fn bytes(&self, charset: Charset, value: &Argument, terminated: bool) -> Result<Vec<u8>, &'static str> {
        let mut bytes = match value {
            Argument::Bytes(bytes) => bytes.clone(),
            Argument::Text(text) => self.charset.unwrap_or(charset).write(text)?.into_owned(),
            Argument::Integer(_) => return Err("应为文本，实为整数"),
        };
        match self.cut {
            Some(cut) => bytes.truncate(cut),
            None if terminated && matches!(value, Argument::Text(_)) => {
                bytes.resize(bytes.len() + charset.unit(), 0);
            }
            None => {}
        }
        Ok(bytes)
    }

    fn returned_text(&self, function: &Function) -> Result<Option<Vec<u8>>, Wrong> {
        let wrong = |why: &str| ("returns".to_owned(), why.to_owned());
        let Returns::Text { charset, .. } = &function.returns else {
            return match &self.returned {
                Some(Argument::Text(_) | Argument::Bytes(_)) => Err(wrong("应为整数，实为文本")),
                Some(Argument::Integer(value)) => match &function.returns {
                    Returns::Integer(integer) if !integer.holds(*value) => Err(wrong("超出了声明的整数范围")),
                    _ => Ok(None),
                },
                None => Ok(None),
            };
        };
        let Some(returned) = &self.returned else {
            return Ok(None);
        };
        let text = self.bytes(*charset, returned, false).map_err(wrong)?;
        Ok(Some([text, vec![0; charset.unit()]].concat()))
    }
}

fn cell(integer: Integer, value: &Argument) -> Result<Vec<u8>, &'static str> {
    match value {
        Argument::Integer(value) if integer.holds(*value) => {
            Ok(value.to_le_bytes().into_iter().take(integer.bytes()).collect())
        }
        Argument::Integer(_) => Err("超出了声明的整数范围"),
        Argument::Text(_) | Argument::Bytes(_) => Err("应为整数，实为文本"),
    }
}

/// Fills the first out buffer and the bytes behind it.
fn overrun(memory: &mut CallMemory, function: &Function, by: usize) -> Result<(), Wrong> {
    let mut places = function.parameters.iter().zip(&mut memory.places);
    let buffer = places.find_map(|(parameter, place)| match (&parameter.kind, place) {
        (Kind::Out { .. } | Kind::Struct(_), Place::Written(buffer)) => Some(buffer),
        _ => None,
    });
    let buffer = buffer.ok_or_else(|| (function.name.clone(), "没有输出缓冲区，谈不上写过头".to_owned()))?;
    let size = buffer.bytes().len();
    buffer.write(0, &vec![b'X'; size + by]);
    Ok(())
}

/// Tells the lengths of what was written where the function tells them and the stand-in does not; a length that it returns is given back.
fn tell_lengths(
    memory: &mut CallMemory,
    function: &Function,
    performance: &Performance,
    written: &[(&str, usize)],
) -> Option<u64> {
    let mut returned = None;
    for parameter in &function.parameters {
        let Kind::Out { length, .. } = &parameter.kind else {
            continue;
        };
        let bytes = written.iter().find(|(name, _)| *name == parameter.name);
        let bytes = bytes.map_or(0, |(_, bytes)| *bytes);
        match length {
            Length::Return => returned = Some(bytes as u64),
            Length::Cell(at) => {
                let Some((cell, Place::Written(buffer))) =
                    function.parameters.get(*at).zip(memory.places.get_mut(*at))
                else {
                    continue;
                };
                let told = performance.outs.iter().any(|(name, _)| *name == cell.name);
                if let (Kind::Cell(integer, _), false) = (&cell.kind, told) {
                    let length = (bytes as u64).to_le_bytes();
                    buffer.write(0, length.get(..integer.bytes()).unwrap_or(&length));
                }
            }
            Length::Nul | Length::Full => {}
        }
    }
    returned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Convention, Export, Parameter, Returned, Value};

    fn function(kind: Kind) -> Function {
        Function {
            name: "F".to_owned(),
            export: Export::Name("F".to_owned()),
            convention: Convention::Stdcall,
            parameters: vec![Parameter {
                name: "info".to_owned(),
                kind,
            }],
            returns: Returns::Integer(Integer::INT),
        }
    }

    fn text_out(size: usize) -> Function {
        function(Kind::Out {
            size,
            charset: Charset::named("GBK").expect("known"),
            length: Length::Nul,
        })
    }

    fn performing(value: Argument) -> Performance {
        Performance {
            outs: vec![("info".to_owned(), value)],
            ..Performance::default()
        }
    }

    fn outs(performance: &Performance, size: usize) -> Result<Vec<Value>, &'static str> {
        let outcome = rehearse(&text_out(size), Vec::new(), performance);
        let outcome = outcome.expect("can be performed");
        outcome.map(|outcome| outcome.outs).map_err(|error| error.code())
    }

    #[test]
    fn text_comes_back_as_it_was_and_bytes_are_read_as_a_vendors() {
        let text = performing(Argument::Text("张三".to_owned()));
        assert_eq!(outs(&text, 9), Ok(vec![Value::Text("张三".to_owned())]));
        let garbled = performing(Argument::Bytes(b"\xD5\xC5\xC8".to_vec()));
        assert_eq!(outs(&garbled, 9), Ok(vec![Value::Text("张\u{fffd}".to_owned())]));
        let cut = Performance { cut: Some(3), ..text };
        assert_eq!(outs(&cut, 9), Ok(vec![Value::Text("张\u{fffd}".to_owned())]));
    }

    #[test]
    fn what_does_not_fit_overruns() {
        let text = performing(Argument::Text("12345".to_owned()));
        assert_eq!(outs(&text, 6), Ok(vec![Value::Text("12345".to_owned())]));
        assert_eq!(outs(&text, 5), Err("D005"), "its NUL, too");
        let over = Performance {
            overrun: 8,
            ..Performance::default()
        };
        assert_eq!(outs(&over, 5), Err("D005"));
    }

    #[test]
    fn what_cannot_be_performed_names_the_out() {
        let rare = performing(Argument::Text("😀".to_owned()));
        assert_eq!(
            rehearse(&text_out(9), Vec::new(), &rare).map_err(|(out, _)| out),
            Err("info".to_owned())
        );
    }

    #[test]
    fn a_returned_integer_and_a_returned_text_come_back() {
        let returning = |returned| Performance {
            returned: Some(returned),
            ..Performance::default()
        };
        let returned = |function: &Function, performance: &Performance| {
            rehearse(function, Vec::new(), performance).map(|outcome| outcome.map(|outcome| outcome.returned))
        };
        let mut function = text_out(4);
        assert_eq!(
            returned(&function, &returning(Argument::Integer(-2))),
            Ok(Ok(Returned::Integer(-2)))
        );
        assert!(returned(&function, &returning(Argument::Integer(1 << 40))).is_err());
        function.returns = Returns::Text {
            charset: Charset::named("GBK").expect("known"),
            free: None,
        };
        assert_eq!(
            returned(&function, &returning(Argument::Text("无卡".to_owned()))),
            Ok(Ok(Returned::Text("无卡".to_owned())))
        );
    }
}
