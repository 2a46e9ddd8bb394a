//! `--library`: a built library that scenarios call, in a process of its own for each scenario.
//!
//! That process gets a home folder made for the scenario. Its devices are on the scenario's stage, which goes there before each call
//! and comes back behind it, in a file that the library reads and writes itself. What a scenario looks at is what the library's
//! exported `MPS_Call` returned, and what it asked its devices.

use super::super::caller::{Answer, COMMAND, Question};
use super::super::send::until_nul;
use super::super::{Misuse, program_folder};
use super::scratch::Scratch;
use crate::device::{Aide, Binary, Machine, helper_file};
use crate::engine::{Layer, Staged, Theatre, hand_over, take_back};
use crate::message::Response;
use crate::script::{Counter, Generation, House, Returned, Room, Stage, Wanted};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long loading the library, and one call, may really take.
const LIMIT: Duration = Duration::from_secs(20);

/// A library that can be loaded and called.
pub(super) struct Built {
    file: PathBuf,
    /// The `mps` of its bitness.
    program: PathBuf,
    scratch: Scratch,
    next: AtomicUsize,
}

impl Built {
    /// Looks at the file, and loads it once to see whether it can be.
    pub(super) fn at(file: &Path) -> Result<Built, Misuse> {
        let shown = file.display();
        if !file.is_file() {
            return Err(Misuse::new(format!(
                "找不到动态库: {shown}\n请检查 --library 的路径"
            )));
        }
        let binary = Binary::read(file);
        let binary =
            binary.map_err(|why| Misuse::new(format!("--library 不是能用的动态库: {shown}（{why}）")))?;
        let program = program(file, binary.machine)?;
        if !binary.exports.iter().any(|name| name == "MPS_Call") {
            return Err(Misuse::new(format!("动态库里没有 MPS_Call: {shown}")));
        }
        let scratch = Scratch::new().map_err(|error| Misuse::new(format!("临时文件夹建不了（{error}）")))?;
        let built = Built {
            file: std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
            program,
            scratch,
            next: AtomicUsize::new(0),
        };
        built.load(&built.place()).map_err(Misuse::new)?;
        Ok(built)
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// A folder for one scenario, which is not there yet.
    fn place(&self) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Place(self.scratch.path().join(number.to_string()))
    }

    /// A process with the library in it.
    fn load(&self, place: &Place) -> Result<Aide, String> {
        let aide = Aide::start(&self.program, COMMAND)?;
        let question = Question::Load {
            library: self.file.clone(),
            home: place.home(),
            stage: place.stage(),
        };
        let failed = |why: String| {
            let file = self.file.display();
            format!("动态库加载不了: {file}（{why}）\n请检查它依赖的动态库是否齐全")
        };
        match Answer::of_message(&aide.ask(question.message(), LIMIT).map_err(failed)?) {
            Some(Answer::Loaded) => Ok(aide),
            Some(Answer::Wrong(why)) => Err(failed(why)),
            Some(Answer::Returned(_)) | None => Err(failed(NONSENSE.to_owned())),
        }
    }
}

/// The program that can load a library of this machine.
fn program(file: &Path, machine: Machine) -> Result<PathBuf, Misuse> {
    let ours = Machine::OURS;
    let unfit = |why: String| {
        Misuse::new(format!(
            "动态库是{machine}的，本程序是{ours}的{why}: {}\n请用与动态库同一个发布文件夹里的 mps（Windows 的在 Linux 上由 Wine 运行）",
            file.display()
        ))
    };
    if machine == ours {
        return std::env::current_exe().map_err(|_| Misuse::new("找不到本程序"));
    }
    if (machine.format, machine.processor) != (ours.format, ours.processor) {
        return Err(unfit(String::new()));
    }
    let other = helper_file(machine.bits);
    let program = program_folder()?.join(&other);
    match program.is_file() {
        true => Ok(program),
        false => Err(unfit(format!("，旁边又没有 {other}"))),
    }
}

const NONSENSE: &str = "答非所问";

/// Where one scenario's files are; gone with it as far as the system lets go of them.
struct Place(PathBuf);

impl Place {
    fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    fn stage(&self) -> PathBuf {
        self.0.join("stage.json")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Plays against a built library.
pub(super) struct Outside {
    pub(super) theatre: Arc<Theatre>,
    pub(super) layer: Layer,
    pub(super) built: Arc<Built>,
}

impl House for Outside {
    fn open(&self, wanted: &Wanted, stage: &Arc<Stage>) -> Result<Box<dyn Counter>, String> {
        // What is wrong with the scenario or the scripts is told as it is in process.
        let Staged { engine, generation } = self.theatre.engine(&self.layer, wanted, stage)?;
        let place = self.built.place();
        self.theatre
            .furnish(&place.home(), &self.layer, wanted, &generation)?;
        Ok(Box::new(Visit {
            aide: self.built.load(&place)?,
            place,
            stage: Arc::clone(stage),
            most: engine.bounds().response_capacity,
            generation,
        }))
    }
}

/// One scenario's process.
struct Visit {
    // Dropped before its files are.
    aide: Aide,
    place: Place,
    stage: Arc<Stage>,
    most: usize,
    generation: Arc<Generation>,
}

impl Counter for Visit {
    fn call(&self, request: &[u8], room: Room) -> Result<Returned, String> {
        hand_over(&self.stage, &self.place.stage())?;
        let question = Question::Call {
            request: request.to_vec(),
            room,
            most: self.most,
        };
        let died = |death: String| format!("动态库的MPS_Call没有返回：{death}");
        match Answer::of_message(&self.aide.ask(question.message(), LIMIT).map_err(died)?) {
            Some(Answer::Returned(returned)) => {
                let played = take_back(&self.stage, &self.place.stage());
                played.ok_or_else(|| unplayed(&returned))?;
                Ok(returned)
            }
            Some(Answer::Wrong(why)) => Err(why),
            Some(Answer::Loaded) | None => Err(died(NONSENSE.to_owned())),
        }
    }

    fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }
}

/// That a library answered without the scenario's devices: its answer proves nothing.
fn unplayed(returned: &Returned) -> String {
    let said = Response::decode(until_nul(&returned.buffer)).map(|response| response.msg);
    let said = match said {
        Ok(msg) => format!("提示信息是：{msg}"),
        Err(_) => format!("返回值是{}", returned.code),
    };
    format!("这个动态库没有按场景应答：它与本程序不是同一个版本，或不是mps_client；{said}")
}
