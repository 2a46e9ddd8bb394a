//! The library that a scenario calls: this program's own `MPS_Call`.

use crate::abi::client;
use crate::engine::{Engine, Layer, Staged, Theatre};
use crate::script::{Counter, Generation, House, Returned, Room, Stage, Wanted};
use std::sync::Arc;

/// Plays in this process.
pub(super) struct InProcess {
    pub(super) theatre: Arc<Theatre>,
    pub(super) layer: Layer,
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
