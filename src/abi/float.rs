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

#[cfg(all(test, any(target_arch = "x86", target_arch = "x86_64"), not(miri)))]
mod tests {
    use super::Defaults;
    use std::arch::asm;

    /// Delphi's states: invalid operation, division by zero and overflow unmasked.
    static DELPHI: (u16, u32) = (0x1372, 0x1900);

    fn state() -> (u16, u32) {
        let (mut control, mut mxcsr) = (0u16, 0u32);
        // SAFETY: stores two registers in two variables of their sizes.
        unsafe {
            asm!("fnstcw [{}]", "stmxcsr [{}]", in(reg) &raw mut control, in(reg) &raw mut mxcsr, options(nostack));
        }
        (control, mxcsr)
    }

    /// Runs a body in Delphi's state and tells the state that it leaves.
    fn left_by(body: impl FnOnce()) -> (u16, u32) {
        let own = Defaults::set();
        // SAFETY: valid values, for integer code alone; `own` puts the test's state back.
        unsafe {
            asm!("fldcw [{}]", "ldmxcsr [{}]", in(reg) &raw const DELPHI.0, in(reg) &raw const DELPHI.1, options(nostack));
        }
        body();
        let left = state();
        drop(own);
        left
    }

    #[test]
    fn inside_is_the_default_and_afterwards_what_was() {
        let left = left_by(|| {
            let defaults = Defaults::set();
            let inside = state();
            drop(defaults);
            assert_eq!(inside, (0x037F, 0x1F80));
        });
        assert_eq!(left, DELPHI);
    }

    #[test]
    fn a_panic_restores_too() {
        let left = left_by(|| {
            let caught = std::panic::catch_unwind(|| {
                let _defaults = Defaults::set();
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(caught.is_err());
        });
        assert_eq!(left, DELPHI);
    }
}
