//! What can be wrong with `mps.toml`, told in Chinese with the place, the line and what to do.

use crate::excerpt::Excerpt;
use std::fmt;

/// Why `mps.toml` cannot be used.
///
/// [`Error::sentence`] is for a response's `<msg>`; `Display` is for people who look at the file: several lines, with an excerpt.
/// Neither shows the value of a device's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(super) code: &'static str,
    pub(super) file: String,
    pub(super) spot: Option<Box<Excerpt>>,
    pub(super) what: String,
    pub(super) advice: String,
}

/// The file cannot be opened or read.
pub(super) const UNREADABLE: &str = "C001";
/// The file is not UTF-8.
pub(super) const NOT_UTF8: &str = "C002";
/// The file is not TOML.
pub(super) const SYNTAX: &str = "C003";
/// A key that does not exist.
pub(super) const UNKNOWN_KEY: &str = "C004";
/// A value of the wrong type.
pub(super) const WRONG_TYPE: &str = "C005";
/// A value of the right type that is not allowed.
pub(super) const WRONG_VALUE: &str = "C006";
/// A table that is not written as it should be.
pub(super) const WRONG_TABLE: &str = "C007";

impl Error {
    /// A stable code, `C` and three digits.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The line in mps.toml, from 1, where there is one to name.
    pub fn line(&self) -> Option<usize> {
        self.spot.as_ref().map(|spot| spot.line)
    }

    /// What is wrong, where, and what to do, in one sentence.
    pub fn sentence(&self) -> String {
        match self.line() {
            Some(line) => format!("mps.toml 第{line}行：{}，{}", self.what, self.advice),
            None => format!("mps.toml：{}，{}", self.what, self.advice),
        }
    }

    pub(super) fn without_place(
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Error {
        Error {
            code,
            file: "mps.toml".to_owned(),
            spot: None,
            what: what.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.file)?;
        if let Some(spot) = &self.spot {
            write!(f, " 第{}行第{}列", spot.line, spot.column)?;
        }
        writeln!(f, "：{}", self.what)?;
        if let Some(spot) = &self.spot {
            write!(f, "{spot}")?;
        }
        write!(f, "怎么办：{}", self.advice)
    }
}

impl std::error::Error for Error {}
