//! A stub: for which calls it stands, and what it does one time after the other.

use super::act::{Act, Given, argument_of_json, argument_to_json};
use super::journey::{Contact, listed, shown};
use super::{Cue, duration, seconds};
use crate::device::Argument;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// What a scenario wrote for a device.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct Stub {
    pub(in crate::script) device: String,
    /// The function that it stands for; without one, for every one but those that open and close the device.
    pub(in crate::script) function: Option<String>,
    /// The inputs that it stands for; all of them where there are none.
    pub(in crate::script) inputs: Option<Vec<Input>>,
    /// Only after this function of the device has been called.
    pub(in crate::script) after: Option<String>,
    /// What it does, one after the other; the last again and again, unless `times` says how often.
    pub(in crate::script) acts: Vec<Act>,
    pub(in crate::script) times: Option<usize>,
    /// How long it takes.
    pub(in crate::script) delay: Duration,
    /// Bytes after which what it writes breaks off.
    pub(in crate::script) cut: Option<usize>,
    /// The charset that it writes in, where that is not the declared one.
    pub(in crate::script) charset: Option<String>,
    /// Its line in the scenario.
    pub(in crate::script) line: usize,
    pub(in crate::script) played: usize,
}

/// What a stub does this time.
pub(super) struct Turn {
    pub(super) act: Act,
    pub(super) line: usize,
    pub(super) delay: Duration,
    pub(super) cut: Option<usize>,
    pub(super) charset: Option<String>,
}

/// An input that a stub waits for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) enum Input {
    /// Whatever it is.
    Any,
    /// This value; numbers and texts compare alike.
    Is(Argument),
}

impl Input {
    pub(in crate::script) fn fits(&self, argument: &Argument) -> bool {
        match self {
            Input::Any => true,
            Input::Is(wanted) => wanted == argument || shown(wanted) == shown(argument),
        }
    }

    pub(in crate::script) fn shown(&self) -> String {
        match self {
            Input::Any => "任意".to_owned(),
            Input::Is(argument) => shown(argument),
        }
    }
}

impl Stub {
    pub(super) fn fits(&self, device: &str, cue: Option<&Cue>, arguments: &[Argument]) -> bool {
        if self.device != device || self.is_over() {
            return false;
        }
        let at_taking = self.acts.first().is_some_and(Act::is_at_taking);
        let Some(cue) = cue else { return at_taking };
        !at_taking && self.is_for(cue) && self.takes(arguments)
    }

    /// Whether it stands for the function, whatever the inputs.
    pub(super) fn is_for(&self, cue: &Cue) -> bool {
        let name = &cue.function.native.name;
        match &self.function {
            Some(function) => function == name,
            None => {
                let frame = [&cue.plan.open, &cue.plan.close];
                let mut frame = frame.into_iter().flatten();
                frame.all(|call| call.function.native.name != *name)
            }
        }
    }

    fn takes(&self, arguments: &[Argument]) -> bool {
        let Some(inputs) = &self.inputs else { return true };
        inputs.len() == arguments.len()
            && inputs
                .iter()
                .zip(arguments)
                .all(|(input, argument)| input.fits(argument))
    }

    fn is_over(&self) -> bool {
        self.times.is_some_and(|times| self.played >= times)
    }

    /// Whether what it waits for has happened.
    pub(super) fn has_begun(&self, contacts: &[Contact]) -> bool {
        let is_it = |contact: &Contact| {
            contact.device == self.device && Some(&contact.function) == self.after.as_ref()
        };
        self.after.is_none() || contacts.iter().any(is_it)
    }

    /// Of the stubs that stand for a call the highest acts: one that says more, then one that ends, the earlier of those that end and
    /// the later of those that do not.
    pub(super) fn rank(&self, number: usize) -> (bool, bool, bool, bool, isize) {
        let number = number as isize;
        let ends = self.times.is_some();
        (
            self.inputs.is_some(),
            self.function.is_some(),
            self.after.is_some(),
            ends,
            if ends { -number } else { number },
        )
    }

    /// Acts once.
    pub(super) fn play(&mut self) -> Option<Turn> {
        let act = self.acts.get(self.played).or(self.acts.last())?.clone();
        self.played += 1;
        Some(Turn {
            act,
            line: self.line,
            delay: self.delay,
            cut: self.cut,
            charset: self.charset.clone(),
        })
    }

    /// Acts no more.
    pub(super) fn retire(&mut self) {
        self.times = Some(self.played);
    }

    /// How close a call comes to what this stub waits for.
    pub(super) fn nearness(&self, function: &str, arguments: &[Argument]) -> usize {
        let named = self.function.as_deref().is_none_or(|name| name == function);
        let inputs = self.inputs.as_deref().unwrap_or_default();
        let same = inputs
            .iter()
            .zip(arguments)
            .filter(|(input, argument)| input.fits(argument));
        usize::from(named) * 100 + same.count()
    }

    /// The stub, and why it does not stand for a call.
    pub(super) fn describe(&self, function: &str, arguments: &[Argument]) -> String {
        let own = self.function.as_deref().unwrap_or("任何函数");
        let mut text = format!("第{}行的{}:{own}", self.line, self.device);
        if let Some(inputs) = &self.inputs {
            let inputs: Vec<String> = inputs.iter().map(Input::shown).collect();
            text.push_str(&format!("（{}）", inputs.join("，")));
        }
        text.push_str(&if self.function.as_deref().is_some_and(|own| own != function) {
            format!("，函数不同，实际是{function}")
        } else if self.is_over() {
            format!("，它已经应答了{}次", self.played)
        } else if !self.takes(arguments) {
            format!("，输入不同，实际是（{}）", listed(arguments))
        } else {
            "，它要等到另一个函数被调用之后".to_owned()
        });
        text
    }

    pub(super) fn to_json(&self) -> Json {
        let input = |input: &Input| match input {
            Input::Any => Json::Null,
            Input::Is(argument) => argument_to_json(argument),
        };
        let inputs = self
            .inputs
            .as_ref()
            .map(|inputs| inputs.iter().map(input).collect::<Vec<_>>());
        json!({
            "device": self.device,
            "function": self.function,
            "inputs": inputs,
            "after": self.after,
            "acts": self.acts.iter().map(Act::to_json).collect::<Vec<_>>(),
            "times": self.times,
            "delay": seconds(self.delay),
            "cut": self.cut,
            "charset": self.charset,
            "line": self.line,
            "played": self.played,
        })
    }

    pub(super) fn of_json(json: &Json) -> Option<Stub> {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let number = |key: &str| usize::try_from(json.get(key)?.as_u64()?).ok();
        let input = |json: &Json| match json {
            Json::Null => Some(Input::Any),
            json => argument_of_json(json).map(Input::Is),
        };
        let inputs = json.get("inputs").and_then(Json::as_array);
        let acts = json.get("acts")?.as_array()?.iter().map(Act::of_json);
        Some(Stub {
            device: text("device")?,
            function: text("function"),
            inputs: inputs.and_then(|inputs| inputs.iter().map(input).collect()),
            after: text("after"),
            acts: acts.collect::<Option<_>>()?,
            times: number("times"),
            delay: duration(json.get("delay")?)?,
            cut: number("cut"),
            charset: text("charset"),
            line: number("line")?,
            played: number("played")?,
        })
    }
}

impl From<Given> for Input {
    fn from(given: Given) -> Input {
        Input::Is(given.into_argument())
    }
}
