//! The desk that a call is made at: which devices stand there, and with what settings.

use super::Stage;
use crate::device::{Argument, Builtins, Hosts, Libraries};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What differs from desk to desk; scripts name it only by its settings.
pub struct Desk {
    /// Whether every device is simulated.
    pub simulate: bool,
    /// How long one device call may take where neither script nor desk says.
    pub device_timeout: Duration,
    /// How long to wait for a device that another call is using.
    pub device_wait: Duration,
    /// The servers that `mps.http` may ask.
    pub http_hosts: Hosts,
    /// How long one HTTP call may take where the script does not say.
    pub http_timeout: Duration,
    /// The configured devices by name.
    pub devices: BTreeMap<String, Arc<DeskDevice>>,
    /// The vendors' libraries that this process has loaded.
    pub libraries: Arc<Libraries>,
    /// In a scenario: what stands in for every device and every server.
    pub stage: Option<Arc<Stage>>,
    /// The readers of our own that it uses.
    pub builtins: Arc<Builtins>,
}

impl Desk {
    /// Whether a configured device seems to need a thread of its own; what the scripts say of it is not looked at.
    pub fn has_threads(&self) -> bool {
        let needs_one = |device: &DeskDevice| {
            let is_elsewhere =
                [device.simulate, device.on_caller_thread, device.isolate].contains(&Some(true));
            device.folder.is_some() && !is_elsewhere
        };
        let real = !self.simulate && self.stage.is_none();
        real && self.devices.values().any(|device| needs_one(device))
    }
}

/// One configured device.
#[derive(Clone, Debug, Default)]
pub struct DeskDevice {
    /// The folder of the vendor's library, absolute.
    pub folder: Option<PathBuf>,
    /// The library's file name where it is not the script's.
    pub file: Option<String>,
    /// The time limit of one call where it is not the script's.
    pub timeout: Option<Duration>,
    /// Whether it runs in a helper process, where that is not as the script says.
    pub isolate: Option<bool>,
    /// Whether it runs on the thread that calls, where that is not as the script says.
    pub on_caller_thread: Option<bool>,
    /// Whether its windows are brought to the front, where that is not as the script says.
    pub foreground: Option<bool>,
    /// Overrides [`Desk::simulate`].
    pub simulate: Option<bool>,
    /// The values of the settings that the device's script declares.
    pub settings: BTreeMap<String, Argument>,
}
