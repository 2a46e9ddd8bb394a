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
    struct Environment([u32; 7]);

    /// The tags of a stack that nothing lies on.
    const EMPTY: u32 = 0xFFFF;
    /// All exceptions masked, round to nearest: the states in which processes start, on Linux and on Windows.
    const X87: [u16; 2] = [0x037F, 0x027F];
    static MXCSR: u32 = 0x1F80;
    /// The bits of MXCSR that tell what has happened, and control nothing.
    const HAPPENED: u32 = 0x3F;

    /// A thread's state, as it is quickly told: to save and to set it whole takes longer than to read a request.
    #[derive(Clone, Copy, PartialEq, Eq)]
    struct State {
        control: u16,
        status: u16,
        mxcsr: u32,
    }

    impl State {
        fn now() -> State {
            let (mut control, mut status, mut mxcsr) = (0, 0, 0);
            // SAFETY: stores three registers in three variables of their sizes; none of the instructions raises a pending exception.
            unsafe {
                asm!(
                    "fnstcw [{control}]",
                    "fnstsw [{status}]",
                    "stmxcsr [{mxcsr}]",
                    control = in(reg) &raw mut control,
                    status = in(reg) &raw mut status,
                    mxcsr = in(reg) &raw mut mxcsr,
                    options(nostack, preserves_flags),
                );
            }
            State {
                control,
                status,
                mxcsr,
            }
        }

        /// Whether nothing that computes can tell it from the state in which a process starts.
        fn is_default(self) -> bool {
            X87.contains(&self.control) && self.mxcsr & !HAPPENED == MXCSR
        }
    }

    /// Holds the default state, and gives the thread back its own when dropped.
    pub struct Defaults {
        own: State,
    }

    impl Defaults {
        /// Notes the thread's state and sets the default one where it is another.
        pub fn set() -> Defaults {
            let own = State::now();
            if !own.is_default() {
                // SAFETY: none of the instructions raises a pending exception. The x87 stack is empty here by every calling
                // convention; what Rust assumes of the state is what is set.
                unsafe {
                    asm!(
                        "fninit",
                        "ldmxcsr [{default}]",
                        default = in(reg) &raw const MXCSR,
                        out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                        out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                        options(nostack),
                    );
                }
            }
            Defaults { own }
        }
    }

    impl Drop for Defaults {
        fn drop(&mut self) {
            let (own, left) = (self.own, State::now());
            if (own.control, own.status) != (left.control, left.status) {
                restore_x87(own);
            }
            if own.mxcsr != left.mxcsr {
                // SAFETY: a value that the processor itself has stored.
                unsafe {
                    asm!("ldmxcsr [{}]", in(reg) &raw const own.mxcsr, options(nostack, preserves_flags))
                };
            }
        }
    }

    /// An exception that the caller had pending is pending again, as it would be had it not called; nothing of ours computes in
    /// floating point after this. What a vendor's library may have left on the stack is gone.
    fn restore_x87(own: State) {
        let mut environment = Environment([0; 7]);
        // SAFETY: stores 28 bytes, for which there is room. The instruction raises no pending exception.
        unsafe { asm!("fnstenv [{}]", in(reg) &raw mut environment, options(nostack, preserves_flags)) };
        let [control, status, tags, ..] = &mut environment.0;
        (*control, *status, *tags) = (own.control.into(), own.status.into(), EMPTY);
        // SAFETY: loads what the processor itself has stored, but for what its own instructions have told before. The x87 stack is
        // empty here by every calling convention.
        unsafe {
            asm!(
                "fldenv [{}]",
                in(reg) &raw const environment,
                out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                options(nostack),
            );
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
    fn what_is_left_behind_inside_is_gone() {
        let before = full();
        let defaults = Defaults::set();
        // SAFETY: three values on an empty stack, one of them of a division by zero, and a control word of a vendor's own; what is left
        // is what is tested, and nothing computes meanwhile.
        unsafe {
            asm!("fld1", "fldz", "fdivr st, st(1)", "fldpi", "fldcw [{}]", in(reg) &raw const DELPHI.0, options(nostack));
        }
        assert_ne!(full(), before);
        drop(defaults);
        assert_eq!(full(), before);
    }

    /// Control, status and tags.
    fn full() -> [u16; 3] {
        let mut environment = [0u32; 7];
        // SAFETY: stores 28 bytes and loads the same again, since storing masks all exceptions.
        unsafe {
            asm!("fnstenv [{0}]", "fldenv [{0}]", in(reg) environment.as_mut_ptr(), options(nostack));
        }
        [environment[0], environment[1], environment[2]].map(|word| word as u16)
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
