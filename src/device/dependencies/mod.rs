//! What a vendor's library needs beside itself and would not find, told without loading anything.

#[cfg(unix)]
#[path = "linux.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use super::{Binary, Machine};
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Something that keeps a library from being loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A file is nowhere to be found.
    File {
        /// Its name.
        name: String,
        /// The library that needs it.
        by: PathBuf,
        /// Where a file of this name stands that the system does not look at.
        aside: Option<PathBuf>,
        /// Whether it is loaded only when a function first needs it.
        later: bool,
    },
    /// A file is there, and is for another machine.
    Machine {
        /// The file.
        file: PathBuf,
        /// Its machine.
        machine: Machine,
        /// The library that needs it.
        by: PathBuf,
    },
    /// A symbol that nothing which is loaded defines.
    Symbol {
        /// Its name.
        name: String,
        /// The library that uses it.
        by: PathBuf,
    },
}

/// Where the system finds a file.
enum Found {
    /// A vendor's file, whose own needs count.
    Vendors(PathBuf),
    /// The system's own.
    Systems(Option<PathBuf>),
    /// Nowhere; and where it stands for nothing.
    Nowhere(Option<PathBuf>),
}

/// One library's way of looking.
struct Search<'a> {
    /// The folder of the library that is asked about.
    folder: &'a Path,
    machine: Machine,
    /// What is loaded before it.
    preloaded: &'a [(PathBuf, Binary)],
}

/// What keeps `library`, a file of `path`, from being loaded after `preload`.
pub fn lacking(path: &Path, library: &Binary, preload: &[PathBuf]) -> Vec<Lack> {
    let read = |file: &PathBuf| Some((file.clone(), Binary::read(file).ok()?));
    let preloaded: Vec<(PathBuf, Binary)> = preload.iter().filter_map(read).collect();
    let search = Search {
        folder: path.parent().unwrap_or(Path::new("")),
        machine: library.machine,
        preloaded: &preloaded,
    };
    search.walk(path, library)
}

impl Search<'_> {
    /// Looks at the library and at all that comes with it, each file once.
    fn walk(&self, path: &Path, library: &Binary) -> Vec<Lack> {
        let mut lacks = Vec::new();
        let mut seen = BTreeSet::new();
        let mut symbols = Symbols::default();
        let mut queue: VecDeque<(PathBuf, Binary, bool)> = VecDeque::new();
        queue.push_back((path.to_owned(), library.clone(), true));
        let before = self.preloaded.iter().cloned();
        queue.extend(before.map(|(path, binary)| (path, binary, true)));
        queue.extend(system::running(self.machine).map(|(path, binary)| (path, binary, false)));
        while let Some((by, binary, vendors)) = queue.pop_front() {
            let needs = binary.needs.iter().map(|name| (name, false));
            let later = binary.needs_later.iter().map(|name| (name, true));
            for (name, later) in needs.chain(later) {
                let found = system::find(self, name, &by, &binary);
                let (file, is_vendors) = match found {
                    Found::Vendors(file) => (Some(file), true),
                    Found::Systems(file) => (file, false),
                    Found::Nowhere(aside) => {
                        if vendors && seen.insert(PathBuf::from(name)) {
                            let (name, by) = (name.clone(), by.clone());
                            lacks.push(Lack::File {
                                name,
                                by,
                                aside,
                                later,
                            });
                        }
                        continue;
                    }
                };
                let Some(file) = file.filter(|file| seen.insert(file.clone())) else {
                    continue;
                };
                match Binary::read(&file) {
                    Ok(needed) if needed.machine == self.machine => {
                        queue.push_back((file, needed, is_vendors));
                    }
                    Ok(needed) if is_vendors => lacks.push(Lack::Machine {
                        file,
                        machine: needed.machine,
                        by: by.clone(),
                    }),
                    // The system's own files are the system's affair.
                    _ => {}
                }
            }
            symbols.add(by, binary, vendors);
        }
        // Where a file is missing, so is what it would define.
        if lacks.is_empty() {
            lacks.extend(symbols.undefined());
        }
        lacks
    }
}

/// The symbols of everything that is loaded together.
#[derive(Default)]
struct Symbols {
    defined: BTreeSet<String>,
    used: Vec<(String, PathBuf)>,
}

impl Symbols {
    fn add(&mut self, path: PathBuf, binary: Binary, vendors: bool) {
        self.defined.extend(binary.exports);
        if vendors {
            let used = binary.undefined.into_iter().map(|name| (name, path.clone()));
            self.used.extend(used);
        }
    }

    fn undefined(self) -> impl Iterator<Item = Lack> {
        let Symbols { defined, used } = self;
        let undefined = used.into_iter().filter(move |(name, _)| !defined.contains(name));
        undefined.map(|(name, by)| Lack::Symbol { name, by })
    }
}
