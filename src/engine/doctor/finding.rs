//! What a doctor says: a stable code, what is wrong, what to do.

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// Calls are served, at a risk.
    Warning,
    /// Calls cannot be served.
    Error,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code, `E` and three digits.
    pub code: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    /// Something that keeps calls from being served.
    pub fn error(code: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding::new(code, Weight::Error, what, advice)
    }

    /// A risk.
    pub fn warning(code: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding::new(code, Weight::Warning, what, advice)
    }

    /// Something worth knowing.
    pub fn note(code: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding::new(code, Weight::Note, what, advice)
    }

    fn new(
        code: &'static str,
        weight: Weight,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            weight,
            what: what.into(),
            advice: advice.into(),
        }
    }
}
