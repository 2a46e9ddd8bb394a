//! The floating-point state of the caller's thread.
//!
//! Delphi and PowerBuilder run with floating-point exceptions unmasked and other precision: what is a harmless NaN or a rounding
//! for us, for Lua and for a vendor's library would be an exception in the caller's thread.

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub use portable::Defaults;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub use x86::Defaults;

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    use std::arch::asm;

    /// What `fnstenv` stores: control, status and tag word, last instruction and operand.
    #[repr(C, align(16))]
    struct X87([u32; 7]);

    /// All exceptions masked, round to nearest: the state in which a process starts.
    static DEFAULT_MXCSR: u32 = 0x1F80;

    /// Holds the default state, and gives the thread back its own when dropped.
    pub struct Defaults {
        x87: X87,
        mxcsr: u32,
    }

    impl Defaults {
        /// Saves the thread's state and sets the default one.
        pub fn set() -> Defaults {
            let mut saved = Defaults {
                x87: X87([0; 7]),
                mxcsr: 0,
            };
            // SAFETY: writes the two fields, which are large enough (28 and 4 bytes). None of the instructions raises a pending
            // exception. The x87 stack is empty here by every calling convention; what Rust assumes of the state is what is set.
            unsafe {
                asm!(
                    "fnstenv [{x87}]",
                    "fninit",
                    "stmxcsr [{mxcsr}]",
                    "ldmxcsr [{default}]",
                    x87 = in(reg) &raw mut saved.x87,
                    mxcsr = in(reg) &raw mut saved.mxcsr,
                    default = in(reg) &raw const DEFAULT_MXCSR,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                    options(nostack),
                );
            }
            saved
        }
    }

    impl Drop for Defaults {
        fn drop(&mut self) {
            // SAFETY: reads the two fields, which hold what the processor itself has stored. An exception that the caller had
            // pending is pending again, as it would be had it not called; nothing of ours computes in floating point after this.
            unsafe {
                asm!(
                    "fldenv [{x87}]",
                    "ldmxcsr [{mxcsr}]",
                    x87 = in(reg) &raw const self.x87,
                    mxcsr = in(reg) &raw const self.mxcsr,
                    out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                    out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                    options(nostack),
                );
            }
        }
    }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
mod portable {
    /// Elsewhere callers do not unmask exceptions.
    pub struct Defaults;

    impl Defaults {
        /// Changes nothing.
        pub fn set() -> Defaults {
            Defaults
        }
    }
}
