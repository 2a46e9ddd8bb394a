//! Trying a device without touching a patient's data: how its script says that may be done, and doing it.

use super::api::records;
use super::backend::{DeviceUse, Request};
use super::declared::Declared;
use super::error::Mistake;
use super::generation::Generation;
use super::method::{CallPlan, Scope};
use super::{Desk, Error};
use crate::clock::Moment;
use mlua::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a device may be tried.
pub(super) enum ProbePlan {
    /// By opening and closing it.
    Opening,
    /// By a function between the two.
    Call(CallPlan),
}

/// What came of trying a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// How long taking it took, its library's loading included.
    pub loading: Duration,
    /// What followed.
    pub ending: ProbeEnding,
}

/// How far a probe came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeEnding {
    /// It could not be taken, or a function did not come back as it should.
    Failed(String),
    /// It was taken; its script does not say that it may be opened.
    Taken,
    /// It was not opened, and said why.
    NotOpened(String),
    /// It was opened, and the function that tries it said no.
    Refused(String),
    /// All went well; how long that took without the loading.
    Answered(Duration),
}

impl ProbePlan {
    /// The key `probe` of a library.
    pub(super) fn read(declared: &Declared, scope: &Scope) -> Result<Option<ProbePlan>, Error> {
        match declared.value("probe") {
            Value::Nil | Value::Boolean(false) => return Ok(None),
            Value::Boolean(true) => return Ok(Some(ProbePlan::Opening)),
            _ => {}
        }
        let Some(table) = declared.table("probe")? else {
            return Ok(None);
        };
        records::CALL.only_keys(&table)?;
        let call = CallPlan::read(&table, scope)?;
        match call.request_fields().first() {
            None => Ok(Some(ProbePlan::Call(call))),
            Some(field) => {
                let told = format!("probe不能用请求字段“{field}”，试设备时没有请求");
                Err(declared.refuse_value("probe", Mistake::new(told, "请写成固定的值或设置")))
            }
        }
    }
}

impl Generation {
    /// Tries a device: loads its library, and opens, asks and closes it where its script says that this is harmless.
    pub fn probe(self: &Arc<Self>, device: &str, desk: &Desk) -> Probed {
        let start = Instant::now();
        let take = |plan| DeviceUse::take(self, &device.into(), plan, None, desk, Moment::now());
        let taken = self.device(device).and_then(take);
        let loading = start.elapsed();
        let ending = match taken {
            Ok(device) => device.tried(),
            Err(failure) => ProbeEnding::Failed(failure.msg),
        };
        Probed { loading, ending }
    }
}

impl DeviceUse<'_> {
    fn tried(&self) -> ProbeEnding {
        let Some(probe) = &self.plan.probe else {
            return ProbeEnding::Taken;
        };
        let (start, request) = (Instant::now(), Request::default());
        let ending = match self.open(&request) {
            Ok(Err(refusal)) => return ProbeEnding::NotOpened(self.plan.failure(&refusal).msg),
            Err(failure) => ProbeEnding::Failed(failure.msg),
            Ok(Ok(())) => match probe {
                ProbePlan::Opening => ProbeEnding::Answered(start.elapsed()),
                ProbePlan::Call(call) => match self.call_declared(call, &request) {
                    Ok(Ok(_)) => ProbeEnding::Answered(start.elapsed()),
                    Ok(Err(refused)) => ProbeEnding::Refused(self.plan.failure(&refused.1).msg),
                    Err(failure) => ProbeEnding::Failed(failure.msg),
                },
            },
        };
        match (self.close(&request), ending) {
            (Err(failure), ProbeEnding::Answered(_)) => ProbeEnding::Failed(failure.msg),
            (_, ending) => ending,
        }
    }
}
