//! How a C structure lies in memory.

use super::Integer;
use super::text::{Charset, Value};

/// A structure that a function fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    fields: Vec<Field>,
    pack: usize,
    size: usize,
}

/// One member of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the declaration.
    pub name: String,
    /// What it is.
    pub member: Member,
    /// Bytes before it.
    pub(super) offset: usize,
}

/// What a member of a structure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// An integer.
    Integer(Integer),
    /// An array of so many code units of a charset: text ends at its NUL, or at its end.
    Array(Charset, usize),
}

impl Member {
    fn size(self) -> usize {
        match self {
            Member::Integer(integer) => integer.bytes(),
            Member::Array(charset, units) => charset.unit().saturating_mul(units),
        }
    }

    fn alignment(self) -> usize {
        match self {
            // The one exception of any platform of ours: i386 Linux aligns 64 bits to 4 bytes in structures.
            Member::Integer(integer) if cfg!(all(unix, target_arch = "x86")) => integer.bytes().min(4),
            Member::Integer(integer) => integer.bytes(),
            Member::Array(charset, _) => charset.unit(),
        }
    }
}

impl Layout {
    /// Lays members out as C does, none aligned to more than `pack` bytes. What would be larger than memory is as large as memory.
    pub fn of(members: Vec<(String, Member)>, pack: usize) -> Layout {
        let mut fields = Vec::with_capacity(members.len());
        let (mut end, mut widest) = (0usize, 1);
        for (name, member) in members {
            let alignment = member.alignment().min(pack);
            let offset = end.checked_next_multiple_of(alignment).unwrap_or(usize::MAX);
            end = offset.saturating_add(member.size());
            widest = widest.max(alignment);
            fields.push(Field { name, member, offset });
        }
        Layout {
            fields,
            pack,
            size: end.checked_next_multiple_of(widest).unwrap_or(usize::MAX),
        }
    }

    /// Bytes of the whole, as C's `sizeof`.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Bytes that no member is aligned to more than.
    pub(super) fn pack(&self) -> usize {
        self.pack
    }

    /// The members, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What the members hold, in order.
    pub(super) fn read<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Value> + 'a {
        self.fields.iter().map(|field| {
            let end = field.offset.saturating_add(field.member.size());
            let bytes = bytes.get(field.offset..end).unwrap_or_default();
            match field.member {
                Member::Integer(integer) => Value::Integer(integer.of_bytes(bytes)),
                Member::Array(Charset::Hex, _) => Charset::Hex.read(bytes),
                Member::Array(charset, _) => charset.read(charset.until_nul(bytes)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(pack: usize) -> Layout {
        let member = |name: &str, member| (name.to_owned(), member);
        let integer = |name| Member::Integer(Integer::named(name).expect("known"));
        let members = vec![
            member("a", Member::Array(Charset::Raw, 3)),
            member("b", integer("i32")),
            member("c", integer("u8")),
            member("d", Member::Array(Charset::Utf16, 2)),
            member("e", integer("i16")),
            member("f", integer("u8")),
        ];
        Layout::of(members, pack)
    }

    fn offsets(layout: &Layout) -> Vec<usize> {
        layout.fields().iter().map(|field| field.offset).collect()
    }

    #[test]
    fn members_are_aligned_and_the_whole_is_padded() {
        assert_eq!(offsets(&layout(8)), [0, 4, 8, 10, 14, 16]);
        assert_eq!(layout(8).size(), 20);
        assert_eq!(offsets(&layout(2)), [0, 4, 8, 10, 14, 16]);
        assert_eq!(layout(2).size(), 18);
    }

    #[test]
    fn packed_members_follow_each_other() {
        assert_eq!(offsets(&layout(1)), [0, 3, 7, 8, 12, 14]);
        assert_eq!(layout(1).size(), 15);
    }
}
