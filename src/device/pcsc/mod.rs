//! Social-security cards by PC/SC, without a vendor's library.

mod apdu;
mod social;
mod status;
mod system;
#[cfg(test)]
mod tests;
mod tlv;

use super::builtin::{Clock, Fault, Input, Kind, Offer};
use super::text::Charset;
use super::{Argument, Value};
use apdu::{Channel, exchange};
use status::Word;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};
use system::{Card, Context, state};

/// How long a card that does not answer, or a reader that is not there, is given to come round: one that is being put in or plugged in.
const SETTLING: Duration = Duration::from_millis(1500);

/// How long a reader may take to see that its card is gone.
const NOTICED: Duration = Duration::from_millis(1500);

/// What scripts can call.
pub(super) const OFFERS: &[Offer] = &[
    Offer {
        name: "connect",
        inputs: &[
            Input::Text("reader"),
            Input::Integer("wait"),
            Input::Text("application"),
        ],
        outs: &["reader", "atr"],
    },
    Offer {
        name: "disconnect",
        inputs: &[],
        outs: &[],
    },
    Offer {
        name: "read_card",
        inputs: &[],
        outs: &social::OUTS,
    },
    Offer {
        name: "read_item",
        inputs: &[Input::Text("file"), Input::Text("tag")],
        outs: &["hex", "text"],
    },
    Offer {
        name: "transmit",
        inputs: &[Input::Text("command")],
        outs: &["data", "sw"],
    },
];

/// One reader, for those who look whether a desk is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Its name, which the setting `reader` takes a part of.
    pub name: String,
    /// What stands in it.
    pub state: ReaderState,
}

/// What stands in a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderState {
    /// No card.
    Empty,
    /// A card.
    Card,
    /// A card that does not answer: upside down, or broken.
    Mute,
    /// A card that another program uses.
    InUse,
    /// The system does not say.
    Unavailable,
}

impl ReaderState {
    fn of(bits: u32) -> ReaderState {
        match bits {
            bits if bits & (state::UNKNOWN | state::UNAVAILABLE) != 0 => ReaderState::Unavailable,
            bits if bits & state::PRESENT == 0 => ReaderState::Empty,
            bits if bits & state::MUTE != 0 => ReaderState::Mute,
            bits if bits & (state::EXCLUSIVE | state::IN_USE) != 0 => ReaderState::InUse,
            _ => ReaderState::Card,
        }
    }
}

/// The service, whatever it says where it cannot be used.
fn service() -> Result<Context, Fault> {
    Context::establish().map_err(|code| Kind::NoService.with(code))
}

/// The readers of this desk and what stands in them. No card is asked for anything.
pub fn readers() -> Result<Vec<Reader>, Fault> {
    let context = service()?;
    let reader = |name: String| {
        let seen = context.look(&name);
        let state = seen.map_or(ReaderState::Unavailable, |seen| ReaderState::of(seen.state));
        Reader { name, state }
    };
    Ok(context.readers()?.into_iter().map(reader).collect())
}

/// The same as sentences; `meant` is a piece of the name of one that must be among them.
pub(super) fn there(meant: &str) -> Result<Vec<String>, Fault> {
    let readers = readers()?;
    let meant = meant.trim().to_lowercase();
    if !readers
        .iter()
        .any(|reader| reader.name.to_lowercase().contains(&meant))
    {
        let names: Vec<&str> = readers.iter().map(|reader| reader.name.as_str()).collect();
        return Err(match names.as_slice() {
            [] => Kind::NoReader.plain(),
            names => Kind::OtherReader.with(format_args!("现有：{}", names.join("、"))),
        });
    }
    Ok(readers.iter().map(ToString::to_string).collect())
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            ReaderState::Empty => "没有卡",
            ReaderState::Card => "有卡",
            ReaderState::Mute => "卡没有应答，请检查是否插反",
            ReaderState::InUse => "卡正被另一个程序使用",
            ReaderState::Unavailable => "状态不明，请检查连接和驱动",
        };
        write!(f, "读卡器{}：{state}", self.name)
    }
}

/// The card of one use of the device.
#[derive(Default)]
pub(super) struct Pcsc {
    connected: Option<Connected>,
}

struct Connected {
    // Before the context, to be given back before it.
    card: Card,
    context: Context,
    reader: String,
    atr: Vec<u8>,
    application: Vec<u8>,
    /// Whether the application is still what commands go to.
    selected: bool,
}

impl Pcsc {
    /// Does what a script calls.
    pub(super) fn call(
        &mut self,
        name: &str,
        inputs: &[Argument],
        clock: &Clock,
    ) -> Result<Vec<Value>, Fault> {
        let texts = match (name, inputs) {
            (
                "connect",
                [
                    Argument::Text(reader),
                    Argument::Integer(wait),
                    Argument::Text(application),
                ],
            ) => {
                self.connected = None;
                let connected = Search::new(reader, application)?.run(*wait, clock)?;
                let connected = self.connected.insert(connected);
                vec![connected.reader.clone(), social::hex(&connected.atr)]
            }
            ("disconnect", _) => {
                self.connected = None;
                Vec::new()
            }
            ("read_card", _) => social::read(self.selected()?, clock)?,
            ("read_item", [Argument::Text(file), Argument::Text(tag)]) => {
                let (file, tag) = (file_number(file)?, tag_number(tag)?);
                let value = social::item(self.selected()?, file, tag, clock)?;
                vec![social::hex(&value), social::text(&value)]
            }
            ("transmit", [Argument::Text(command)]) => {
                let connected = self.connected()?;
                connected.selected = false;
                let answer = exchange(connected, &command_bytes(command)?)?;
                vec![social::hex(&answer.data), format!("{:04X}", answer.word.0)]
            }
            _ => return Err(Kind::Usage.with(format_args!("没有函数{name}"))),
        };
        Ok(texts.into_iter().map(Value::Text).collect())
    }

    /// Gives the card back.
    pub(super) fn reset(&mut self) {
        self.connected = None;
    }

    fn connected(&mut self) -> Result<&mut Connected, Fault> {
        let not = || Kind::Usage.because("还没有连接卡");
        self.connected.as_mut().ok_or_else(not)
    }

    /// The card with its application selected.
    fn selected(&mut self) -> Result<&mut Connected, Fault> {
        let connected = self.connected()?;
        if !connected.selected {
            connected.select()?;
        }
        Ok(connected)
    }
}

impl Connected {
    /// Selects the application by its name, if it has one.
    fn select(&mut self) -> Result<(), Fault> {
        if let Ok(length @ 1..) = u8::try_from(self.application.len()) {
            let name = self.application.as_slice();
            let command = [&[0x00, 0xA4, 0x04, 0x00, length], name, &[0x00]].concat();
            match exchange(self, &command)?.word {
                Word::DONE => {}
                word if word.is_lock() || word.is_protection() => return Err(word.fault()),
                word => return Err(Kind::Foreign.with(format_args!("状态字{:04X}", word.0))),
            }
        }
        self.selected = true;
        Ok(())
    }

    /// What it means that the card cannot be asked any more. A reader takes a moment to see that a card is gone.
    fn lost(&self, fault: Fault) -> Fault {
        let end = Instant::now() + NOTICED;
        while Instant::now() < end {
            match self
                .context
                .look(&self.reader)
                .map(|seen| ReaderState::of(seen.state))
            {
                Ok(ReaderState::Empty) => return Kind::Removed.plain(),
                Ok(_) => std::thread::sleep(NOTICED / 20),
                Err(_) => break,
            }
        }
        fault
    }
}

impl Channel for Connected {
    fn is_t0(&self) -> bool {
        self.card.is_t0()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<(Vec<u8>, [u8; 2]), Fault> {
        let answer = match self.card.transmit(command) {
            Ok(answer) => answer,
            Err(code) => {
                let fault = Fault::from(code);
                return Err(match fault.kind() {
                    Kind::Lost => self.lost(fault),
                    // This card has answered before: it is another one, or this one put in anew, that does not understand us.
                    Kind::Mute => Kind::Removed.with(code),
                    _ => fault,
                });
            }
        };
        match answer.split_last_chunk::<2>() {
            Some((data, word)) => Ok((data.to_vec(), *word)),
            // Some drivers have nothing to say of a card that is gone.
            None => Err(self.lost(Kind::Lost.plain())),
        }
    }
}

/// Looks for the card, in one reader or in all, until it is there.
struct Search {
    reader: String,
    application: Vec<u8>,
    /// Readers whose card is another one, as long as it stands there.
    rejected: BTreeMap<String, Fault>,
}

/// What one look at all readers found, if not the card.
struct Nothing {
    fault: Fault,
    /// Whether there is a reader that a card may still be put into.
    hopeful: bool,
}

impl Search {
    fn new(reader: &str, application: &str) -> Result<Search, Fault> {
        Ok(Search {
            reader: reader.trim().to_lowercase(),
            application: application_name(application)?,
            rejected: BTreeMap::new(),
        })
    }

    fn run(mut self, wait: i64, clock: &Clock) -> Result<Connected, Fault> {
        let (begun, deadline) = (Instant::now(), clock.within(wait));
        let settled = begun + SETTLING;
        loop {
            let found = self.look();
            let Nothing { fault, hopeful } = match found {
                Ok(connected) => return Ok(connected),
                Err(nothing) => nothing,
            };
            let now = Instant::now();
            if now >= deadline || (!hopeful && now >= settled) {
                return Err(match fault.kind() {
                    Kind::NoCard => {
                        let waited = begun.elapsed().as_secs_f64().round();
                        Kind::NoCard.with(format_args!("等待了{waited}秒"))
                    }
                    _ => fault,
                });
            }
            clock.check()?;
            clock.pause();
        }
    }

    fn look(&mut self) -> Result<Connected, Nothing> {
        let hopeless = |fault| Nothing {
            fault,
            hopeful: false,
        };
        // A new connection each time: the service may stop and start again while we wait.
        let readers = service().and_then(|context| Ok(context.readers()?));
        let all = readers.map_err(hopeless)?;
        if all.is_empty() {
            return Err(hopeless(Kind::NoReader.plain()));
        }
        let is_meant = |name: &&String| name.to_lowercase().contains(&self.reader);
        let meant: Vec<&String> = all.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let there = all.join("、");
            return Err(hopeless(Kind::OtherReader.with(format_args!("现有：{there}"))));
        }
        let mut nothing = Nothing {
            fault: Kind::NoCard.plain(),
            hopeful: false,
        };
        for name in meant {
            match self.take(name) {
                Err(fault) => nothing.add(fault),
                Ok(connected) => return Ok(connected),
            }
        }
        Err(nothing)
    }

    /// Takes the card in a reader, if it is the one that is looked for.
    fn take(&mut self, reader: &str) -> Result<Connected, Fault> {
        let context = service()?;
        let seen = context.look(reader)?;
        match ReaderState::of(seen.state) {
            ReaderState::Empty => {
                self.rejected.remove(reader);
                return Err(Kind::NoCard.plain());
            }
            ReaderState::Mute => return Err(Kind::Mute.plain()),
            ReaderState::Unavailable => return Err(Kind::Lost.plain()),
            ReaderState::Card | ReaderState::InUse => {}
        }
        if let Some(fault) = self.rejected.get(reader) {
            return Err(fault.clone());
        }
        let mut connected = Connected {
            card: context.connect(reader)?,
            context,
            reader: reader.to_owned(),
            atr: seen.atr,
            application: self.application.clone(),
            selected: false,
        };
        if let Err(fault) = connected.select() {
            if fault.kind() == Kind::Foreign {
                self.rejected.insert(reader.to_owned(), fault.clone());
            }
            return Err(fault);
        }
        Ok(connected)
    }
}

impl Nothing {
    /// Notes what stood in one more reader. Of several faults the one nearest to a card that can be read is told.
    fn add(&mut self, fault: Fault) {
        let rank = |kind: Kind| match kind {
            Kind::Locked | Kind::Protected => 5,
            Kind::InUse => 4,
            Kind::Removed | Kind::Lost => 3,
            Kind::Mute => 2,
            Kind::NoCard => 0,
            _ => 1,
        };
        self.hopeful |= matches!(fault.kind(), Kind::NoCard | Kind::InUse | Kind::Removed);
        if rank(fault.kind()) > rank(self.fault.kind()) {
            self.fault = fault;
        }
    }
}

/// An application's name: text, which cards hold in GBK, or an identifier in hexadecimal.
fn application_name(text: &str) -> Result<Vec<u8>, Fault> {
    let text = text.trim();
    if let (10..=32, Ok(bytes)) = (text.len(), Charset::Hex.write(text)) {
        return Ok(bytes.into_owned());
    }
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(text);
    match !unmappable && bytes.len() <= 16 {
        true => Ok(bytes.into_owned()),
        false => Err(Kind::Usage.with("应用名应为GBK文本，最多16字节，或十六进制的AID")),
    }
}

/// `EF05` or `05`.
fn file_number(text: &str) -> Result<u8, Fault> {
    let digits = text.trim().to_ascii_uppercase();
    let digits = digits.strip_prefix("EF").unwrap_or(&digits);
    let wrong = || Kind::Usage.because(format!("文件应写作EF05、EF06等，实为“{text}”"));
    u8::from_str_radix(digits, 16).map_err(|_| wrong())
}

/// `4E`.
fn tag_number(text: &str) -> Result<u8, Fault> {
    let wrong = || Kind::Usage.because(format!("标签应写作两位十六进制，例如4E，实为“{text}”"));
    u8::from_str_radix(text.trim(), 16).map_err(|_| wrong())
}

fn command_bytes(text: &str) -> Result<Vec<u8>, Fault> {
    match Charset::Hex.write(text) {
        Ok(bytes) if (4..=261).contains(&bytes.len()) => Ok(bytes.into_owned()),
        Ok(_) => Err(Kind::Usage.because("命令应有4到261个字节")),
        Err(wrong) => Err(Kind::Usage.because(format!("命令{wrong}"))),
    }
}
