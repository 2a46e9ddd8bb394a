//! What XML 1.0 says of characters, names, line ends and references, and the fast scan that the other files share.

/// The offset of the first byte that `wanted` picks.
///
/// The compiler tests many bytes at once if `wanted` never branches: comparisons joined by `|` and `&`.
#[inline(always)]
pub(super) fn find(bytes: &[u8], wanted: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let clear = clear_blocks::<64>(bytes, wanted);
    let clear = clear + clear_blocks::<16>(bytes.get(clear..)?, wanted);
    let rest = bytes.get(clear..)?;
    rest.iter().position(|&byte| wanted(byte)).map(|at| clear + at)
}

/// How many bytes there are before the first block with one that is wanted, or before the rest that is no block.
#[inline(always)]
fn clear_blocks<const SIZE: usize>(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks::<SIZE>();
    let has_any = |block: &[u8; SIZE]| block.iter().fold(0, |any, &byte| any | u8::from(wanted(byte))) != 0;
    blocks.iter().position(has_any).unwrap_or(blocks.len()) * SIZE
}

/// Whether a text is written as it stands: it has no character that XML forbids or that has to be escaped.
pub(super) fn is_plain(text: &str) -> bool {
    find(text.as_bytes(), is_special).is_none()
}

/// Whether that and every character is ASCII, whose bytes are the same in every charset of 8 bits.
pub(super) fn is_plain_ascii(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.len() {
        0..4 => bytes
            .iter()
            .all(|byte| PLAIN_ASCII.get(usize::from(*byte)) == Some(&true)),
        4..8 => ends_are_plain_ascii::<4>(bytes),
        8..16 => ends_are_plain_ascii::<8>(bytes),
        16..32 => ends_are_plain_ascii::<16>(bytes),
        _ => find(bytes, |byte| is_special(byte) | !byte.is_ascii()).is_none(),
    }
}

/// The same of so many bytes at the begin and at the end: all, where there are no more than twice as many. Most values are short, and
/// their lengths differ, which a loop over the bytes is slow for.
fn ends_are_plain_ascii<const SIZE: usize>(bytes: &[u8]) -> bool {
    let is_plain = |end: &[u8; SIZE]| {
        end.iter().fold(0, |any, &byte| {
            any | u8::from(is_special(byte) | !byte.is_ascii())
        }) == 0
    };
    bytes.first_chunk().is_some_and(is_plain) && bytes.last_chunk().is_some_and(is_plain)
}

const PLAIN_ASCII: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        plain[byte] = !is_special(byte as u8);
        byte += 1;
    }
    plain
};

/// Whether a byte is, or may be part of, something that is not written as it stands.
const fn is_special(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\n') & (byte != b'\t'))
        | (byte == b'&')
        | (byte == b'<')
        | (byte == b'>')
        | (byte == 0xEF)
}

/// The first character that XML 1.0 does not allow (production 2), and its offset.
pub(super) fn first_illegal(text: &str) -> Option<(usize, char)> {
    // Only control characters and U+FFFE, U+FFFF are forbidden; the latter two begin with byte EF.
    let suspect =
        |byte: u8| (byte == 0xEF) | ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r'));
    let mut at = 0;
    loop {
        at += find(text.as_bytes().get(at..)?, suspect)?;
        let character = text.get(at..)?.chars().next()?;
        if !is_allowed(character) {
            return Some((at, character));
        }
        at += character.len_utf8();
    }
}

/// Whether XML 1.0 allows the character in a document (production 2).
pub(super) fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

const ORDINARY: [bool; 256] = {
    let mut ordinary = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        ordinary[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    ordinary
};

/// Whether the byte is an ASCII letter, a digit or the underscore.
pub(super) fn is_ordinary(byte: u8) -> bool {
    ORDINARY.get(usize::from(byte)) == Some(&true)
}

/// Whether the text is a name of such bytes alone, as good as all names are.
pub(super) fn is_ordinary_name(text: &str) -> bool {
    text.bytes().all(is_ordinary) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// Whether the text is an XML name (production 5).
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    is_ordinary_name(text) || (characters.next().is_some_and(starts_name) && characters.all(continues_name))
}

fn starts_name(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '_' | ':' => true,
        ..='\u{BF}' => false,
        _ => matches!(character,
            '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
            | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}'),
    }
}

fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character,
            '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What XML calls white space (production 3).
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Appends text with its line ends made LF, as XML 1.0 section 2.11 says.
pub(super) fn push_normalised(value: &mut String, text: &str) {
    let mut lines = text.split('\r');
    value.push_str(lines.next().unwrap_or_default());
    for line in lines {
        value.push('\n');
        value.push_str(line.strip_prefix('\n').unwrap_or(line));
    }
}

/// The code point of a predefined entity or a numeric reference, allowed or not.
pub(super) fn resolve(name: &str) -> Option<u32> {
    let (digits, radix) = match name {
        "amp" => return Some(u32::from('&')),
        "lt" => return Some(u32::from('<')),
        "gt" => return Some(u32::from('>')),
        "quot" => return Some(u32::from('"')),
        "apos" => return Some(u32::from('\'')),
        _ => match name.strip_prefix('#')?.strip_prefix('x') {
            Some(digits) => (digits, 16),
            None => (name.strip_prefix('#')?, 10),
        },
    };
    // from_str_radix alone would accept a sign.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::is_plain_ascii;

    #[test]
    fn a_byte_is_plain_in_a_short_text_where_it_is_in_a_long_one() {
        let characters = (0..0x100).filter_map(char::from_u32).chain(['三', '\u{FFFE}']);
        for character in characters {
            let expected =
                matches!(character, '\t' | '\n' | ' '..='~' | '\x7F') && !"&<>".contains(character);
            for others in 0..70 {
                for before in 0..=others {
                    let (before, behind) = ("x".repeat(before), "x".repeat(others - before));
                    let text = format!("{before}{character}{behind}");
                    assert_eq!(is_plain_ascii(&text), expected, "{text:?}");
                }
            }
        }
    }
}
