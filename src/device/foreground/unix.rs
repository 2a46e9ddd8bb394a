//! Nothing: window managers bring up what opens.

/// Watches nothing.
pub(in crate::device) struct Watch;

impl Watch {
    /// There is nothing to watch.
    pub(in crate::device) fn start(_: u32) -> Watch {
        Watch
    }
}

/// There is nothing to allow.
pub(in crate::device) fn allow(_: u32) {}
