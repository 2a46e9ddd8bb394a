//! The library that a scenario calls: this program's own `MPS_Call`, or a built library's.

use super::library::{Built, Outside};
use crate::abi::client;
use crate::engine::{Engine, Layer, Staged, Theatre};
use crate::script::{Counter, Generation, House, Returned, Room, Stage, Wanted};
use std::rc::Rc;
use std::sync::Arc;

/// Where the scenarios of a run are played.
pub(super) struct Street {
    pub(super) theatre: Arc<Theatre>,
    /// `None`: in this process.
    pub(super) library: Option<Arc<Built>>,
}

impl Street {
    /// The house for a scenario of a layer.
    pub(super) fn house(&self, layer: &Layer) -> Rc<dyn House> {
        let (theatre, layer) = (Arc::clone(&self.theatre), layer.clone());
        match &self.library {
            None => Rc::new(InProcess { theatre, layer }),
            Some(built) => Rc::new(Outside {
                theatre,
                layer,
                built: Arc::clone(built),
            }),
        }
    }
}

/// Plays in this process.
struct InProcess {
    theatre: Arc<Theatre>,
    layer: Layer,
}

struct Own {
    engine: Arc<Engine>,
    generation: Arc<Generation>,
}

impl House for InProcess {
    fn open(&self, wanted: &Wanted, stage: &Arc<Stage>) -> Result<Box<dyn Counter>, String> {
        let Staged { engine, generation } = self.theatre.engine(&self.layer, wanted, stage)?;
        let engine = Arc::new(engine);
        Ok(Box::new(Own { engine, generation }))
    }
}

impl Counter for Own {
    fn call(&self, request: &[u8], room: Room) -> Result<Returned, String> {
        client::call_staged(Arc::clone(&self.engine), request, room)
    }

    fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }
}
