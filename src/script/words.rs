//! Whose words a message is made of, and what of it may be written down where others read it.

use super::placement::SIMULATIONS;
use super::tree::Source;
use crate::mask;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// Whose words a failure's message is made of. What scripts and devices say may be a patient's data, in whatever form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// Ours.
    #[default]
    Own,
    /// A script's.
    Script,
    /// Others'; this stands for them.
    Instead(String),
}

/// The words that stand in a generation's scripts, which no patient's data does.
#[derive(Clone)]
pub struct Vocabulary(pub(super) Arc<BTreeMap<String, Source>>);

/// Signs in a row that are too many to be in the scripts by chance, as a short name may be.
const PHRASE: usize = 4;
/// Signs of a text that are looked up; what stands behind them is left out.
const LONGEST: usize = 300;

impl Vocabulary {
    /// A text of a script's with a star for everything that does not stand in the scripts themselves.
    pub fn keep(&self, text: &str) -> String {
        let masked = mask::text(text);
        let mut rest: &str = match masked.char_indices().nth(LONGEST) {
            Some((end, _)) => &masked[..end],
            None => &masked,
        };
        let mut kept = String::with_capacity(rest.len());
        while let Some(first) = rest.chars().next() {
            let phrase = self.phrase(rest);
            let (piece, after) = rest.split_at(phrase.map_or(first.len_utf8(), str::len));
            match phrase.is_some() || !first.is_alphanumeric() {
                true => kept.push_str(piece),
                false => kept.push('*'),
            }
            rest = after;
        }
        kept
    }

    /// The longest beginning of a text that the scripts have.
    fn phrase<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut longest = None;
        for (end, sign) in text.char_indices() {
            let begun = &text[..end + sign.len_utf8()];
            if !self.has(begun) {
                break;
            }
            longest = Some(begun);
        }
        let longest = longest.filter(|phrase| phrase.contains(char::is_alphabetic));
        // A short one is a text of its own there.
        longest.filter(|phrase| phrase.chars().count() >= PHRASE || self.has(&format!("\"{phrase}\"")))
    }

    /// Every word and number of the scripts, without what comments say.
    pub fn words(&self) -> HashSet<String> {
        let mut words = HashSet::new();
        let mut word = String::new();
        for line in self.spoken().flat_map(Source::lines) {
            let code = line.split("--").next().unwrap_or_default();
            for sign in code.chars().chain(['\n']) {
                let last = word.chars().next_back();
                let goes_on =
                    sign.is_alphanumeric() && last.is_some_and(|last| last.is_ascii() == sign.is_ascii());
                if !goes_on && last.is_some() {
                    words.insert(std::mem::take(&mut word));
                }
                if sign.is_alphanumeric() {
                    word.push(sign);
                }
            }
        }
        words
    }

    /// The scripts whose words are known; simulated patients have names.
    fn spoken(&self) -> impl Iterator<Item = &Source> {
        let spoken = self.0.iter().filter(|(path, _)| !path.starts_with(SIMULATIONS.0));
        spoken.map(|(_, source)| source)
    }

    fn has(&self, text: &str) -> bool {
        self.spoken().any(|source| source.has(text))
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vocabulary(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let source = |text: &str| Source {
            name: String::new(),
            text: text.into(),
            below: None,
        };
        Vocabulary(Arc::new(BTreeMap::from([
            (
                "devices/card.lua".to_owned(),
                source("mps.fail(\"读卡失败：\" .. name) errors = { \"无卡\" } region 350200 张三丰 \"01\""),
            ),
            ("simulated/card.lua".to_owned(), source("name = \"李四\"")),
        ])))
    }

    #[test]
    fn what_the_scripts_say_stays_and_nothing_else() {
        for (text, kept) in [
            ("读卡失败：无卡", "读卡失败：无卡"),
            ("读卡失败：张三", "读卡失败：**"),
            ("读卡失败：李四", "读卡失败：**"),
            ("3502 0019 9001 0100 00", "**** **** **** **** **"),
            ("%E5%BC%A0%E4%B8%89", "%**%**%**%**%**%**"),
            ("5byg5LiJ", "********"),
            ("19 90 01 01", "** ** ** **"),
            ("", ""),
        ] {
            assert_eq!(vocabulary().keep(text), kept);
        }
    }
}
