//! What each charset can write, exhaustively.

use std::collections::HashSet;

use mps_client::message::Charset;

use super::gbk;

/// All characters of Windows code page 936.
fn code_page_936() -> HashSet<char> {
    let character = |hex: &str| {
        u32::from_str_radix(hex, 16)
            .ok()
            .and_then(char::from_u32)
            .expect("a code point")
    };
    include_str!("../vectors/cp936-repertoire.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once("..").unwrap_or((line, line)))
        .flat_map(|(first, last)| character(first)..=character(last))
        .collect()
}

/// Asserts that the charset writes the characters for which `has` holds in codes of its own, which read back to them,
/// and all others as decimal references.
fn assert_repertoire(charset: Charset, has: impl Fn(char) -> bool) {
    let (known, unknown): (String, String) = every_character().partition(|&character| has(character));
    let written = charset.encode(&known);
    assert!(
        !written.windows(2).any(|bytes| bytes == b"&#"),
        "{charset:?} writes too few codes"
    );
    assert!(
        charset.decode(&written).is_ok_and(|read| read == known),
        "{charset:?} reads other characters"
    );
    let references: String = unknown
        .chars()
        .map(|character| format!("&#{};", u32::from(character)))
        .collect();
    assert!(
        charset.encode(&unknown) == references.into_bytes(),
        "{charset:?} writes too many codes"
    );
}

fn every_character() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

#[test]
fn gbk_writes_code_page_936_and_nothing_else() {
    let known = code_page_936();
    assert_repertoire(Charset::Gbk, |character| known.contains(&character));
}

#[test]
fn gb18030_writes_all_but_private_use() {
    assert_repertoire(Charset::Gb18030, |character| {
        !('\u{E000}'..='\u{F8FF}').contains(&character)
    });
}

#[test]
fn unicode_charsets_write_everything() {
    let all: String = every_character().collect();
    for charset in [Charset::Utf8, Charset::Utf16Le, Charset::Utf16Be] {
        assert!(
            charset
                .decode(&charset.encode(&all))
                .is_ok_and(|read| read == all),
            "{charset:?}"
        );
    }
}

#[test]
fn known_codes() {
    let cases: [(Charset, &str, &[u8]); 9] = [
        (
            Charset::Gbk,
            "镕堃喆韡·",
            b"\xE9\x46\x88\xD2\x86\xB4\xED\x7C\xA1\xA4",
        ),
        (Charset::Gbk, "€", b"\x80"),
        (Charset::Gbk, "a䶮b", b"a&#19886;b"),
        (Charset::Gb2312, "镕𬱖\u{E78D}", b"\xE9\x46&#183382;&#59277;"),
        (
            Charset::Gb18030,
            "䶮𬱖㼆𬍛",
            b"\xFE\x9F\x99\x33\xC3\x36\x82\x32\x8D\x37\x99\x31\xD9\x37",
        ),
        (Charset::Gb18030, "\u{E5E5}", b"&#58853;"),
        (Charset::Utf8, "䶮", b"\xE4\xB6\xAE"),
        (Charset::Utf16Le, "䶮", b"\xAE\x4D"),
        (Charset::Utf16Be, "𬱖", b"\xD8\x73\xDC\x56"),
    ];
    for (charset, text, bytes) in cases {
        assert_eq!(charset.encode(text), bytes, "{charset:?} {text}");
    }
}

#[test]
fn long_texts_are_written_like_short_ones() {
    // Longer than any buffer on the way, with every kind of character at every offset.
    for (unit, code) in [
        ("中a", &b"\xD6\xD0a"[..]),
        ("䶮", b"&#19886;"),
        ("한글x", b"&#54620;&#44544;x"),
    ] {
        for offset in 0..3 {
            let text = format!("{}{}", "-".repeat(offset), unit.repeat(3000));
            let expected = [b"-".repeat(offset), code.repeat(3000)].concat();
            assert!(Charset::Gbk.encode(&text) == expected, "{unit} {offset}");
        }
    }
}

#[test]
fn invalid_bytes_are_found_at_their_offset() {
    assert_eq!(Charset::Gbk.decode(&gbk("汉字")).as_deref(), Ok("汉字"));
    for charset in Charset::ALL {
        let good = charset.encode("ab");
        let bad: &[u8] = if charset == Charset::Utf16Be {
            b"\xDC\x00\x00\x20"
        } else {
            b"\xFF\xDC"
        };
        assert_eq!(
            charset.decode(&[good.as_slice(), bad].concat()),
            Err(good.len()),
            "{charset:?}"
        );
        assert_eq!(
            charset.decode(&[good.as_slice(), b"\x81"].concat()),
            Err(good.len()),
            "{charset:?}"
        );
    }
}
