//! A serial port whose other end is the test's.

use std::ffi::CStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::FromRawFd;

pub struct Pty {
    master: File,
    pub path: String,
}

impl Pty {
    pub fn new() -> Pty {
        let mut name = [0; 128];
        // SAFETY: the terminal is a new one, whose number is checked; the name is written into a buffer of the told size.
        let (master, named) = unsafe {
            let terminal = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY);
            assert!(terminal >= 0, "no terminal");
            let named = libc::grantpt(terminal) == 0
                && libc::unlockpt(terminal) == 0
                && libc::ptsname_r(terminal, name.as_mut_ptr(), name.len()) == 0;
            (File::from_raw_fd(terminal), named)
        };
        assert!(named, "a terminal without a name");
        // SAFETY: ptsname_r has written a string that ends in a NUL.
        let path = unsafe { CStr::from_ptr(name.as_ptr()) };
        let path = path.to_str().expect("ASCII").to_owned();
        Pty { master, path }
    }

    /// Sends bytes to whoever has the port open.
    pub fn send(&self, bytes: &[u8]) {
        (&self.master).write_all(bytes).expect("a terminal takes bytes");
    }
}
