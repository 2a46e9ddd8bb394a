//! Windows' portable executables.

use super::bytes::Bytes;
use super::{Binary, Format, Machine, Processor};

/// Entries that a table may have before the file is taken for a damaged one.
const MOST: usize = 1 << 16;

/// Where the parts of the headers stand.
struct Headers {
    machine: Machine,
    /// The first of the data directories, and how many there are.
    directories: usize,
    count: usize,
    sections: usize,
    section_count: usize,
}

const EXPORTS: usize = 0;
const IMPORTS: usize = 1;
const LATER: usize = 13;
const MANAGED: usize = 14;

pub(super) fn machine(bytes: &Bytes) -> Option<Machine> {
    headers(bytes).map(|headers| headers.machine)
}

pub(super) fn parse(bytes: &Bytes) -> Option<Binary> {
    let headers = headers(bytes)?;
    let mut binary = Binary::of(headers.machine);
    // A table that cannot be read leaves what has been read: the file may still be told apart.
    binary.needs = names(bytes, &headers, IMPORTS, (20, 12)).unwrap_or_default();
    binary.needs_later = names(bytes, &headers, LATER, (32, 4)).unwrap_or_default();
    (binary.exports, binary.ordinals) = exports(bytes, &headers).unwrap_or_default();
    binary.managed = headers.directory(bytes, MANAGED).is_some();
    Some(binary)
}

fn headers(bytes: &Bytes) -> Option<Headers> {
    if !bytes.is(0, b"MZ") {
        return None;
    }
    let start = bytes.within(bytes.place(0x3C)?)?;
    if !bytes.is(start, b"PE\0\0") {
        return None;
    }
    let coff = start + 4;
    let processor = match bytes.u16(coff)? {
        0x014C | 0x8664 => Processor::X86,
        0x01C4 | 0xAA64 => Processor::Arm,
        0x6232 | 0x6264 => Processor::LoongArch,
        other => Processor::Other(other),
    };
    let optional = coff + 20;
    let (bits, count_at) = match bytes.u16(optional)? {
        0x10B => (32, optional + 92),
        0x20B => (64, optional + 108),
        _ => return None,
    };
    Some(Headers {
        machine: Machine {
            format: Format::Pe,
            bits,
            processor,
        },
        directories: count_at + 4,
        count: bytes.place(count_at)?,
        sections: optional + usize::from(bytes.u16(coff + 16)?),
        section_count: usize::from(bytes.u16(coff + 2)?),
    })
}

impl Headers {
    /// Where a data directory's content stands in memory; `None` where the file has none.
    fn directory(&self, bytes: &Bytes, number: usize) -> Option<usize> {
        if number >= self.count {
            return None;
        }
        bytes.place(self.directories + number * 8).filter(|at| *at != 0)
    }

    /// Where in the file that stands which is loaded at `address`.
    fn place(&self, bytes: &Bytes, address: usize) -> Option<usize> {
        (0..self.section_count).find_map(|number| {
            let section = self.sections + number * 40;
            let (start, size) = (bytes.place(section + 12)?, bytes.place(section + 16)?);
            let within = address.checked_sub(start).filter(|within| *within < size)?;
            bytes.within(bytes.place(section + 20)?.checked_add(within)?)
        })
    }

    fn text(&self, bytes: &Bytes, address: usize) -> Option<String> {
        bytes.text(self.place(bytes, address)?)
    }
}

/// The file names of a table of imports: the size of an entry, and where in it the name's address stands.
fn names(
    bytes: &Bytes,
    headers: &Headers,
    directory: usize,
    (size, name): (usize, usize),
) -> Option<Vec<String>> {
    let table = headers.place(bytes, headers.directory(bytes, directory)?)?;
    let entries = (0..MOST).map(|number| bytes.place(table + number * size + name));
    let addresses = entries.map_while(|address| address.filter(|address| *address != 0));
    Some(
        addresses
            .filter_map(|address| headers.text(bytes, address))
            .collect(),
    )
}

/// Exported names and numbers.
fn exports(bytes: &Bytes, headers: &Headers) -> Option<(Vec<String>, Vec<u16>)> {
    let table = headers.place(bytes, headers.directory(bytes, EXPORTS)?)?;
    let base = bytes.place(table + 16)?;
    let (functions, named) = (
        bytes.place(table + 20)?.min(MOST),
        bytes.place(table + 24)?.min(MOST),
    );
    let addresses = headers.place(bytes, bytes.place(table + 28)?)?;
    let used = (0..functions).filter(|number| {
        let address = bytes.u32(addresses + number * 4);
        address.is_some_and(|address| address != 0)
    });
    let ordinals = used
        .filter_map(|number| u16::try_from(base.checked_add(number)?).ok())
        .collect();
    let mut names = Vec::new();
    // Without a table of names everything goes by number.
    if let Some(table) = bytes.place(table + 32).and_then(|at| headers.place(bytes, at)) {
        let name = |number: usize| headers.text(bytes, bytes.place(table + number * 4)?);
        names = (0..named).filter_map(name).collect();
    }
    Some((names, ordinals))
}
