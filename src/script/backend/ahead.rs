//! The calls of a declared method, made in one hand-over to the library's thread: the thread's answer costs more than all the
//! rest of a call.

use super::{Backend, DeviceUse, Lost, Request, fitted};
use crate::device::{Argument, Calls, Done, Function, Outcome, Returned};
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

/// The functions that a method calls, from the opening of the device to its closing; the numbers that it is asked with are those of
/// the arguments, which are as many. Every method has its own, since to count who uses the functions would take them away from the
/// library's thread each time.
pub(in crate::script) struct Course(Vec<Arc<FunctionPlan>>);

impl Calls for Course {
    fn function(&self, number: usize) -> &Arc<Function> {
        &self.0[number].native
    }

    fn succeeded(
        &self,
        number: usize,
        returned: &Returned,
        outcome: impl FnOnce() -> Option<Outcome>,
    ) -> bool {
        let function = &self.0[number];
        let judged = function.accepts(returned);
        judged.unwrap_or_else(|| outcome().is_some_and(|outcome| function.judge(&outcome).is_ok()))
    }
}

/// A call that was made.
pub(super) struct Made {
    /// The address of the function's plan, by which it is known.
    function: usize,
    /// What was passed, where that is to be kept.
    passed: Option<Vec<Argument>>,
    done: Done<Outcome>,
}

impl DeviceUse<'_> {
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
        if !session.hands_over() {
            return Ok(());
        }
        let around = [self.plan.open.as_ref(), Some(method), self.plan.close.as_ref()];
        let plans = || around.into_iter().flatten();
        if plans().count() < 2 || plans().any(CallPlan::needs_opening) {
            return Ok(());
        }
        let functions = || plans().map(|call| Arc::clone(&call.function)).collect();
        let course = method.course.get_or_init(|| Arc::new(Course(functions())));
        let mut arguments = Vec::with_capacity(course.0.len());
        for call in plans() {
            arguments.push(fitted(&call.function, self.inputs(call, request)?));
        }
        let mut passed = call::wants_content().then(|| arguments.clone().into_iter());
        let (made, _) = waiting(self.begin(), || session.call_all(course, arguments, *timeout));
        let made = course.0.iter().zip(made).map(|(function, done)| Made {
            function: address(function),
            passed: passed.as_mut().and_then(Iterator::next),
            done,
        });
        self.ahead.0.replace(made.collect());
        Ok(())
    }

    /// This call, where it was made ahead. Those before it that nobody asked for are let go: one of them brought what ends the method.
    pub(super) fn made_ahead(&self, call: &CallPlan) -> Option<Made> {
        let mut made = self.ahead.0.borrow_mut();
        let is_it = |made: &Made| made.function == address(&call.function);
        let at = made.iter().position(is_it)?;
        made.drain(..at);
        made.pop_front()
    }

    /// Keeps what is wanted of a call that was made ahead.
    pub(super) fn keep_made(&self, call: &CallPlan, made: Made) -> Result<Outcome, Failure> {
        let Done { result, took } = made.done;
        let brought = FunctionPlan::with_returned(result).map_err(Lost::Device);
        self.keep(&call.function, made.passed, brought, took)
    }
}

fn address(function: &Arc<FunctionPlan>) -> usize {
    Arc::as_ptr(function).addr()
}
