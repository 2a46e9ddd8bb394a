//! What the home folder says: the configuration, and the generation of scripts that answers.

use super::config::{Config, DeviceConfig, Value};
use super::control::Control;
use super::gate::Tried;
use super::journal::{self, Event, Journal};
use super::reading::Reading;
use super::stage_file::StageFile;
use super::{By, Overrides, Problem, record};
use crate::device::{Argument, Builtins, Libraries};
use crate::script::{Desk, DeskDevice, Detail, FileStamp, Generation, Known, Stage, Tree, file_stamp};
use arc_swap::ArcSwap;
use smol_str::SmolStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, SystemTime};

/// The folder that configuration and scripts are read from, and what goes on while they change.
pub(super) struct Home {
    folder: PathBuf,
    pub(super) control: Control,
    overrides: Overrides,
    libraries: Arc<Libraries>,
    builtins: Arc<Builtins>,
    progress: Mutex<Progress>,
    pub(super) journal: Journal,
    /// Whether a journal is wanted at all.
    journaled: AtomicBool,
    begin: OnceLock<fn()>,
    recording: AtomicBool,
    stage_file: Option<StageFile>,
}

/// What came of the last look at the files. One look at a time: it is locked meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Why what is saved does not answer.
    pub(super) refused: Option<String>,
    /// The same by its code and in a sentence, where it is one problem.
    why: Option<(&'static str, String)>,
    /// Whether what is saved differs from what a frozen state runs.
    pub(super) pending: bool,
    /// When it was.
    pub(super) scanned: Option<SystemTime>,
    /// How long it took from reading the files until what answers now answered.
    took: Duration,
    /// What came of trying scripts with their own scenarios.
    pub(super) tried: Option<Tried>,
}

/// One state of the home folder.
pub(super) struct State {
    pub(super) config: Config,
    /// What answers, or why nothing can.
    pub(super) ready: Result<Arc<Ready>, Problem>,
    /// The scripts that it was made of, and where they were read.
    pub(super) scripts: Option<Scripts>,
    /// Since when it answers.
    pub(super) since: SystemTime,
    /// How many scenarios it was tried with.
    pub(super) scenarios: usize,
}

/// All that a call needs.
pub(super) struct Ready {
    pub(super) generation: Arc<Generation>,
    /// The region whose scripts it has.
    pub(super) region: Option<SmolStr>,
    pub(super) desk: Desk,
}

impl Ready {
    /// What answers a call; with the scripts' words where something is to be told in them.
    pub(super) fn by(&self, in_words: bool) -> By {
        By {
            generation: self.generation.number(),
            region: self.region.clone(),
            vocabulary: in_words.then(|| self.generation.vocabulary()),
        }
    }
}

/// A tree of scripts, and where it was read.
pub(super) struct Scripts {
    pub(super) tree: Tree,
    pub(super) source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What is saved.
    Disk,
    /// The kept generation that somebody froze.
    Frozen,
    /// A kept generation, since what is saved cannot answer.
    Kept,
}

/// What comes of reading the files.
struct Renewal {
    /// What is to answer from now on; `None` where it does already.
    state: Option<State>,
    /// Why what is saved does not answer.
    refused: Option<String>,
    /// See [`Progress`].
    why: Option<(&'static str, String)>,
}

/// Tells whether the home folder may have changed.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp {
    config: FileStamp,
    frozen: Option<String>,
    record: Option<bool>,
    pub(super) request: String,
    pub(super) scripts: Vec<FileStamp>,
}

impl Home {
    pub(super) fn new(folder: &Path, overrides: Overrides) -> Home {
        // Vendors' libraries load by their full path.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Home {
            control: Control::of(&folder),
            folder,
            libraries: Arc::new(Libraries::new(programs(&overrides))),
            stage_file: overrides.stage.clone().map(StageFile::at),
            overrides,
            builtins: Arc::default(),
            progress: Mutex::default(),
            journal: Journal::default(),
            journaled: AtomicBool::new(false),
            begin: OnceLock::new(),
            recording: AtomicBool::new(false),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn scripts(&self) -> PathBuf {
        self.folder.join("scripts")
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.folder.join("mps.toml")
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp {
            config: file_stamp(&self.config_file(), ""),
            frozen: self.control.frozen(),
            record: self.control.record(),
            request: self.control.request(),
            scripts: Tree::stamp(&self.scripts()),
        }
    }

    /// What came of the last look at the files.
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        // What it holds is whole at every moment.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The region whose scripts answer.
    pub(super) fn region<'a>(&'a self, config: &'a Config) -> Option<&'a str> {
        self.overrides.region.as_deref().or(config.region.as_deref())
    }

    /// What is kept of each call's exchanges with devices.
    pub(super) fn detail(&self) -> Detail {
        match self.is_recording() {
            true => Detail::Whole,
            false => self.overrides.detail,
        }
    }

    pub(super) fn simulate(&self, config: &Config) -> bool {
        self.overrides.simulate.unwrap_or(config.simulate)
    }

    /// The scenario that another process plays with this desk.
    pub(super) fn stage_file(&self) -> Option<&StageFile> {
        self.stage_file.as_ref()
    }

    /// Its stage, where that stands in for the devices: mps.toml itself must say that nobody expects real ones.
    pub(super) fn stage(&self, config: &Config) -> Option<Arc<Stage>> {
        let file = self.stage_file.as_ref().filter(|_| config.simulate)?;
        Some(Arc::clone(&file.stage))
    }

    /// See [`Engine::beginning`](super::Engine::beginning).
    pub(super) fn begin_threads_with(&self, begin: fn()) {
        self.journal.begin_with(begin);
        // Set once, before any thread is started.
        let _ = self.begin.set(begin);
    }

    /// The first thing that a thread does.
    pub(super) fn begin_thread(&self) {
        if let Some(begin) = self.begin.get() {
            begin();
        }
    }

    /// Begins to write the journal.
    pub(super) fn start_journal(&self, state: &State) {
        self.journaled.store(true, Ordering::Relaxed);
        self.set_journal(&state.config);
        self.journal.tell(Event::Started);
        let (took, why) = {
            let progress = self.progress();
            (progress.took, progress.why.clone())
        };
        self.journal_generation(state, took);
        self.journal_refusal(why.as_ref());
    }

    fn set_journal(&self, config: &Config) {
        let journaled = self.journaled.load(Ordering::Relaxed);
        let recording = journaled && self.control.record().unwrap_or(config.record);
        self.recording.store(recording, Ordering::Relaxed);
        self.journal
            .set(self.journal_settings(config), journaled && config.journal.on);
    }

    /// Whether calls are recorded.
    pub(super) fn is_recording(&self) -> bool {
        self.recording.load(Ordering::Relaxed)
    }

    /// Where the journal of this desk is kept.
    pub(super) fn journal_settings(&self, config: &Config) -> journal::Settings {
        let journal = &config.journal;
        journal::Settings {
            folder: self.folder.join(&journal.folder),
            days: journal.days,
            bytes: journal.bytes as u64,
            recordings: record::folder(&self.folder),
        }
    }

    /// Tells the journal which generation answers from now on, and how long it took to make it answer.
    fn journal_generation(&self, state: &State, took: Duration) {
        if let (Some(number), Some(fingerprint)) = (state.generation(), state.fingerprint()) {
            let region = self.region(&state.config).map(str::to_owned);
            let event = Event::Generation {
                number,
                fingerprint,
                region,
                took,
            };
            self.journal.tell(event);
        }
    }

    /// Tells the journal why what is saved does not answer.
    fn journal_refusal(&self, why: Option<&(&'static str, String)>) {
        if let Some((code, why)) = why {
            let event = Event::Refused(code, why.clone());
            self.journal.tell(event);
        }
    }

    /// Has a thread ready for the first device that needs one of its own.
    pub(super) fn prepare(&self, state: &Weak<ArcSwap<State>>) {
        let state = state.upgrade().map(|state| state.load_full());
        let ready = state.as_ref().and_then(|state| state.ready.as_ref().ok());
        if ready.is_some_and(|ready| ready.desk.has_threads()) {
            self.libraries.prepare();
        }
    }

    /// The first state: where what is saved cannot answer, the newest kept generation that can.
    pub(super) fn open(&self) -> ArcSwap<State> {
        self.open_with(self.read(None))
    }

    fn open_with(&self, reading: Reading) -> ArcSwap<State> {
        let unread = Problem::Files("脚本还没有读入".to_owned());
        let state = ArcSwap::from_pointee(State::unready(Config::default(), unread));
        self.take_up_read(&state, reading, true, &mut self.progress());
        state
    }

    /// The first state of an engine that looks for changes: where what is saved is still to be tried, the newest kept generation.
    pub(super) fn open_tried(&self) -> ArcSwap<State> {
        let reading = self.read(None);
        let instead = match (&reading.config, &reading.scripts) {
            (Ok(config), Ok(scripts)) if self.is_untried(config, scripts) => self.fall_back(config),
            _ => None,
        };
        match instead {
            Some(kept) => {
                self.progress().took = reading.begun.elapsed();
                ArcSwap::from_pointee(kept)
            }
            None => self.open_with(reading),
        }
    }

    /// Reads everything anew and makes it answer, unless it is the same or it is wrong. `forced`: somebody asked for it.
    pub(super) fn take_up(&self, state: &ArcSwap<State>, forced: bool) {
        // Locked before it is read: what is read later is taken up later.
        let mut progress = self.progress();
        let reading = {
            let old = state.load();
            self.read(old.scripts.as_ref().map(|scripts| &scripts.tree))
        };
        self.take_up_read(state, reading, forced, &mut progress);
    }

    fn take_up_read(&self, state: &ArcSwap<State>, reading: Reading, forced: bool, progress: &mut Progress) {
        progress.scanned = Some(SystemTime::now());
        progress.pending = self.is_pending(&reading);
        let begun = reading.begun;
        let renewal = self.renew(&state.load(), reading, forced, &mut progress.tried);
        let told = std::mem::replace(&mut progress.why, renewal.why);
        progress.refused = renewal.refused;
        let old = state.load_full();
        if let Some(new) = renewal.state {
            state.store(Arc::new(new));
            progress.took = begun.elapsed();
        }
        let new = state.load();
        self.set_journal(&new.config);
        if new.generation() != old.generation() {
            self.journal_generation(&new, progress.took);
        }
        self.journal_refusal(progress.why.as_ref().filter(|why| told.as_ref() != Some(why)));
    }

    fn renew(&self, old: &State, reading: Reading, forced: bool, tried: &mut Option<Tried>) -> Renewal {
        let Reading {
            config,
            scripts,
            note,
            ..
        } = reading;
        let answering = Some(old).filter(|old| old.ready.is_ok());
        let config = match config {
            Ok(config) => config,
            Err(problem) => {
                let (refused, why) = (Some(problem.to_string()), Some(problem.why()));
                let unready = || State::unready(Config::default(), problem);
                return Renewal {
                    state: answering.is_none().then(unready),
                    refused,
                    why,
                };
            }
        };
        let renewed = scripts.and_then(|scripts| match answering {
            Some(old) if old.is_made_of(&config, &scripts) => Ok(old.from(scripts)),
            Some(old) if !forced && self.has_lost(&scripts, old) => Err(Problem::Files(
                "scripts文件夹不见了，继续使用原来的脚本；确实不要它时请执行mps reload".to_owned(),
            )),
            None => self.build(&config, scripts, None).map(Some),
            Some(old) => {
                let new = self.build(&config, scripts, old.ready.as_ref().ok())?;
                let scenarios = match &new.scripts {
                    Some(scripts) => self.try_out(&config, scripts, tried, forced)?,
                    None => 0,
                };
                Ok(Some(State { scenarios, ..new }))
            }
        });
        match renewed {
            Ok(state) => Renewal {
                state,
                refused: note,
                why: None,
            },
            Err(problem) => {
                let (refused, why) = (Some(problem.to_string()), Some(problem.why()));
                let instead = || {
                    let kept = self.fall_back(&config);
                    kept.unwrap_or_else(|| State::unready(config, problem))
                };
                Renewal {
                    state: answering.is_none().then(instead),
                    refused,
                    why,
                }
            }
        }
    }

    /// The newest kept generation that can answer.
    fn fall_back(&self, config: &Config) -> Option<State> {
        self.control.kept().iter().find_map(|kept| {
            let tree = self.control.load(&kept.fingerprint)?;
            let source = Source::Kept;
            self.build(config, Scripts { tree, source }, None).ok()
        })
    }

    /// Whether the whole folder is gone that answered until now: a share that is offline, a folder being replaced.
    fn has_lost(&self, scripts: &Scripts, old: &State) -> bool {
        let had_own = old
            .scripts
            .as_ref()
            .is_some_and(|scripts| scripts.tree != Tree::embedded());
        scripts.source == Source::Disk && old.ready.is_ok() && had_own && !self.scripts().is_dir()
    }

    /// Makes scripts ready to answer. What `before` had of them is not checked again, nor what passed the check of an earlier run.
    fn build(
        &self,
        config: &Config,
        scripts: Scripts,
        before: Option<&Arc<Ready>>,
    ) -> Result<State, Problem> {
        let checked = before.is_none() && self.control.checked() == Some(self.checked(config, &scripts));
        let known = match before {
            Some(before) => Known::Of(&before.generation),
            None if checked => Known::Files,
            None => Known::Nothing,
        };
        let generation = Generation::build_knowing(known, &scripts.tree, self.region(config), config.scripts)
            .map_err(Problem::Scripts)?;
        let desk = self.desk(config);
        if !checked {
            check_desk(&generation, &desk, config)?;
        }
        Ok(State {
            config: config.clone(),
            ready: Ok(Arc::new(Ready {
                generation,
                region: self.region(config).map(SmolStr::from),
                desk,
            })),
            scripts: Some(scripts),
            since: SystemTime::now(),
            scenarios: 0,
        })
    }

    /// All on which it depends whether these scripts are right, and what mps.toml says for them.
    pub(super) fn checked(&self, config: &Config, scripts: &Scripts) -> String {
        let settings = |(name, device): (_, &DeviceConfig)| (name, device.settings.keys().cloned().collect());
        let desk: Vec<(&String, Vec<String>)> = config.devices.iter().map(settings).collect();
        format!(
            "{} {} {} {:?} {desk:?}\n",
            env!("CARGO_PKG_VERSION"),
            scripts.tree.fingerprint(),
            self.region(config).unwrap_or("-"),
            config.scripts
        )
    }

    pub(super) fn desk(&self, config: &Config) -> Desk {
        let device =
            |(name, device): (&String, &DeviceConfig)| (name.clone(), Arc::new(self.desk_device(device)));
        Desk {
            simulate: self.simulate(config),
            device_timeout: config.device_timeout,
            device_wait: config.device_wait,
            http_hosts: config.http_hosts.clone(),
            http_timeout: config.http_timeout,
            devices: config.devices.iter().map(device).collect(),
            libraries: Arc::clone(&self.libraries),
            stage: self.stage(config),
            builtins: Arc::clone(&self.builtins),
        }
    }

    fn desk_device(&self, config: &DeviceConfig) -> DeskDevice {
        let folder = config.folder.as_ref().map(|folder| self.folder.join(folder));
        let settings = config.settings.iter().map(|(name, setting)| {
            let value = match &setting.value {
                Value::Text(text) => Argument::Text(text.clone()),
                Value::Integer(number) => Argument::Integer(*number),
                Value::Boolean(value) => Argument::Integer((*value).into()),
            };
            (name.clone(), value)
        });
        DeskDevice {
            // Windows resolves dependent libraries only beside a path in its own spelling.
            folder: folder.map(|folder| std::path::absolute(&folder).unwrap_or(folder)),
            file: config.file.clone(),
            timeout: config.timeout,
            foreground: config.foreground,
            isolate: config.isolate,
            on_caller_thread: config.on_caller_thread,
            simulate: config.simulate,
            settings: settings.collect(),
        }
    }
}

/// The folder that holds the helper programs.
fn programs(overrides: &Overrides) -> PathBuf {
    let own = || Some(std::env::current_exe().ok()?.parent()?.to_owned());
    overrides.programs.clone().or_else(own).unwrap_or_default()
}

/// Holds mps.toml against what the scripts declare.
pub(super) fn check_desk(generation: &Generation, desk: &Desk, config: &Config) -> Result<(), Problem> {
    generation.check_desk(desk).map_err(|(device, setting, text)| {
        let device = config.devices.get(&device);
        let setting = device
            .zip(setting)
            .and_then(|(device, name)| device.settings.get(&name));
        let line = setting
            .map(|setting| setting.line)
            .or(device.map(|device| device.line));
        Problem::Desk(format!("mps.toml 第{}行：{text}", line.unwrap_or_default()))
    })
}

impl State {
    fn unready(config: Config, wrong: Problem) -> State {
        State {
            config,
            ready: Err(wrong),
            scripts: None,
            since: SystemTime::now(),
            scenarios: 0,
        }
    }

    /// The number of the generation that answers.
    pub(super) fn generation(&self) -> Option<u64> {
        Some(self.ready.as_ref().ok()?.generation.number())
    }

    /// What the scripts that answer are known by.
    pub(super) fn fingerprint(&self) -> Option<String> {
        Some(self.scripts.as_ref()?.tree.fingerprint().to_owned())
    }

    /// Whether this state was made of the same files.
    fn is_made_of(&self, config: &Config, scripts: &Scripts) -> bool {
        let own = self.scripts.as_ref();
        self.config == *config && own.is_some_and(|own| own.tree == scripts.tree)
    }

    /// The same state where its scripts were read from another place; `None` where they were not.
    fn from(&self, scripts: Scripts) -> Option<State> {
        let own = self.scripts.as_ref();
        if own.is_some_and(|own| own.source == scripts.source) {
            return None;
        }
        Some(State {
            config: self.config.clone(),
            ready: self.ready.clone(),
            scripts: Some(scripts),
            since: self.since,
            scenarios: self.scenarios,
        })
    }
}
