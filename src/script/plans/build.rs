//! Making the plans.

use super::check::check_calls;
use super::{Folder, Known, Plans, declaration};
use crate::script::Error;
use crate::script::declared::{Declared, unknown};
use crate::script::funid::FunidPlan;
use crate::script::generation::Generation;
use crate::script::library::LibraryPlan;
use crate::script::placement::{DEVICES, FUNIDS, SIMULATIONS};
use crate::script::protocol::{PROTOCOL, ProtocolPlan};
use crate::script::sandbox::{Limits, Sandbox};
use crate::script::simulation::SimulationPlan;
use crate::script::tree::Source;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

type Sources = BTreeMap<String, Source>;

/// The plans of one folder by their files' names; `None` for a file with a mistake.
pub(super) type Reading<T> = BTreeMap<String, Option<Arc<T>>>;

impl Plans {
    /// Reads the declarations of all files but those that are known to be right; what is wrong is told of every one in `errors`.
    pub(in crate::script) fn build(
        generation: u64,
        sources: &Arc<Sources>,
        limits: Limits,
        known: Known,
        errors: &mut Vec<Error>,
    ) -> Plans {
        let mut builder = Builder {
            sandbox: None,
            limits,
            sources,
            before: match known {
                Known::Of(before) if is_like(before, sources, limits) => Some(before),
                _ => None,
            },
            errors,
        };
        let (devices, simulations, funids) = match known {
            Known::Files => (
                unread(sources, DEVICES),
                unread(sources, SIMULATIONS),
                unread(sources, FUNIDS),
            ),
            _ => builder.folders(),
        };
        Plans {
            generation,
            sources: Arc::clone(sources),
            limits,
            funids,
            devices,
            simulations,
            protocol: builder.protocol(),
        }
    }
}

struct Builder<'a> {
    sandbox: Option<Sandbox>,
    limits: Limits,
    sources: &'a Arc<Sources>,
    /// What the same files gave before.
    before: Option<&'a Generation>,
    errors: &'a mut Vec<Error>,
}

impl Builder<'_> {
    fn folders(&mut self) -> (Folder<LibraryPlan>, Folder<SimulationPlan>, Folder<FunidPlan>) {
        let devices = self.folder(
            DEVICES,
            |plans| &plans.devices,
            |_, declared| LibraryPlan::read(declared).map(Some),
        );
        // The others are held against them.
        self.before = self
            .before
            .filter(|before| is_same(&devices, &before.plans.devices));
        let simulations = self.folder(
            SIMULATIONS,
            |plans| &plans.simulations,
            |name, declared| {
                let simulation = |device: &Arc<LibraryPlan>| SimulationPlan::read(declared, device);
                match devices.get(name) {
                    None => Err(declared.refuse_whole(unknown("devices/", name, &names(&devices)))),
                    Some(device) => device.as_ref().map(simulation).transpose(),
                }
            },
        );
        let funids = self.folder(
            FUNIDS,
            |plans| &plans.funids,
            |name, declared| {
                let plan = FunidPlan::read(declared).and_then(|plan| {
                    check_calls(&plan, declared, &devices)?;
                    Ok(Some(plan))
                });
                plan.map_err(|error| error.for_funid(name))
            },
        );
        (read(devices), read(simulations), read(funids))
    }

    /// Reads the files of one folder, each by its name; a plan that another file's mistake prevents is `None` too. What was read
    /// of the same file before, as `known` finds it, is not read again.
    fn folder<T>(
        &mut self,
        (folder, kind): (&str, &str),
        known: impl Fn(&Plans) -> &Folder<T>,
        mut read: impl FnMut(&str, &Declared) -> Result<Option<T>, Error>,
    ) -> Reading<T> {
        let mut plans = BTreeMap::new();
        for (name, path, source) in within(self.sources, folder) {
            let same = self
                .before
                .filter(|before| before.sources.get(path) == Some(source));
            let known = same.and_then(|before| known(&before.plans).get(name)?.get());
            let plan = match known {
                Some(plan) => Some(Arc::clone(plan)),
                None => self
                    .file(path, source, kind, |declared| read(name, declared))
                    .map(Arc::new),
            };
            plans.insert(name.to_owned(), plan);
        }
        plans
    }

    fn protocol(&mut self) -> Option<ProtocolPlan> {
        let source = self.sources.get(PROTOCOL)?;
        let read = |declared: &Declared| ProtocolPlan::read(declared).map(Some);
        self.file(PROTOCOL, source, "protocol", read)
    }

    fn file<T>(
        &mut self,
        path: &str,
        source: &Source,
        kind: &str,
        mut read: impl FnMut(&Declared) -> Result<Option<T>, Error>,
    ) -> Option<T> {
        let mut checked = |declared: &Declared| {
            declared.check_twice()?;
            read(declared)
        };
        let plan = self
            .fresh_sandbox()
            .and_then(|sandbox| declaration(sandbox, path, source, kind, &mut checked));
        plan.unwrap_or_else(|error| {
            self.errors.push(error);
            None
        })
    }

    /// The sandbox, another one where a file has hit a limit in it.
    fn fresh_sandbox(&mut self) -> Result<&Sandbox, Error> {
        let sandbox = match self.sandbox.take().filter(|sandbox| !sandbox.is_worn()) {
            Some(sandbox) => sandbox,
            None => Sandbox::new(self.limits, self.sources)?,
        };
        Ok(self.sandbox.insert(sandbox))
    }
}

/// The scripts of one folder: names, paths and files.
fn within<'s>(sources: &'s Sources, folder: &str) -> impl Iterator<Item = (&'s str, &'s str, &'s Source)> {
    sources.iter().filter_map(move |(path, source)| {
        let name = path
            .strip_prefix(folder)?
            .strip_prefix('/')?
            .strip_suffix(".lua")?;
        (!name.contains('/')).then_some((name, path.as_str(), source))
    })
}

/// A folder of which no file was read.
fn unread<T>(sources: &Sources, (folder, _): (&str, &str)) -> Folder<T> {
    let names = within(sources, folder).map(|(name, ..)| name.to_owned());
    names.map(|name| (name, OnceLock::new())).collect()
}

/// What was read of a folder, without the files with mistakes.
fn read<T>(reading: Reading<T>) -> Folder<T> {
    let right = reading.into_iter();
    right
        .filter_map(|(name, plan)| Some((name, plan?.into())))
        .collect()
}

pub(super) fn names<T>(reading: &Reading<T>) -> Vec<&str> {
    reading.keys().map(String::as_str).collect()
}

/// Whether what all scripts may require, and what they are run with, is the same.
fn is_like(before: &Generation, sources: &Sources, limits: Limits) -> bool {
    let is_module = |(path, _): &(&String, &Source)| path.starts_with("lib/");
    let modules = sources.iter().filter(is_module);
    before.limits == limits && modules.eq(before.sources.iter().filter(is_module))
}

/// Whether all plans are those of before.
fn is_same<T>(reading: &Reading<T>, before: &Folder<T>) -> bool {
    let is_same = |(name, plan): (&String, &Option<Arc<T>>)| {
        let both = plan.as_ref().zip(before.get(name).and_then(OnceLock::get));
        both.is_some_and(|(plan, before)| Arc::ptr_eq(plan, before))
    };
    reading.len() == before.len() && reading.iter().all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Tree;
    use std::time::Duration;

    const FUNID: &str = "N04.00.00.01";
    const LIMITS: Limits = Limits {
        time: Duration::from_secs(5),
        memory: 16 << 20,
    };

    /// The shipped scripts, a comment put into some of their files.
    fn built(known: Known, touched: &[&str]) -> Arc<Generation> {
        let files = Tree::embedded();
        let files = files.files().map(|(path, text)| {
            let comment = if touched.contains(&path) {
                "-- 改过\n"
            } else {
                ""
            };
            (path.to_owned(), format!("{comment}{text}"))
        });
        let module = touched.iter().find(|path| path.starts_with("lib/"));
        let module = module.map(|path| ((*path).to_owned(), "return {}".to_owned()));
        let tree = Tree::of_files(files.chain(module).collect());
        Generation::build_knowing(known, &tree, None, LIMITS).expect("right scripts")
    }

    /// Whether two generations share the function id's plan, and the device's.
    fn shared(one: &Generation, other: &Generation) -> (bool, bool) {
        (
            same(&one.plans.funids[FUNID], &other.plans.funids[FUNID]),
            same(&one.plans.devices["card"], &other.plans.devices["card"]),
        )
    }

    fn same<T>(one: &OnceLock<Arc<T>>, other: &OnceLock<Arc<T>>) -> bool {
        let both = one.get().zip(other.get());
        both.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }

    #[test]
    fn what_has_not_changed_is_not_read_again() {
        let first = built(Known::Nothing, &[]);
        let after = |touched: &[&str]| shared(&first, &built(Known::Of(&first), touched));
        assert_eq!(after(&[]), (true, true));
        assert_eq!(after(&["funids/N04.00.00.01.lua"]), (false, true));
        assert_eq!(after(&["devices/card.lua"]), (false, false));
        assert_eq!(
            after(&["devices/credential.lua"]),
            (false, true),
            "it may be held against any device"
        );
        assert_eq!(
            after(&["lib/names.lua"]),
            (false, false),
            "anything may require it"
        );
        assert_eq!(shared(&first, &built(Known::Nothing, &[])), (false, false));
    }

    #[test]
    fn what_passed_an_earlier_check_is_read_when_it_is_needed() {
        let generation = built(Known::Files, &[]);
        assert!(generation.plans.funids[FUNID].get().is_none());
        let plan = generation.funid(FUNID).expect("a function id");
        assert_eq!(
            plan.map_err(|error| error.to_string()).map(|plan| &*plan.title),
            Ok("医保病人信息")
        );
        assert!(generation.plans.funids[FUNID].get().is_some());
        // What nobody has read is not known.
        let next = built(Known::Of(&generation), &[]);
        assert!(next.plans.devices["card"].get().is_some());
    }
}
