//! The call itself: a function pointer, machine words, and the register that comes back.

use super::Convention;

/// An address that a loaded library exports; it stays valid because vendor libraries are never unloaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address(pub(super) usize);

macro_rules! word {
    ($n:literal) => {
        usize
    };
}

macro_rules! call_by_count {
    ($abi:literal, $address:expr, $words:expr, $($count:literal: [$($n:literal)*])*) => {
        match $words.len() {
            $($count => {
                // SAFETY: the caller of `call` vouches for address, convention and words. A function of machine words
                // is what the ABI sees of any integers and pointers; `u64` reads the return register(s) whole.
                unsafe {
                    let function: unsafe extern $abi fn($(word!($n)),*) -> u64 = std::mem::transmute($address.0);
                    function($($words[$n]),*)
                }
            })*
            _ => unreachable!("a declaration has at most Function::MOST_WORDS words"),
        }
    };
}

macro_rules! call_as {
    ($abi:literal, $address:expr, $words:expr) => {
        call_by_count!($abi, $address, $words,
            0: []
            1: [0]
            2: [0 1]
            3: [0 1 2]
            4: [0 1 2 3]
            5: [0 1 2 3 4]
            6: [0 1 2 3 4 5]
            7: [0 1 2 3 4 5 6]
            8: [0 1 2 3 4 5 6 7]
            9: [0 1 2 3 4 5 6 7 8]
            10: [0 1 2 3 4 5 6 7 8 9]
            11: [0 1 2 3 4 5 6 7 8 9 10]
            12: [0 1 2 3 4 5 6 7 8 9 10 11]
            13: [0 1 2 3 4 5 6 7 8 9 10 11 12]
            14: [0 1 2 3 4 5 6 7 8 9 10 11 12 13]
            15: [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14]
            16: [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]
            17: [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16]
            18: [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17]
        )
    };
}

/// Calls a foreign function with machine words; the value is its return register, EDX:EAX on 32-bit x86.
///
/// # Safety
/// `address` must be a function of exactly these words in this convention, and every word that is a pointer must
/// point to memory that the function may use as its declaration says.
pub(super) unsafe fn call(address: Address, convention: Convention, words: &[usize]) -> u64 {
    match convention {
        Convention::Stdcall => call_as!("system", address, words),
        Convention::Cdecl => call_as!("C", address, words),
    }
}
