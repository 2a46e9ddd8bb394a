//! A card as data, put into the virtual reader `vpcd`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Where vpcd waits for cards.
const VPCD: &str = "127.0.0.1:35963";

/// How a card's records are addressed.
#[derive(Clone, Copy, PartialEq)]
pub enum Addressing {
    /// By number, the file selected with P1 = 02.
    Number,
    /// By number, the file selected with P1 = 00.
    NumberOldSelect,
    /// By number, with the file's own number in each command and no selecting.
    ShortFile,
    /// By the tag of the item.
    Tag,
}

/// One record, or what is answered instead of it.
#[derive(Clone)]
pub enum Record {
    Bytes(Vec<u8>),
    Refused(u16),
}

#[derive(Clone)]
pub struct Card {
    /// Empty: it does not answer.
    pub atr: Vec<u8>,
    pub application: Vec<u8>,
    /// What selecting the application answers.
    pub selected: u16,
    pub files: BTreeMap<u8, Vec<Record>>,
    pub addressing: Addressing,
    /// Whether it wants exact lengths (`6Cxx`) and keeps answers to be fetched (`61xx`), as T=0 does.
    pub lengths: bool,
    /// Commands after which it is pulled.
    pub pulled_after: Option<usize>,
    /// How long it thinks about each command.
    pub thinks: Duration,
}

pub fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GBK.encode(text).0.into_owned()
}

pub fn item(tag: u8, value: &[u8]) -> Record {
    let length = u8::try_from(value.len()).expect("a short value");
    Record::Bytes([&[tag, length], value].concat())
}

/// Fixed columns: filled up with blanks, or cut wherever the column ends.
pub fn column(text: &str, width: usize) -> Vec<u8> {
    let mut bytes = gbk(text);
    bytes.resize(width, b' ');
    bytes
}

/// What a card's issuer says of an invented card.
pub fn issuer(version: &str) -> Vec<Record> {
    let code = [0x35, 0x02, 0x00, 0xD1, 0x56, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1];
    vec![
        item(0x01, &code),
        item(0x02, b"3"),
        item(0x03, version.as_bytes()),
        item(0x04, &[0; 12]),
        item(0x05, &[0x20, 0x20, 0x01, 0x02]),
        item(0x06, &[0x20, 0x30, 0x01, 0x02]),
        item(0x07, b"X0000001X"),
    ]
}

/// What stands behind the name.
fn person() -> Vec<Record> {
    vec![
        item(0x0A, b"1"),
        item(0x0B, &[0x01]),
        item(0x0C, &[0x35, 0x02, 0x00]),
        item(0x0D, &[0x19, 0x00, 0x01, 0x01]),
    ]
}

pub const ID: &str = "XXXXXXXXXXXXXXXXXX";

/// A card of the first generation.
pub fn first() -> Card {
    let holder = [item(0x08, ID.as_bytes()), item(0x09, &column("张某某", 30))];
    Card {
        atr: [&[0x3B, 0x68, 0x00, 0x00], &b"SSCARD01"[..]].concat(),
        application: gbk("sx1.sh.社会保障"),
        selected: 0x9000,
        files: BTreeMap::from([
            (5, issuer("1.00")),
            (6, holder.into_iter().chain(person()).collect()),
        ]),
        addressing: Addressing::Number,
        lengths: false,
        pulled_after: None,
        thinks: Duration::ZERO,
    }
}

/// A card of the second generation: its records stand one later, because the name may go on in one of its own.
pub fn second(name: &str) -> Card {
    let all = gbk(name);
    let (begin, rest) = all.split_at(all.len().min(30));
    let mut begin = begin.to_vec();
    begin.resize(30, 0);
    let mut rest = rest.to_vec();
    rest.resize(20, 0);
    let holder = [item(0x08, ID.as_bytes()), item(0x09, &begin), item(0x4E, &rest)];
    Card {
        files: BTreeMap::from([
            (5, issuer("2.00")),
            (6, holder.into_iter().chain(person()).collect()),
        ]),
        lengths: true,
        ..first()
    }
}

/// A card of the first generation whose holder's name is longer than its column.
pub fn cut() -> Card {
    let mut card = first();
    let name = column(&format!("A{}", "张".repeat(15)), 30);
    if let Some(holder) = card.files.get_mut(&6) {
        holder[1] = item(0x09, &name);
    }
    card
}

/// A card of the second generation with no more records than it takes.
pub fn short() -> Card {
    let mut card = second("张某某");
    if let Some(issuer) = card.files.get_mut(&5) {
        *issuer = [0, 6].map(|at: usize| issuer[at].clone()).to_vec();
    }
    if let Some(holder) = card.files.get_mut(&6) {
        holder.truncate(3);
    }
    card
}

/// A card of the third generation, which shows its version and little more.
pub fn third() -> Card {
    let mut issuer = issuer("3.00");
    issuer[6] = Record::Refused(0x6982);
    Card {
        files: BTreeMap::from([(5, issuer), (6, vec![Record::Refused(0x6982); 6])]),
        ..second("张某某")
    }
}

/// A card that speaks T=1, as those without contacts do.
pub fn contactless() -> Card {
    let mut atr = [&[0x3B, 0x88, 0x01], &b"SSCARD02"[..]].concat();
    let check = atr[1..].iter().fold(0, |check, byte| check ^ byte);
    atr.push(check);
    Card {
        atr,
        lengths: false,
        ..second("张某某")
    }
}

/// A card that is in the reader until this is dropped: from when the service has asked for it until the service has seen it go.
/// The service looks every 400 ms; a card exchanged in between would be taken for the one before, and lost in mid-reading.
pub struct Inserted {
    stream: TcpStream,
    commands: Arc<AtomicUsize>,
    log: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Card {
    pub fn insert(self) -> Inserted {
        let deadline = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match TcpStream::connect(VPCD) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "vpcd: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let commands = Arc::<AtomicUsize>::default();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (counted, logged) = (Arc::clone(&commands), Arc::clone(&log));
        let speaking = stream.try_clone().expect("a socket");
        let (asked, was_asked) = mpsc::channel();
        let thread = std::thread::spawn(move || Talk::new(self, asked, counted, logged).run(speaking));
        was_asked
            .recv_timeout(Duration::from_secs(20))
            .expect("the service asks who is there");
        Inserted {
            stream,
            commands,
            log,
            thread: Some(thread),
        }
    }
}

impl Inserted {
    /// Commands that it was sent.
    pub fn commands(&self) -> usize {
        self.commands.load(Ordering::Relaxed)
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        // The other direction ends when the reader has understood.
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A card at work.
struct Talk {
    card: Card,
    asked: mpsc::Sender<()>,
    commands: Arc<AtomicUsize>,
    log: Arc<Mutex<Vec<String>>>,
    open: bool,
    file: Option<u8>,
    pending: Vec<u8>,
}

impl Talk {
    fn new(
        card: Card,
        asked: mpsc::Sender<()>,
        commands: Arc<AtomicUsize>,
        log: Arc<Mutex<Vec<String>>>,
    ) -> Talk {
        Talk {
            card,
            asked,
            commands,
            log,
            open: false,
            file: None,
            pending: Vec::new(),
        }
    }

    fn run(&mut self, mut stream: TcpStream) {
        while let Some(frame) = receive(&mut stream) {
            let answer = match frame.as_slice() {
                [4] => {
                    let _ = self.asked.send(());
                    self.card.atr.clone()
                }
                // Power off, power on, reset.
                [_] => {
                    (self.open, self.file) = (false, None);
                    continue;
                }
                command => {
                    if self
                        .card
                        .pulled_after
                        .is_some_and(|after| self.commands.load(Ordering::Relaxed) >= after)
                    {
                        let _ = stream.shutdown(std::net::Shutdown::Both);
                        return;
                    }
                    self.commands.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(self.card.thinks);
                    let answer = self.answer(command);
                    let shown = format!("{command:02X?} -> {answer:02X?}");
                    self.log.lock().expect("no panic").push(shown);
                    answer
                }
            };
            let length = u16::try_from(answer.len()).expect("a short answer");
            // A card that is being taken out answers no more, and hears on.
            let _ = stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat());
        }
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let &[_, instruction, p1, p2, ref rest @ ..] = command else {
            return vec![0x67, 0x00];
        };
        let (length, data) = rest
            .split_first()
            .map_or((0, &[][..]), |(&length, data)| (length, data));
        let whole = match (instruction, p1) {
            (0xA4, 0x04) => return self.select(data),
            (0xA4, _) => return self.select_file(p1, data).to_be_bytes().to_vec(),
            (0xC0, _) => std::mem::take(&mut self.pending),
            (0xB2, _) => match self.record(p1, p2) {
                Ok(record) => record,
                Err(word) => return word.to_be_bytes().to_vec(),
            },
            _ => return vec![0x6D, 0x00],
        };
        match self.card.lengths && usize::from(length) != whole.len() {
            true => vec![0x6C, whole.len() as u8],
            false => [whole.as_slice(), &[0x90, 0x00]].concat(),
        }
    }

    fn select(&mut self, name: &[u8]) -> Vec<u8> {
        self.open = name.get(..self.card.application.len()) == Some(&self.card.application);
        self.file = None;
        if !self.open {
            return vec![0x6A, 0x82];
        }
        if self.card.lengths && self.card.selected == 0x9000 {
            self.pending = vec![0x6F, 0x02, 0x84, 0x00];
            return vec![0x61, 4];
        }
        self.card.selected.to_be_bytes().to_vec()
    }

    fn select_file(&mut self, how: u8, name: &[u8]) -> u16 {
        let wanted = match self.card.addressing {
            Addressing::Number | Addressing::Tag => 0x02,
            Addressing::NumberOldSelect => 0x00,
            Addressing::ShortFile => return 0x6A86,
        };
        match name {
            _ if how != wanted => 0x6A86,
            [0xEF, file, ..] if self.open && self.card.files.contains_key(file) => {
                self.file = Some(*file);
                0x9000
            }
            _ => 0x6A82,
        }
    }

    fn record(&self, p1: u8, p2: u8) -> Result<Vec<u8>, u16> {
        let file = match self.card.addressing {
            Addressing::ShortFile => Some(p2 >> 3),
            _ => self.file,
        };
        let records = file
            .and_then(|file| self.card.files.get(&file))
            .ok_or(0x6A82u16)?;
        let by_tag = self.card.addressing == Addressing::Tag;
        if by_tag == (p2 & 0x07 == 0x04) {
            return Err(0x6A86);
        }
        let has_tag = |record: &&Record| matches!(record, Record::Bytes(bytes) if bytes.first() == Some(&p1));
        let record = match by_tag {
            true => records.iter().find(has_tag),
            false => records.get(usize::from(p1).wrapping_sub(1)),
        };
        match record {
            None => Err(0x6A83),
            Some(Record::Refused(word)) => Err(*word),
            Some(Record::Bytes(bytes)) => Ok(bytes.clone()),
        }
    }
}

fn receive(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}
