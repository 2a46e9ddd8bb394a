//! What function ids say of devices, held against what those declare.

use super::build::{Reading, names};
use crate::script::Error;
use crate::script::declared::{Declared, unknown};
use crate::script::error::Mistake;
use crate::script::funid::{FieldSource, FunidPlan, Way};
use crate::script::library::LibraryPlan;
use crate::script::method::{CallPlan, MethodPlan};

/// Every way's device and method must exist, and give what the response picks.
pub(super) fn check_calls(
    plan: &FunidPlan,
    declared: &Declared,
    devices: &Reading<LibraryPlan>,
) -> Result<(), Error> {
    for (value, way) in plan.ways() {
        let written = match value {
            Some(value) => declared.required_table(value)?,
            None => declared.clone(),
        };
        match devices.get(&*way.device) {
            None => {
                let mistake = unknown("devices/", &way.device, &names(devices));
                return Err(written.refuse_value("call", mistake));
            }
            Some(Some(device)) => check_call(way, plan, &written, device)?,
            // Its own mistake is told.
            Some(None) => {}
        }
    }
    Ok(())
}

fn check_call(way: &Way, plan: &FunidPlan, declared: &Declared, device: &LibraryPlan) -> Result<(), Error> {
    let known: Vec<&str> = device.methods.keys().map(String::as_str).collect();
    let method = device.methods.get(&way.method).ok_or_else(|| {
        let what = format!("设备{}", way.device);
        declared.refuse_value("call", unknown(&what, &way.method, &known))
    })?;
    let called = match method {
        MethodPlan::Declared(call, _) => Some(call),
        MethodPlan::Function(_) => None,
    };
    let calls = [device.open.as_ref(), called, device.close.as_ref()];
    let mut fields = calls.into_iter().flatten().flat_map(CallPlan::request_fields);
    let known: Vec<&str> = plan.request.iter().map(|field| field.name.as_str()).collect();
    if let Some(field) = fields.find(|field| !known.contains(field)) {
        let mistake = Mistake::new(
            format!("设备{}要用请求字段“{field}”，request里没有声明它", way.device),
            format!("请在request里加上{{ \"{field}\", title = \"…\" }}"),
        );
        return Err(declared.refuse_value("call", mistake));
    }
    let response = declared.required_table("response")?;
    for (field, index) in way.response.iter().zip(1..) {
        let FieldSource::From(from) = &field.source else {
            continue;
        };
        if let Err(known) = method.gives(from) {
            let what = format!("{}.{}的结果", way.device, way.method);
            let field = response.required_table(index)?;
            return Err(field.refuse_value("from", unknown(&what, from, &known)));
        }
    }
    Ok(())
}
