//! One file of scenarios: which there are, and how one of them is played.

use super::play::Play;
use super::{Files, House, Verdict};
use crate::script::error::{Mistake, SCENARIO};
use crate::script::sandbox::{Budget, Limits, Sandbox};
use crate::script::tree::{Source, Tree};
use crate::script::vm::Vm;
use crate::script::{Error, script_file};
use mlua::{Function, Lua, Table, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a scenario's own Lua may use: the answering scripts have their own limits.
const LIMITS: Limits = Limits {
    time: LONGEST,
    memory: 64 << 20,
};

/// The time that one scenario may really take, the calls that it makes included.
pub(in crate::script) const LONGEST: Duration = Duration::from_secs(10);

/// A file of scenarios.
pub struct Playbook {
    source: Source,
    // What `require` finds.
    sources: Arc<BTreeMap<String, Source>>,
    files: Option<Files>,
    entries: Vec<Entry>,
}

/// One scenario of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The line that it begins in.
    pub line: usize,
    /// The line that it ends in.
    pub end: usize,
}

/// A scenario as its file declares it, while the file runs.
pub(in crate::script) struct Declared {
    pub(in crate::script) entry: Entry,
    pub(in crate::script) function: Function,
    pub(in crate::script) row: Option<Value>,
}

/// What the running file has declared so far; kept with its VM.
#[derive(Default)]
pub(in crate::script) struct Declarations(pub(in crate::script) RefCell<Vec<Declared>>);

impl Playbook {
    /// Reads a file; `name` is what messages call it. Of the tree, `require` finds what the region sees in `lib/`.
    pub fn read(
        name: &str,
        bytes: &[u8],
        tree: &Tree,
        region: Option<&str>,
        files: Option<Files>,
    ) -> Result<Playbook, Error> {
        let outside = files.is_some();
        let text = script_file::text(bytes, name).map_err(|error| match outside {
            true => error.outside(),
            false => error,
        })?;
        let source = Source {
            name: name.to_owned(),
            text: text.into(),
            below: None,
        };
        let mut playbook = Playbook {
            source,
            sources: Arc::new(tree.for_region(region)),
            files,
            entries: Vec::new(),
        };
        let sandbox = playbook.sandbox()?;
        let declared = playbook.declared(&sandbox);
        let declared = declared.map_err(|error| playbook.placed(error))?;
        playbook.entries = declared.into_iter().map(|declared| declared.entry).collect();
        if playbook.entries.is_empty() {
            let mistake = Mistake::new("文件里没有场景", "请写scenario(\"名称\", function(t) … end)");
            return Err(playbook.placed(Error::new(SCENARIO, name, 0, mistake)));
        }
        Ok(playbook)
    }

    /// An error with its line shown.
    fn placed(&self, error: Error) -> Error {
        let own = error.is_in(&self.source);
        let error = error.placed(&self.source);
        if own && self.files.is_some() {
            error.outside()
        } else {
            error
        }
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Its scenarios, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Plays one scenario within a time, and within ten seconds; nothing that it or another one leaves behind is seen by the other.
    pub fn play(&self, entry: &Entry, house: Rc<dyn House>, within: Duration) -> Verdict {
        let begun = Instant::now();
        // What the answering scripts keep in this thread's VM is another scenario's.
        Vm::forget();
        let play = Rc::new(Play::new(
            house,
            &self.source.name,
            self.files.clone(),
            begun + within.min(LONGEST),
        ));
        let error = self.run(entry, &play).err();
        Vm::forget();
        let stage = play.stage();
        Verdict {
            mismatches: play.mismatches(),
            error: error.map(|error| self.placed(error)),
            held: play.held(),
            notes: play.notes(),
            contacts: stage.contacts(),
            elapsed: stage.clock(),
            took: begun.elapsed(),
        }
    }

    fn run(&self, entry: &Entry, play: &Rc<Play>) -> Result<(), Error> {
        let sandbox = self.sandbox()?;
        let declared = self.declared(&sandbox)?;
        let wanted = declared
            .into_iter()
            .find(|declared| declared.entry.name == entry.name);
        let Some(Declared { function, row, .. }) = wanted else {
            let mistake = Mistake::new(
                format!("场景“{}”这一次没有出现", entry.name),
                "场景的名称和个数每次都应相同，请不要用时间或pairs的顺序决定",
            );
            return Err(Error::new(SCENARIO, &self.source.name, entry.line, mistake));
        };
        let _budget = Budget::begin(LIMITS.time);
        let result = sandbox.enter(&self.source.name, Some(&function), |lua| {
            function.call::<()>((Rc::clone(play).stand(lua)?, row))
        });
        // The stage's own mistakes are told even where the script went on.
        play.tell_mistakes();
        result?.map_err(|error| Error::of_call(&error, &function))
    }

    fn sandbox(&self) -> Result<Sandbox, Error> {
        Sandbox::for_scenarios(LIMITS, &self.sources)
    }

    /// Runs the file, which declares its scenarios.
    fn declared(&self, sandbox: &Sandbox) -> Result<Vec<Declared>, Error> {
        let _budget = Budget::begin(LIMITS.time);
        let declarations = |lua: &Lua| {
            lua.set_app_data(Declarations::default());
            Ok(())
        };
        sandbox
            .enter(&self.source.name, None, declarations)?
            .map_err(|error| Error::lua(&error, &self.source.name))?;
        sandbox.run(&self.source)?;
        let taken = sandbox.enter(&self.source.name, None, |lua| {
            Ok(lua.remove_app_data::<Declarations>())
        })?;
        let taken = taken.map_err(|error| Error::lua(&error, &self.source.name))?;
        Ok(taken.map(|taken| taken.0.into_inner()).unwrap_or_default())
    }
}

/// Declares a scenario of the file that is running.
pub(in crate::script) fn declare(
    lua: &Lua,
    name: String,
    function: Function,
    row: Option<Table>,
) -> mlua::Result<()> {
    let line = lua
        .inspect_stack(1, |debug| debug.current_line())
        .flatten()
        .unwrap_or_default();
    let wrong = |text: String| Err(mlua::Error::runtime(text));
    let Some(declarations) = lua.app_data_ref::<Declarations>() else {
        return wrong("scenario只能写在文件的最外层，不能写在场景里面".to_owned());
    };
    let mut declared = declarations.0.borrow_mut();
    if name.trim().is_empty() {
        return wrong("场景的名称是空的".to_owned());
    }
    if let Some(known) = declared.iter().find(|known| known.entry.name == name) {
        let known = known.entry.line;
        return wrong(format!("场景“{name}”第{known}行已经写过，请换一个名称"));
    }
    let info = function.info();
    let end = info.last_line_defined.unwrap_or(line).max(line);
    declared.push(Declared {
        entry: Entry { name, line, end },
        function,
        row: row.map(Value::Table),
    });
    Ok(())
}
