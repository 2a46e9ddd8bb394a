//! The Lua VM that each thread keeps.

use super::Error;
use super::function::{FunctionPath, Step};
use super::sandbox::{Limits, Sandbox};
use super::tree::Source;
use mlua::{Function, Table, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A thread's VM for one generation: files are run when the first of their functions is needed.
pub(super) struct Vm {
    generation: u64,
    pub(super) sandbox: Sandbox,
    sources: Arc<BTreeMap<String, Source>>,
    declarations: RefCell<HashMap<String, Table>>,
    functions: RefCell<HashMap<FunctionPath, Function>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Vm>>> = const { RefCell::new(None) };
}

impl Vm {
    /// This thread's VM for `generation`, made where there is none; the one of an older generation, and one that hit a limit, is dropped.
    pub(super) fn current(
        generation: u64,
        limits: Limits,
        sources: &Arc<BTreeMap<String, Source>>,
    ) -> Result<Rc<Vm>, Error> {
        CURRENT.with(|current| {
            let mut current = current.borrow_mut();
            let fits = |vm: &&Rc<Vm>| vm.generation == generation && !vm.sandbox.is_worn();
            if let Some(vm) = current.as_ref().filter(fits) {
                return Ok(Rc::clone(vm));
            }
            let sandbox = Sandbox::new(limits, sources)?;
            let (declarations, functions) = Default::default();
            let vm = Rc::new(Vm {
                generation,
                sandbox,
                sources: Arc::clone(sources),
                declarations,
                functions,
            });
            *current = Some(Rc::clone(&vm));
            Ok(vm)
        })
    }

    /// Drops this thread's VM: whatever scripts keep in it is forgotten.
    pub(super) fn forget() {
        CURRENT.with_borrow_mut(Option::take);
    }

    /// The function that stands at `path` in the generation's declarations.
    pub(super) fn function(&self, path: &FunctionPath) -> Result<Function, Error> {
        if let Some(function) = self.functions.borrow().get(path) {
            return Ok(function.clone());
        }
        let gone = || Error::declaration(&path.file, 0, "脚本每次运行返回的声明不同，找不到原来的函数");
        let mut value = Value::Table(self.declaration(&path.file)?);
        for step in &path.steps {
            let table = value.as_table().ok_or_else(gone)?;
            value = match step {
                Step::Name(name) => table.raw_get(name.as_str()),
                Step::Index(index) => table.raw_get(*index),
            }
            .map_err(|error| Error::lua(&error, &path.file))?;
        }
        let Value::Function(function) = value else {
            return Err(gone());
        };
        self.functions.borrow_mut().insert(path.clone(), function.clone());
        Ok(function)
    }

    fn declaration(&self, file: &str) -> Result<Table, Error> {
        if let Some(table) = self.declarations.borrow().get(file) {
            return Ok(table.clone());
        }
        let source = self
            .sources
            .get(file)
            .ok_or_else(|| Error::unreadable(file, 0, "脚本不存在"))?;
        let Value::Table(table) = self.sandbox.run(source)? else {
            return Err(Error::declaration(&source.name, 0, "脚本没有返回声明"));
        };
        self.declarations
            .borrow_mut()
            .insert(file.to_owned(), table.clone());
        Ok(table)
    }
}
