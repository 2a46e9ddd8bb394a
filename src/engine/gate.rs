//! The gate: before a new generation answers, the scenarios that stand in its own tree are played with it.
//!
//! It guards changes, on the thread that looks for them; callers are answered by the old generation meanwhile. At the start nobody
//! waits for it either: scripts that were saved while nothing ran, and that carry scenarios, are tried by that thread too, and until then
//! the newest kept generation answers. What a person put into force by hand, a frozen generation, is not tried.

use super::answer::Answer;
use super::config::Config;
use super::state::{Home, Scripts, Source};
use super::theatre::{Layer, Staged, Theatre};
use super::{Engine, Overrides, Problem};
use crate::mask;
use crate::script::{
    Counter, Entry, Fill, Generation, House, Playbook, Returned, Room, Stage, Tree, Verdict, Wanted,
};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Scenarios that failed, of which is told.
const MOST_TOLD: usize = 5;

/// What was tried last, so that the same scripts are not tried again and again.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    fingerprint: String,
    config: Config,
    outcome: Result<usize, Problem>,
}

impl Home {
    /// Tries scripts before they answer; tells how many scenarios there were.
    pub(super) fn try_out(
        &self,
        config: &Config,
        scripts: &Scripts,
        last: &mut Option<Tried>,
        forced: bool,
    ) -> Result<usize, Problem> {
        if !config.gate || scripts.source == Source::Frozen || !self.has_scenarios(config, &scripts.tree) {
            return Ok(0);
        }
        let fingerprint = scripts.tree.fingerprint();
        let known = last
            .as_ref()
            .filter(|tried| tried.fingerprint == fingerprint && tried.config == *config);
        if let Some(known) = known.filter(|_| !forced) {
            return known.outcome.clone();
        }
        let outcome = self.play(config, &scripts.tree);
        *last = Some(Tried {
            fingerprint: fingerprint.to_owned(),
            config: config.clone(),
            outcome: outcome.clone(),
        });
        outcome
    }

    /// Whether scripts would have to be tried before they answer, and something else can answer until then.
    pub(super) fn is_untried(&self, config: &Config, scripts: &Scripts) -> bool {
        let tried = || {
            let fingerprint = scripts.tree.fingerprint();
            let kept = self.control.kept();
            kept.is_empty() || kept.iter().any(|kept| kept.fingerprint == fingerprint)
        };
        config.gate && scripts.source == Source::Disk && self.has_scenarios(config, &scripts.tree) && !tried()
    }

    /// Whether there is anything to try scripts with.
    fn has_scenarios(&self, config: &Config, tree: &Tree) -> bool {
        let region = self.region(config);
        Theatre::scenarios_of(tree).any(|(layer, ..)| layer.is_seen_by(region))
    }

    fn play(&self, config: &Config, tree: &Tree) -> Result<usize, Problem> {
        let region = self.region(config);
        let overrides = Overrides {
            region: region.map(str::to_owned),
            ..Overrides::default()
        };
        let own = Arc::new(Home::new(self.folder(), overrides));
        let theatre = Arc::new(Theatre::of(own, config.clone(), tree.clone()));
        let mut trial = Trial {
            theatre: &theatre,
            until: Instant::now() + config.gate_time,
            limit: config.gate_time,
            played: 0,
            failed: Vec::new(),
        };
        for (layer, path, text) in theatre.scenarios() {
            if layer.is_seen_by(region) {
                trial.file(&layer, path, text)?;
            }
        }
        trial.result()
    }
}

/// One generation being tried.
struct Trial<'a> {
    theatre: &'a Arc<Theatre>,
    until: Instant,
    limit: Duration,
    played: usize,
    failed: Vec<String>,
}

impl Trial<'_> {
    fn file(&mut self, layer: &Layer, path: &str, text: &str) -> Result<(), Problem> {
        let region = self.theatre.region(layer);
        let tree = self.theatre.tree(layer);
        let playbook = match Playbook::read(path, text.as_bytes(), tree, region.as_deref(), None) {
            Ok(playbook) => playbook,
            Err(error) => {
                self.failed.push(error.sentence());
                return Ok(());
            }
        };
        for entry in playbook.entries() {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.late());
            }
            let house = Inside {
                theatre: Arc::clone(self.theatre),
                layer: layer.clone(),
            };
            let verdict = playbook.play(entry, Rc::new(house), left);
            self.played += 1;
            if !verdict.is_good() {
                self.failed.push(told(path, entry, &verdict));
            }
        }
        Ok(())
    }

    fn late(&self) -> Problem {
        let seconds = self.limit.as_secs_f64();
        let played = self.played;
        Problem::Gate(format!(
            "随脚本的场景在{seconds}秒内没有试完（试了{played}个），继续使用原来的脚本；\
             请减少scripts里的场景，或在mps.toml的[time_limits]中调大gate"
        ))
    }

    fn result(self) -> Result<usize, Problem> {
        if self.failed.is_empty() {
            return Ok(self.played);
        }
        let mut text = format!(
            "随脚本的场景有{}个不符，继续使用原来的脚本；请执行mps test查看，改好后保存即生效",
            self.failed.len()
        );
        for failed in self.failed.iter().take(MOST_TOLD) {
            // A String takes everything.
            let _ = write!(text, "\n{failed}");
        }
        Err(Problem::Gate(text))
    }
}

/// A scenario that failed; its values may be real ones that somebody took for an example.
fn told(path: &str, entry: &Entry, verdict: &Verdict) -> String {
    let (name, line) = (&entry.name, entry.line);
    mask::text(&format!("{path}:{line} 场景“{name}” {}", verdict.sentence())).into_owned()
}

/// Plays with the engine itself: nothing of the boundary changes with a script.
struct Inside {
    theatre: Arc<Theatre>,
    layer: Layer,
}

struct Answering {
    engine: Engine,
    generation: Arc<Generation>,
}

impl House for Inside {
    fn open(&self, wanted: &Wanted, stage: &Arc<Stage>) -> Result<Box<dyn Counter>, String> {
        let Staged { engine, generation } = self.theatre.engine(&self.layer, wanted, stage)?;
        Ok(Box::new(Answering { engine, generation }))
    }
}

impl Counter for Answering {
    fn call(&self, request: &[u8], room: Room) -> Result<Returned, String> {
        let answer = self.engine.answer(request);
        let spaces = match room.fill {
            Fill::Zeros => usize::MAX,
            Fill::Spaces | Fill::WideSpaces => room.capacity,
        };
        let most = self.engine.bounds().response_capacity.min(spaces);
        Ok(delivered(&answer, most))
    }

    fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }
}

/// What the boundary would give back of an answer.
fn delivered(answer: &Answer, most: usize) -> Returned {
    let unit = answer.charset.unit();
    let whole = (answer.bytes.len() + unit <= most).then(|| answer.bytes.clone());
    match whole.or_else(|| answer.shortened(most)) {
        Some(mut buffer) => {
            buffer.resize(buffer.len() + unit, 0);
            Returned { code: 0, buffer }
        }
        None => Returned {
            code: -3,
            buffer: Vec::new(),
        },
    }
}
