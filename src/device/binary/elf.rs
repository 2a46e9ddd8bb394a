//! Linux' shared objects.

use super::bytes::Bytes;
use super::{Binary, Format, Machine, Processor};

/// Entries that a table may have before the file is taken for a damaged one.
const MOST: usize = 1 << 20;

const LOADED: u32 = 1;
const DYNAMIC: u32 = 2;

/// What the dynamic section names, by its tags.
const NEEDED: usize = 1;
const HASH: usize = 4;
const STRINGS: usize = 5;
const SYMBOLS: usize = 6;
const SONAME: usize = 14;
const RPATH: usize = 15;
const RUNPATH: usize = 29;
const GNU_HASH: usize = 0x6FFF_FEF5;

/// A file, and how wide its words are.
struct File<'a> {
    bytes: &'a Bytes<'a>,
    wide: bool,
    machine: Machine,
}

pub(super) fn machine(bytes: &Bytes) -> Option<Machine> {
    File::of(bytes).map(|file| file.machine)
}

pub(super) fn parse(bytes: &Bytes) -> Option<Binary> {
    let file = File::of(bytes)?;
    let mut binary = Binary::of(file.machine);
    let Some(entries) = file.dynamic() else {
        return Some(binary);
    };
    let first = |tag| {
        entries
            .iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| *value)
    };
    let strings = first(STRINGS).and_then(|address| file.place(address));
    let text = |at: usize| bytes.text(strings?.checked_add(at)?);
    let texts = |tag| {
        entries
            .iter()
            .filter(move |(found, _)| *found == tag)
            .filter_map(|(_, at)| text(*at))
    };
    binary.needs = texts(NEEDED).collect();
    binary.soname = texts(SONAME).next();
    // The newer kind of path, where there is one, takes the older one's place.
    let paths = texts(RUNPATH).next().or_else(|| texts(RPATH).next());
    binary.run_paths = paths
        .iter()
        .flat_map(|paths| paths.split(':'))
        .map(str::to_owned)
        .collect();
    let count = first(GNU_HASH)
        .and_then(|address| file.count_by_gnu_hash(address))
        .max(first(HASH).and_then(|address| bytes.place(file.place(address)?.checked_add(4)?)));
    let symbols = first(SYMBOLS).and_then(|address| file.place(address));
    if let (Some(symbols), Some(count)) = (symbols, count) {
        for number in 1..count.min(MOST) {
            let Some((name, defined)) = file.symbol(symbols, number) else {
                continue;
            };
            if let Some(name) = text(name).filter(|name| !name.is_empty()) {
                if defined {
                    &mut binary.exports
                } else {
                    &mut binary.undefined
                }
                .push(name);
            }
        }
    }
    Some(binary)
}

impl<'a> File<'a> {
    fn of(bytes: &'a Bytes<'a>) -> Option<File<'a>> {
        if !bytes.is(0, b"\x7fELF") {
            return None;
        }
        let wide = match bytes.u8(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let little = bytes.u8(5)? == 1;
        let processor = match bytes.u16(18)? {
            // Its words stand the other way round.
            other if !little => Processor::Other(other.swap_bytes()),
            3 | 62 => Processor::X86,
            40 | 183 => Processor::Arm,
            258 => Processor::LoongArch,
            other => Processor::Other(other),
        };
        let machine = Machine {
            format: Format::Elf,
            bits: if wide { 64 } else { 32 },
            processor,
        };
        Some(File { bytes, wide, machine })
    }

    /// A word of the file's own width.
    fn word(&self, at: usize) -> Option<usize> {
        if self.wide {
            self.bytes.wide_place(at)
        } else {
            self.bytes.place(at)
        }
    }

    /// The program headers: kind, place in the file, address, bytes in the file.
    fn segments(&self) -> impl Iterator<Item = (u32, usize, usize, usize)> {
        let (table, sizes) = if self.wide { (32, 54) } else { (28, 42) };
        let table = self.word(table);
        let (size, count) = (self.bytes.u16(sizes), self.bytes.u16(sizes + 2));
        let (offset, address, length) = if self.wide { (8, 16, 32) } else { (4, 8, 16) };
        (0..usize::from(count.unwrap_or_default())).filter_map(move |number| {
            let at = self.bytes.within(table?)? + number * usize::from(size?);
            let word = |within| self.word(at + within);
            Some((self.bytes.u32(at)?, word(offset)?, word(address)?, word(length)?))
        })
    }

    /// Where in the file that stands which is loaded at `address`.
    fn place(&self, address: usize) -> Option<usize> {
        self.segments().find_map(|(kind, offset, start, length)| {
            let within = address.checked_sub(start).filter(|within| *within < length)?;
            if kind == LOADED {
                self.bytes.within(offset.checked_add(within)?)
            } else {
                None
            }
        })
    }

    /// The entries of the dynamic section.
    fn dynamic(&self) -> Option<Vec<(usize, usize)>> {
        let (_, offset, ..) = self.segments().find(|(kind, ..)| *kind == DYNAMIC)?;
        let offset = self.bytes.within(offset)?;
        let size = if self.wide { 8 } else { 4 };
        let entry = |number: usize| {
            let at = offset + number * 2 * size;
            Some((self.word(at)?, self.word(at + size)?)).filter(|(tag, _)| *tag != 0)
        };
        Some((0..MOST).map_while(entry).collect())
    }

    /// How many symbols there are, which the table itself does not say: the last one of the last chain.
    fn count_by_gnu_hash(&self, address: usize) -> Option<usize> {
        let table = self.place(address)?;
        let number = |at| self.bytes.place(at);
        let (buckets, first, bloom) = (number(table)?, number(table + 4)?, number(table + 8)?);
        let word = if self.wide { 8 } else { 4 };
        let start = self
            .bytes
            .within((table + 16).checked_add(bloom.checked_mul(word)?)?)?;
        let last = (0..buckets.min(MOST))
            .filter_map(|bucket| number(start + bucket * 4))
            .max()?;
        if last < first {
            return Some(first);
        }
        let chains = self.bytes.within(start.checked_add(buckets.checked_mul(4)?)?)?;
        let ends = |symbol: &usize| {
            let chain = (symbol - first)
                .checked_mul(4)
                .and_then(|at| chains.checked_add(at));
            chain
                .and_then(|at| self.bytes.u32(at))
                .is_none_or(|hash| hash & 1 == 1)
        };
        (last..last.saturating_add(MOST))
            .find(ends)
            .map(|symbol| symbol + 1)
    }

    /// A symbol that other files see: where its name stands, and whether it is defined here.
    fn symbol(&self, table: usize, number: usize) -> Option<(usize, bool)> {
        const GLOBAL: u8 = 1;
        const UNIQUE: u8 = 10;
        const WEAK: u8 = 2;
        let (size, info, section) = if self.wide { (24, 4, 6) } else { (16, 12, 14) };
        let at = table + number * size;
        let defined = self.bytes.u16(at + section)? != 0;
        let binding = self.bytes.u8(at + info)? >> 4;
        let seen = match binding {
            GLOBAL | UNIQUE => true,
            // A weak symbol that nobody defines is zero, and meant to be.
            WEAK => defined,
            _ => false,
        };
        Some((self.bytes.place(at)?, defined)).filter(|_| seen)
    }
}
