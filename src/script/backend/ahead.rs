//! The calls of a declared method, made in one hand-over to the library's thread: the thread's answer costs more than all the
//! rest of a call.

use super::{Backend, DeviceUse, Lost, Request, fitted};
use crate::device::{Argument, Done, Outcome};
use crate::script::call;
use crate::script::failure::Failure;
use crate::script::functions::FunctionPlan;
use crate::script::held::Held;
use crate::script::method::CallPlan;
use crate::script::sandbox::waiting;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

/// Calls that were made before they are asked for, in order.
#[derive(Default)]
pub(super) struct Ahead(RefCell<VecDeque<Made>>);

/// A call that was made.
pub(super) struct Made {
    function: Arc<FunctionPlan>,
    /// What was passed, where that is to be kept.
    passed: Option<Vec<Argument>>,
    done: Done<Outcome>,
}

impl DeviceUse {
    /// Makes the calls of a declared method now, from the opening to the closing, in one hand-over to the library's thread: what
    /// is asked for them later has been made. After one that does not succeed nothing is made ahead.
    pub(in crate::script) fn call_ahead(&self, method: &CallPlan, request: &Request) -> Result<(), Failure> {
        let Backend::Real {
            held: Held::Library(session),
            timeout,
        } = &self.backend
        else {
            return Ok(());
        };
        let around = [self.plan.open.as_ref(), Some(method), self.plan.close.as_ref()];
        let plans: Vec<&CallPlan> = around.into_iter().flatten().collect();
        if plans.len() < 2 || plans.iter().any(|call| call.needs_opening()) {
            return Ok(());
        }
        let mut calls = Vec::with_capacity(plans.len());
        for call in &plans {
            let arguments = fitted(&call.function, self.inputs(call, request)?);
            calls.push((Arc::clone(&call.function.native), arguments));
        }
        let whole = call::wants_content();
        let passed = |(_, arguments): &(_, Vec<Argument>)| whole.then(|| arguments.clone());
        let passed: Vec<_> = calls.iter().map(passed).collect();
        let functions: Vec<_> = plans.iter().map(|call| Arc::clone(&call.function)).collect();
        let judges = functions.clone();
        let succeeds = move |number: usize, outcome: &Outcome| {
            let judge = judges.get(number);
            outcome.impossible.is_none() && judge.is_some_and(|function| function.judge(outcome).is_ok())
        };
        let (made, _) = waiting(|| session.call_all(calls, *timeout, succeeds));
        let made = functions.into_iter().zip(passed).zip(made);
        self.ahead.0.replace(
            made.map(|((function, passed), done)| Made {
                function,
                passed,
                done,
            })
            .collect(),
        );
        Ok(())
    }

    /// The next call that was made ahead, where it is this one.
    pub(super) fn made_ahead(&self, call: &CallPlan) -> Option<Made> {
        let next = self.ahead.0.borrow_mut().pop_front();
        next.filter(|made| Arc::ptr_eq(&made.function, &call.function))
    }

    /// Keeps what is wanted of a call that was made ahead.
    pub(super) fn keep_made(&self, made: Made) -> Result<Outcome, Failure> {
        let Done { result, took } = made.done;
        let brought = result.map(FunctionPlan::with_returned).map_err(Lost::Device);
        self.keep(&made.function, made.passed, brought, took)
    }
}
