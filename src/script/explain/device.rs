//! What the layers of a device's file made of where a field is taken from, told by running every layer by itself.

use super::history::{Item, Origin, written};
use super::source_text;
use crate::script::Error;
use crate::script::funid::{FieldPlan, FieldSource, Way};
use crate::script::generation::Generation;
use crate::script::layer::Written;
use crate::script::library::LibraryPlan;
use crate::script::method::MethodPlan;
use crate::script::plans::declared;
use crate::script::sandbox::Sandbox;
use crate::script::tree::Source;

/// One layer's file of a device, and the method that a way calls.
pub(super) struct DeviceLayer<'a> {
    source: &'a Source,
    plan: LibraryPlan,
    line: usize,
    map: Option<Written>,
    extends: bool,
}

/// The layers of a way's device, the lowest first; one that is not right by itself is replaced as a whole, and left out.
pub(super) fn layers<'a>(generation: &'a Generation, way: &Way) -> Vec<DeviceLayer<'a>> {
    let path = format!("devices/{}.lua", way.device);
    let Ok(sandbox) = Sandbox::new(generation.limits, &generation.sources) else {
        return Vec::new();
    };
    let mut sources: Vec<&Source> = generation.sources.get(&path).into_iter().collect();
    while let Some(below) = sources.last().and_then(|source| source.below.as_deref()) {
        sources.push(below);
    }
    let layers = sources.into_iter().rev();
    layers
        .filter_map(|source| layer(&sandbox, &path, source, &way.method).ok())
        .collect()
}

fn layer<'a>(
    sandbox: &Sandbox,
    path: &str,
    source: &'a Source,
    method: &str,
) -> Result<DeviceLayer<'a>, Error> {
    let declared = declared(sandbox, path, source, "library")?;
    let extends = sandbox.extended();
    let plan = LibraryPlan::read(&declared)?;
    let (line, map) = match plan.methods.get(method) {
        Some(MethodPlan::Function(path)) => {
            let written = written(&declared.table_itself(), path);
            (written.as_ref().map_or(0, |written| written.line), written)
        }
        _ => {
            let method = declared.required_table("methods")?.table(method)?;
            (method.map_or(0, |method| method.line()), None)
        }
    };
    Ok(DeviceLayer {
        source,
        plan,
        line,
        map,
        extends,
    })
}

/// Which layer says where a field is taken from, and what those below said.
pub(super) fn origin(layers: &[DeviceLayer<'_>], way: &Way, field: &FieldPlan) -> Option<Origin> {
    if let FieldSource::Value(_) = field.source {
        return None;
    }
    let says = layers
        .iter()
        .filter(|layer| layer.plan.methods.contains_key(&way.method));
    says.fold(None, |below, layer| {
        let item = Item {
            line: layer.line,
            text: source_text(way, field, &layer.plan),
            map: layer.map.clone(),
        };
        Some(Origin::over(below, item, layer.source, layer.extends))
    })
}
