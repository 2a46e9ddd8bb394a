//! The lines of a script that can run, read out of what Lua's compiler makes of it: functions that nothing ever called are in it too.
//!
//! The format is that of Lua 5.4, which is compiled in; anything else reads as `None`.

use std::collections::BTreeSet;

/// Signature, version 5.4, format 0.
const BEGINNING: &[u8] = b"\x1bLua\x54\x00";
/// What guards against conversions, the three sizes, two sample numbers, and the number of upvalues.
const REST_OF_HEADER: usize = 6 + 3 + 8 + 8 + 1;
const INSTRUCTION: usize = 4;
/// The lower bits of an instruction say what it does.
const OPERATION: u32 = 0x7f;
/// A call in the place of a return; the return that Lua puts behind it never runs.
const TAIL_CALL: u32 = 69;
/// In place of a difference of lines: the line stands in a list of its own.
const ABSOLUTE: i8 = -0x80;
/// Functions inside functions; Lua's compiler allows no more.
const DEEPEST: usize = 200;

/// The lines that hold instructions of the engineer's; the return that Lua puts behind every function is none.
pub(super) fn lines(bytecode: &[u8]) -> Option<BTreeSet<usize>> {
    let rest = bytecode.strip_prefix(BEGINNING)?;
    let mut reader = Reader(rest.get(REST_OF_HEADER..)?);
    let mut lines = BTreeSet::new();
    reader.function(&mut lines, DEEPEST)?;
    Some(lines)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn function(&mut self, lines: &mut BTreeSet<usize>, deep: usize) -> Option<()> {
        self.text()?;
        let first = self.number()?;
        self.number()?;
        let [_, is_vararg, _] = *self.take(3)? else {
            return None;
        };
        let code = self.array(INSTRUCTION)?.to_vec();
        self.constants()?;
        // Upvalues.
        self.array(3)?;
        for _ in 0..self.number()? {
            self.function(lines, deep.checked_sub(1)?)?;
        }
        let own = self.line_of_each(first)?;
        for _ in 0..self.number()? {
            self.text()?;
            self.number()?;
            self.number()?;
        }
        for _ in 0..self.number()? {
            self.text()?;
        }
        // A vararg function begins with an instruction that is no line's.
        let begin = usize::from(is_vararg != 0);
        let within = (begin..own.len().saturating_sub(1)).filter(|at| {
            !at.checked_sub(1)
                .is_some_and(|before| is_tail_call(&code, before))
        });
        lines.extend(within.filter_map(|at| own.get(at)));
        Some(())
    }

    fn constants(&mut self) -> Option<()> {
        for _ in 0..self.number()? {
            match *self.take(1)? {
                // nil, false, true
                [0x00 | 0x01 | 0x11] => {}
                // integers and floats
                [0x03 | 0x13] => drop(self.take(8)?),
                // short and long strings
                [0x04 | 0x14] => self.text()?,
                _ => return None,
            }
        }
        Some(())
    }

    /// The line of each instruction.
    fn line_of_each(&mut self, first: usize) -> Option<Vec<usize>> {
        let count = self.number()?;
        let differences = self.take(count)?.to_vec();
        let mut absolute = Vec::new();
        for _ in 0..self.number()? {
            absolute.push((self.number()?, self.number()?));
        }
        let mut line = first;
        let step = |(at, difference): (usize, &u8)| {
            let difference = difference.cast_signed();
            line = match difference {
                ABSOLUTE => absolute.iter().find(|(known, _)| *known == at)?.1,
                difference => line.checked_add_signed(difference.into())?,
            };
            Some(line)
        };
        differences.iter().enumerate().map(step).collect()
    }

    fn text(&mut self) -> Option<()> {
        let size = self.number()?;
        self.take(size.saturating_sub(1)).map(drop)
    }

    /// A vector: how many, and so many times `size` bytes.
    fn array(&mut self, size: usize) -> Option<&[u8]> {
        let count = self.number()?;
        self.take(count.checked_mul(size)?)
    }

    /// Seven bits a byte, the last one marked.
    fn number(&mut self) -> Option<usize> {
        let mut number: usize = 0;
        loop {
            let [byte] = *self.take(1)? else { return None };
            number = number.checked_mul(0x80)? | usize::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                return Some(number);
            }
        }
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

fn is_tail_call(code: &[u8], at: usize) -> bool {
    let (instructions, _) = code.as_chunks();
    let instruction = instructions.get(at).copied().map(u32::from_ne_bytes);
    instruction.is_some_and(|instruction| instruction & OPERATION == TAIL_CALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<usize> {
        let lua = mlua::Lua::new();
        let function = lua.load(text).into_function().expect("it is Lua");
        let lines = lines(&function.dump(false)).expect("it can be read");
        lines.into_iter().collect()
    }

    #[test]
    fn lines_of_functions_that_nobody_calls_count_and_luas_own_returns_do_not() {
        let text = "local t = {\n  1,\n  a = 'x', -- b\n}\n\nfunction t.f(x)\n  if x then\n    return 1.5\n  end\n  \
                    return function()\n    return x, 2^53\n  end\nend\nreturn t\n";
        // A function is made at its end, and a list is filled at its bracket.
        assert_eq!(of(text), [1, 2, 3, 4, 6, 7, 8, 11, 12, 13, 14]);
        assert_eq!(of("local function f()\n  g()\nend\n"), [2, 3]);
        assert_eq!(of("return f {\n  a = 1,\n}\n"), [1, 2]);
        assert_eq!(of(""), Vec::<usize>::new());
    }

    #[test]
    fn lines_that_stand_far_apart_are_found() {
        let text = format!(
            "local a = 1\n{}a = 2\n{}",
            "\n".repeat(300),
            "a = a + 1\n".repeat(400)
        );
        let expected: Vec<usize> = [1].into_iter().chain(302..=702).collect();
        assert_eq!(of(&text), expected);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let lua = mlua::Lua::new();
        let whole = lua
            .load("return { 'a', f = function() return 1 end }")
            .into_function();
        let whole = whole.expect("it is Lua").dump(false);
        for length in 0..whole.len() {
            assert_eq!(lines(&whole[..length]), None, "{length}");
        }
    }
}
