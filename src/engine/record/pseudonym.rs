//! Invented values in the place of real ones: of the same shape, the same for the same value within one recording, and with
//! nothing kept by which anybody could find the real ones again.

use encoding_rs::{GBK, UTF_8};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Digits in a row that are never a word of the scripts.
const NUMBER: usize = 8;
/// Parts of a value that are recognised elsewhere have so many letters and digits at least, or two hanzi.
const PART: usize = 4;
/// Hanzi that invented names are made of, none of which begins a common family name.
const INVENTED: &str = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥春夏秋冬东西南北梅兰竹菊松柏桃柳";
/// Signs that people write between the groups of a number.
const BETWEEN: &str = " -./:_";

/// What stands for what in one recording.
pub(super) struct Pseudonyms {
    keys: RandomState,
    /// Words of the scripts, which stay.
    words: HashSet<String>,
    known: Vec<(Vec<char>, Vec<char>)>,
}

/// A sign, and how it is written.
#[derive(Clone, Copy)]
struct Sign {
    value: char,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// `\u5f20`, as JSON writes it.
    Escaped,
    /// Part of an escape: it stays.
    Fixed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ascii,
    Wide,
    Other,
}

impl Pseudonyms {
    pub(super) fn new(words: HashSet<String>) -> Pseudonyms {
        Pseudonyms {
            keys: RandomState::new(),
            words,
            known: Vec::new(),
        }
    }

    /// An integer; short ones are codes and lengths.
    pub(super) fn integer(&mut self, value: i64) -> i64 {
        const SHORT: u64 = 10_000;
        if value.unsigned_abs() < SHORT {
            return value;
        }
        let masked = self.text(&value.to_string());
        masked.parse().unwrap_or_default()
    }

    /// Bytes as the text that they are, else as many others.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        for charset in [UTF_8, GBK] {
            if let Some(text) = charset.decode_without_bom_handling_and_without_replacement(bytes) {
                let masked = self.text(&text);
                let encoded = charset.encode(&masked).0.into_owned();
                if encoded.len() == bytes.len() {
                    return encoded;
                }
            }
        }
        let key = self.keys.hash_one(bytes);
        let invented = |(at, byte): (usize, &u8)| match byte {
            0 | 0xff => *byte,
            _ => (self.keys.hash_one((key, at)) % 255) as u8,
        };
        bytes.iter().enumerate().map(invented).collect()
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            let (before, after) = rest.split_at(at);
            masked.push_str(&self.plain(before));
            let (bytes, length) = percent_decoded(after);
            for byte in self.bytes(&bytes) {
                masked.push_str(&format!("%{byte:02X}"));
            }
            if bytes.is_empty() {
                masked.push('%');
            }
            rest = &after[length.max(1)..];
        }
        masked.push_str(&self.plain(rest));
        masked
    }

    /// A text without percent signs.
    fn plain(&mut self, text: &str) -> String {
        let mut signs = signs(text);
        let mut at = 0;
        let mut groups = Vec::new();
        while at < signs.len() {
            let kind = kind(&signs[at]);
            let length = signs[at..]
                .iter()
                .take_while(|sign| self::kind(sign) == kind)
                .count();
            if kind != Kind::Other {
                groups.push((at, at + length, kind));
            }
            at += length;
        }
        let split = split_numbers(&signs, &groups);
        for (number, (from, to, kind)) in groups.into_iter().enumerate() {
            let token: Vec<char> = signs[from..to].iter().map(|sign| sign.value).collect();
            let invented = if split.contains(&number) || self.hides(&token, kind) {
                self.pseudonym(&token)
            } else {
                continue;
            };
            for (sign, value) in signs[from..to].iter_mut().zip(invented) {
                sign.value = value;
            }
        }
        signs.into_iter().map(written).collect()
    }

    fn hides(&self, token: &[char], kind: Kind) -> bool {
        let text: String = token.iter().collect();
        let digits = token.iter().filter(|sign| sign.is_ascii_digit()).count();
        match kind {
            Kind::Wide => !self.words.contains(&text),
            _ if digits >= NUMBER => true,
            _ if token.len() <= 2 || matches!(text.as_str(), "true" | "false" | "null") => false,
            _ => !self.words.contains(&text),
        }
    }

    /// What stands for a token.
    fn pseudonym(&mut self, token: &[char]) -> Vec<char> {
        if let Some(slice) = self.slice(token) {
            return slice;
        }
        if let Some(parts) = self.parts(token) {
            return parts;
        }
        let invented = self.invent(token);
        self.known.push((token.to_vec(), invented.clone()));
        invented
    }

    /// The part of a known value's pseudonym that stands for this part of the value.
    fn slice(&self, token: &[char]) -> Option<Vec<char>> {
        self.known.iter().find_map(|(real, invented)| {
            if real == token {
                return Some(invented.clone());
            }
            let at = find(real, token).filter(|_| is_telling(token))?;
            invented.get(at..at + token.len()).map(<[char]>::to_vec)
        })
    }

    /// A token with the known values in it replaced, and what stands around them too; `None` where there are none.
    fn parts(&mut self, token: &[char]) -> Option<Vec<char>> {
        let inside = self.known.iter().filter(|(real, _)| is_telling(real));
        let found =
            inside.filter_map(|(real, invented)| Some((find(token, real)?, real.len(), invented.clone())));
        let (at, length, invented) = found.max_by_key(|(_, length, _)| *length)?;
        let mut masked = self.around(&token[..at]);
        masked.extend(invented);
        masked.extend(self.around(&token[at + length..]));
        Some(masked)
    }

    fn around(&mut self, part: &[char]) -> Vec<char> {
        let wide = part.iter().any(|sign| !sign.is_ascii());
        match self.parts(part) {
            Some(masked) => masked,
            // Hanzi around a name are a message's.
            None if wide || part.len() <= 2 => part.to_vec(),
            None => self.invent(part),
        }
    }

    fn invent(&self, token: &[char]) -> Vec<char> {
        const TRIES: u32 = 8;
        let mut tries = (0..TRIES).map(|salt| self.invented(token, salt));
        tries
            .find(|invented| invented != token)
            .unwrap_or_else(|| vec!['0'; token.len()])
    }

    fn invented(&self, token: &[char], salt: u32) -> Vec<char> {
        let is_hex = token.len() >= NUMBER && token.iter().all(char::is_ascii_hexdigit);
        let letters = if is_hex { 6 } else { 26 };
        // Once for all signs: a picture in hexadecimal is one token.
        let key = self.keys.hash_one((token, salt));
        let invent = |(at, sign): (usize, &char)| {
            let random = self.keys.hash_one((key, at));
            let pick = |from: char, count: u32| {
                let offset = (random % u64::from(count)) as u32;
                char::from_u32(u32::from(from) + offset).unwrap_or(from)
            };
            match sign {
                '0'..='9' => pick('0', 10),
                'A'..='Z' => pick('A', letters),
                'a'..='z' => pick('a', letters),
                wide => invented_hanzi(*wide, random),
            }
        };
        let mut invented: Vec<char> = token.iter().enumerate().map(invent).collect();
        let random = |range: u64| key % range;
        match token.len() {
            8 if is_date(token) => invented = date(random(1 << 20)),
            18 if is_date(&token[6..14]) => {
                invented.splice(6..14, date(random(1 << 20)));
                if check_sign(token) == token.last().copied() {
                    let last = check_sign(&invented);
                    invented.truncate(17);
                    invented.extend(last);
                }
            }
            _ => {}
        }
        invented
    }
}

/// Another hanzi that takes as many bytes in GBK and in UTF-8.
fn invented_hanzi(sign: char, random: u64) -> char {
    let mut buffer = [0; 4];
    let in_gbk = !GBK.encode(sign.encode_utf8(&mut buffer)).2;
    let offset = (random % 64) as u32;
    match (sign.len_utf8(), in_gbk) {
        (3, true) => {
            let count = INVENTED.chars().count() as u64;
            INVENTED.chars().nth((random % count) as usize).unwrap_or('甲')
        }
        (3, false) => char::from_u32(0x3400 + offset).unwrap_or('㐀'),
        (4, _) => char::from_u32(0x20000 + offset).unwrap_or('𠀀'),
        (_, true) => 'à',
        (_, false) => 'ø',
    }
}

/// Enough to be recognised as the same value.
fn is_telling(part: &[char]) -> bool {
    part.len() >= PART || (part.len() >= 2 && part.iter().all(|sign| !sign.is_ascii()))
}

fn find(within: &[char], part: &[char]) -> Option<usize> {
    (!part.is_empty()).then(|| within.windows(part.len()).position(|window| window == part))?
}

/// The signs of a text, its JSON escapes read.
fn signs(text: &str) -> Vec<Sign> {
    let plain = |value| Sign {
        value,
        form: Form::Plain,
    };
    let mut signs = Vec::new();
    let mut rest = text;
    while let Some(value) = rest.chars().next() {
        rest = &rest[value.len_utf8()..];
        if value != '\\' {
            signs.push(plain(value));
            continue;
        }
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix('u')?.get(..4)?, 16).ok();
        let Some(first) = unit(rest) else {
            let form = Form::Fixed;
            signs.push(Sign { value, form });
            if let Some(value) = rest.chars().next() {
                signs.push(Sign { value, form });
                rest = &rest[value.len_utf8()..];
            }
            continue;
        };
        let second = rest[5..].strip_prefix('\\').and_then(unit);
        let pair = [first, second.unwrap_or_default()];
        let decoded = char::decode_utf16(pair).next().and_then(Result::ok);
        let units = decoded.map_or(1, char::len_utf16);
        rest = &rest[if units == 2 { 11 } else { 5 }..];
        let value = decoded.unwrap_or('?');
        let form = Form::Escaped;
        signs.push(Sign { value, form });
    }
    signs
}

fn written(sign: Sign) -> String {
    match sign.form {
        Form::Plain | Form::Fixed => sign.value.to_string(),
        Form::Escaped => {
            let mut units = [0; 2];
            let units = sign.value.encode_utf16(&mut units).iter();
            units.map(|unit| format!("\\u{unit:04x}")).collect()
        }
    }
}

fn kind(sign: &Sign) -> Kind {
    match sign.value {
        _ if sign.form == Form::Fixed => Kind::Other,
        value if value.is_ascii_alphanumeric() => Kind::Ascii,
        value if !value.is_ascii() && value.is_alphanumeric() => Kind::Wide,
        _ => Kind::Other,
    }
}

/// The groups that make one number together, written with signs between them.
fn split_numbers(signs: &[Sign], groups: &[(usize, usize, Kind)]) -> HashSet<usize> {
    let is_digits = |group: &(usize, usize, Kind)| {
        let mut values = signs[group.0..group.1].iter().map(|sign| sign.value);
        // The last of an identity number may be a letter.
        values.all(|value| value.is_ascii_digit() || value == 'X' || value == 'x')
    };
    let follows = |before: &(usize, usize, Kind), group: &(usize, usize, Kind)| {
        group.0 == before.1 + 1 && BETWEEN.contains(signs[before.1].value)
    };
    let mut split = HashSet::new();
    let mut from = 0;
    for to in 1..=groups.len() {
        let goes_on = groups.get(to).is_some_and(|group| {
            is_digits(group) && is_digits(&groups[to - 1]) && follows(&groups[to - 1], group)
        });
        if goes_on {
            continue;
        }
        let run = &groups[from..to];
        let digits: usize = run.iter().map(|group| group.1 - group.0).sum();
        if run.len() > 1 && digits >= NUMBER {
            split.extend(from..to);
        }
        from = to;
    }
    split
}

/// The bytes that a text begins with in percent encoding, and how long that is.
fn percent_decoded(text: &str) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(digits) = text[at..].strip_prefix('%').and_then(|rest| rest.get(..2)) {
        let Ok(byte) = u8::from_str_radix(digits, 16) else {
            break;
        };
        bytes.push(byte);
        at += 3;
    }
    (bytes, at)
}

fn number(signs: &[char]) -> u64 {
    let text: String = signs.iter().collect();
    text.parse().unwrap_or_default()
}

/// `19000101` and the like.
fn is_date(signs: &[char]) -> bool {
    let [year, month, day] = [&signs[..4], &signs[4..6], &signs[6..8]].map(number);
    signs.iter().all(char::is_ascii_digit)
        && (1900..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
}

fn date(random: u64) -> Vec<char> {
    let (year, month, day) = (1950 + random % 60, 1 + random / 64 % 12, 1 + random / 1024 % 28);
    format!("{year}{month:02}{day:02}").chars().collect()
}

/// The last sign of an identity number, of the seventeen digits before it.
fn check_sign(number: &[char]) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = number
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| Some(digit.to_digit(10)? * weight));
    let sum: u32 = digits.sum::<Option<u32>>()?;
    "10X98765432".chars().nth((sum % 11) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(["code", "data", "男", "0000"].map(str::to_owned).into())
    }

    #[test]
    fn values_are_others_of_the_same_shape() {
        let mut pseudonyms = pseudonyms();
        let card = "350200|11010119000101000X|DG1234567|欧阳某某|男|0|";
        let masked = pseudonyms.text(card);
        assert_eq!(masked.len(), card.len());
        let [real, invented] =
            [card, &masked].map(|text| text.split('|').map(str::to_owned).collect::<Vec<_>>());
        for (at, (real, invented)) in real.iter().zip(&invented).enumerate() {
            assert_eq!(real.chars().count(), invented.chars().count());
            assert_eq!(real == invented, at > 3, "{real}: {invented}");
        }
        assert_eq!(GBK.encode(card).0.len(), GBK.encode(&masked).0.len());
        let id: Vec<char> = invented[1].chars().collect();
        assert!(is_date(&id[6..14]), "{}", invented[1]);
        assert_eq!(pseudonyms.text("欧阳某某"), invented[3], "the same again");
        let told = format!("查无{}此人", invented[3]);
        assert_eq!(pseudonyms.text("查无欧阳某某此人"), told);
        let birth: String = id[6..14].iter().collect();
        assert_eq!(pseudonyms.text("19000101"), birth, "a part of what is known");
    }

    #[test]
    fn no_writing_hides_a_value() {
        let mut pseudonyms = pseudonyms();
        for (text, forbidden) in [
            (r#"{"code":0,"data":{"xm":"\u5f20\u4e09"},"ok":true}"#, r"\u5f20"),
            ("name=%E5%BC%A0%E4%B8%89&x=1", "%E5%BC%A0"),
            ("name=%D5%C5%C8%FD", "%D5%C5"),
            ("35 02 00 19 90 01 01 00 00", "19 90"),
            ("1990-01-01", "1990"),
            ("5byg5LiJ5byg", "5byg"),
            ("E5BCA0E4B889", "BCA0"),
            ("张·三", "张"),
            ("䶮", "䶮"),
        ] {
            let masked = pseudonyms.text(text);
            assert!(!masked.contains(forbidden), "{masked}");
            assert_eq!(masked.len(), text.len(), "{masked}");
        }
        let json = pseudonyms.text(r#"{"code":0,"data":{"a":"\n\u5f20","ok":true}}"#);
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok_and(|json| json["data"]["ok"] == true),
            "{json}"
        );
        let gbk = GBK.encode("张三 350200190001010000").0.into_owned();
        let masked = pseudonyms.bytes(&gbk);
        assert!(masked.len() == gbk.len() && masked[..4] != gbk[..4] && masked[5..] != gbk[5..]);
    }
}
