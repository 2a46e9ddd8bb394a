//! The social-security card: its files, and what their items say.

use super::apdu::{Channel, exchange};
use super::status::Word;
use super::tlv;
use crate::device::builtin::{Clock, Fault, Kind};
use encoding_rs::GBK;
use std::collections::BTreeMap;

/// What a card's issuer says of the card.
const EF05: u8 = 0x05;
/// What a card says of its holder.
const EF06: u8 = 0x06;
/// Records that a file is asked for.
const MOST_RECORDS: u8 = 32;
/// What continues a name that is longer than its item.
const NAME: u8 = 0x09;
const NAME_CONTINUED: u8 = 0x4E;
const VERSION: u8 = 0x03;
const CARD_CODE: u8 = 0x01;

/// How an item is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Text in GBK, filled up.
    Text,
    /// Bytes; decimal digits, two a byte, among them.
    Digits,
}

/// One item of the card.
struct Meaning {
    /// What scripts call it.
    name: &'static str,
    title: &'static str,
    file: u8,
    tag: u8,
    format: Format,
    /// Whether a card without it is of no use.
    needed: bool,
}

const fn needed(name: &'static str, title: &'static str, file: u8, tag: u8, format: Format) -> Meaning {
    Meaning {
        needed: true,
        ..optional(name, title, file, tag, format)
    }
}

const fn optional(name: &'static str, title: &'static str, file: u8, tag: u8, format: Format) -> Meaning {
    Meaning {
        name,
        title,
        file,
        tag,
        format,
        needed: false,
    }
}

const MEANINGS: [Meaning; 13] = [
    needed("id", "社会保障号码", EF06, 0x08, Format::Text),
    needed("cardnum", "卡号", EF05, 0x07, Format::Text),
    needed("name", "姓名", EF06, NAME, Format::Text),
    needed("cardCode", "卡的识别码", EF05, CARD_CODE, Format::Digits),
    optional("sex", "性别", EF06, 0x0A, Format::Text),
    optional("nation", "民族", EF06, 0x0B, Format::Digits),
    optional("birthplace", "出生地", EF06, 0x0C, Format::Digits),
    optional("birthday", "出生日期", EF06, 0x0D, Format::Digits),
    optional("class", "卡的类别", EF05, 0x02, Format::Text),
    optional("version", "规范版本", EF05, VERSION, Format::Text),
    optional("institution", "初始化机构编号", EF05, 0x04, Format::Digits),
    optional("issued", "发卡日期", EF05, 0x05, Format::Digits),
    optional("expires", "卡有效期", EF05, 0x06, Format::Digits),
];

/// What [`read`] brings back, in order; the area is the beginning of the card's code.
pub(super) const OUTS: [&str; MEANINGS.len() + 1] = {
    let mut outs = ["area"; MEANINGS.len() + 1];
    let mut at = 0;
    while at < MEANINGS.len() {
        outs[at] = MEANINGS[at].name;
        at += 1;
    }
    outs
};

/// Reads the card whose application is selected.
pub(super) fn read(channel: &mut dyn Channel, clock: &Clock) -> Result<Vec<String>, Fault> {
    let files = [
        File::read(channel, EF05, clock)?,
        File::read(channel, EF06, clock)?,
    ];
    let mut values = Vec::new();
    for meaning in &MEANINGS {
        let file = files.iter().find(|file| file.number == meaning.file);
        let value = file.and_then(|file| file.text(meaning));
        match value {
            None if meaning.needed => return Err(missing(meaning, &files)),
            value => values.push(value.unwrap_or_default()),
        }
    }
    let code = MEANINGS.iter().position(|meaning| meaning.tag == CARD_CODE);
    let code = code.and_then(|at| values.get(at));
    values.push(code.and_then(|code| code.get(..6)).unwrap_or_default().to_owned());
    Ok(values)
}

/// One item by its file and tag: its bytes.
pub(super) fn item(channel: &mut dyn Channel, file: u8, tag: u8, clock: &Clock) -> Result<Vec<u8>, Fault> {
    let file = File::read(channel, file, clock)?;
    match (file.items.get(&tag), file.refusal()) {
        (Some(item), _) if !item.cut => Ok(item.value.clone()),
        (None, Some(word)) => Err(word.fault()),
        _ => Err(Kind::Damaged.with(format_args!("文件EF{:02X}中没有完整的标签{tag:02X}", file.number))),
    }
}

/// Text of bytes that may be cut within a character, as fixed columns cut names.
pub(super) fn text(bytes: &[u8]) -> String {
    let (text, _) = GBK.decode_without_bom_handling(filled(bytes));
    text.trim().to_owned()
}

/// Bytes without what fills them up.
fn filled(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|byte| !matches!(byte, 0x00 | b' ' | 0xFF));
    last.and_then(|last| bytes.get(..=last)).unwrap_or_default()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Why an item that is needed is not there.
fn missing(meaning: &Meaning, files: &[File]) -> Fault {
    let version = files.iter().find_map(|file| file.items.get(&VERSION));
    let version = version
        .map(|item| text(&item.value))
        .filter(|version| version.is_ascii());
    let version = version.unwrap_or_default();
    let refused = files
        .iter()
        .filter(|file| file.number == meaning.file)
        .find_map(File::refusal);
    let title = meaning.title;
    match refused {
        Some(word) if word.is_lock() => word.fault_of(title),
        _ if refused.is_some_and(Word::is_protection) || version.starts_with('3') => {
            let version = match version.as_str() {
                "" => String::new(),
                version => format!("，规范版本{version}"),
            };
            Kind::Protected.with(format_args!("读不到{title}{version}"))
        }
        Some(word) => word.fault_of(title),
        None => Kind::Damaged.with(format_args!("读不到{title}")),
    }
}

/// What could be read of a file.
struct File {
    number: u8,
    items: BTreeMap<u8, tlv::Item>,
    /// The status words of what could not.
    refusals: Vec<Word>,
}

impl File {
    fn read(channel: &mut dyn Channel, number: u8, clock: &Clock) -> Result<File, Fault> {
        let mut file = File {
            number,
            items: BTreeMap::new(),
            refusals: Vec::new(),
        };
        clock.check()?;
        // Cards know one of two ways to select; some know none and take the file's number with each record.
        let selected = file.select(channel, 0x02)? || file.select(channel, 0x00)?;
        let reference = if selected { 0x04 } else { number << 3 | 0x04 };
        file.refusals.clear();
        for record in 1..=MOST_RECORDS {
            clock.check()?;
            let answer = exchange(channel, &[0x00, 0xB2, record, reference, 0x00])?;
            match answer.word {
                Word::DONE => file.keep(&answer.data),
                Word::NO_RECORD => break,
                word if word.is_protection() || word.is_lock() => file.refusals.push(word),
                word if record == 1 && selected && word.is_about_addressing() => {
                    file.refusals.push(word);
                    return file.read_by_tags(channel, clock);
                }
                word => {
                    file.refusals.push(word);
                    break;
                }
            }
        }
        Ok(file)
    }

    /// Asks for each item by its tag instead of a record's number.
    fn read_by_tags(mut self, channel: &mut dyn Channel, clock: &Clock) -> Result<File, Fault> {
        let number = self.number;
        let tags = MEANINGS.iter().filter(|meaning| meaning.file == number);
        let tags = tags.map(|meaning| meaning.tag);
        let name = (number == EF06).then_some(NAME_CONTINUED);
        for tag in tags.chain(name) {
            clock.check()?;
            let answer = exchange(channel, &[0x00, 0xB2, tag, 0x00, 0x00])?;
            match answer.word {
                Word::DONE => self.keep(&answer.data),
                Word::NO_RECORD => {}
                word => self.refusals.push(word),
            }
        }
        Ok(self)
    }

    fn select(&mut self, channel: &mut dyn Channel, how: u8) -> Result<bool, Fault> {
        let answer = exchange(channel, &[0x00, 0xA4, how, 0x00, 0x02, 0xEF, self.number])?;
        Ok(answer.word == Word::DONE)
    }

    fn keep(&mut self, record: &[u8]) {
        for item in tlv::items(record) {
            // The first counts: what follows a length that is wrong is no item.
            self.items.entry(item.tag).or_insert(item);
        }
    }

    /// What the card said instead of an item: what explains most.
    fn refusal(&self) -> Option<Word> {
        let rank = |word: &&Word| match word {
            word if word.is_lock() => 0,
            word if word.is_protection() => 1,
            _ => 2,
        };
        self.refusals.iter().min_by_key(rank).copied()
    }

    /// An item as text; `None` where it is not there, empty, or cut off.
    fn text(&self, meaning: &Meaning) -> Option<String> {
        let item = self.items.get(&meaning.tag).filter(|item| !item.cut)?;
        let text = match meaning.format {
            Format::Text if meaning.tag == NAME => self.name(&item.value),
            Format::Text => text(&item.value),
            Format::Digits => hex(filled_digits(&item.value)),
        };
        // What a broken card holds is no text.
        (!text.is_empty() && !text.contains(char::is_control)).then_some(text)
    }

    /// The name with what did not fit into its item: joined as bytes, because it may have been cut within a character.
    fn name(&self, name: &[u8]) -> String {
        let more = self.items.get(&NAME_CONTINUED).filter(|more| !more.cut);
        let more = more.map(|more| filled(&more.value)).unwrap_or_default();
        text(&[filled(name), more].concat())
    }
}

/// Nothing where the item was never written.
fn filled_digits(bytes: &[u8]) -> &[u8] {
    let blank = |filler: u8| bytes.iter().all(|&byte| byte == filler);
    if blank(0x00) || blank(0xFF) { &[] } else { bytes }
}
