//! Mathematics for Lua, from the library's own code: the system's libm would be one more file to find, to map and to bind each time a
//! program loads this library, for functions that scripts hardly ever call.

use std::arch::global_asm;
use std::ffi::c_int;

/// Defines C's function of a name for this library alone: hidden, so that no program's own calls are bound to it.
macro_rules! define {
    ($($name:ident)+) => {$(
        global_asm!(
            concat!(".globl ", stringify!($name)),
            concat!(".hidden ", stringify!($name)),
            concat!(".type ", stringify!($name), ", @function"),
            concat!(stringify!($name), ": jmp {function}"),
            concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
            function = sym $name,
        );
    )+};
}

macro_rules! of_one {
    ($($name:ident)+) => {$(
        extern "C" fn $name(x: f64) -> f64 {
            libm::$name(x)
        }
    )+};
}

define! { acos asin atan2 cos cosh exp frexp ldexp log log10 log2 pow sin sinh tan tanh }
of_one! { acos asin cos cosh exp log log10 log2 sin sinh tan tanh }

extern "C" fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

extern "C" fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

extern "C" fn ldexp(x: f64, exponent: c_int) -> f64 {
    libm::ldexp(x, exponent)
}

unsafe extern "C" fn frexp(x: f64, exponent: *mut c_int) -> f64 {
    let (fraction, told) = libm::frexp(x);
    // SAFETY: whoever calls C's frexp gives it a place for the exponent.
    unsafe { exponent.write(told) };
    fraction
}
