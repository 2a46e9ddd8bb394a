//! Cards that answer anything: nothing they say may do harm.

use super::apdu::{Channel, exchange};
use super::social;
use super::tlv::items;
use crate::device::builtin::{Clock, Fault, Kind};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A card that answers what it was given, again and again.
struct Anything {
    answers: Vec<(Vec<u8>, [u8; 2])>,
    is_t0: bool,
    commands: Vec<Vec<u8>>,
}

impl Channel for Anything {
    fn is_t0(&self) -> bool {
        self.is_t0
    }

    fn transmit(&mut self, command: &[u8]) -> Result<(Vec<u8>, [u8; 2]), Fault> {
        let answer = self.answers.get(self.commands.len() % self.answers.len().max(1));
        self.commands.push(command.to_vec());
        answer.cloned().ok_or_else(|| Kind::Lost.plain())
    }
}

fn clock() -> Clock {
    Clock::new(Instant::now() + Duration::from_secs(60), Default::default())
}

/// What cards say, more often than by chance.
fn word() -> impl Strategy<Value = [u8; 2]> {
    let usual = [
        [0x90, 0x00],
        [0x61, 0x04],
        [0x6C, 0x03],
        [0x6A, 0x82],
        [0x6A, 0x83],
        [0x6A, 0x86],
        [0x69, 0x82],
        [0x69, 0x83],
    ];
    prop_oneof![4 => proptest::sample::select(usual.to_vec()), 1 => any::<[u8; 2]>()]
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    let item = (1u8..0x10, proptest::collection::vec(any::<u8>(), 0..40));
    let item = item.prop_map(|(tag, value)| [&[tag, value.len() as u8], value.as_slice()].concat());
    prop_oneof![item, proptest::collection::vec(any::<u8>(), 0..60)]
}

proptest! {
    #[test]
    fn any_bytes_are_items_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let items = items(&bytes);
        let held: usize = items.iter().map(|item| item.value.len()).sum();
        prop_assert!(held <= bytes.len());
        // Only the last can be cut.
        let cut = items.iter().position(|item| item.cut);
        prop_assert!(cut.is_none_or(|at| at + 1 == items.len()));
    }

    #[test]
    fn what_was_written_is_read(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..256usize), 0..6)) {
        let mut record = Vec::new();
        for (value, tag) in values.iter().zip(1u8..) {
            record.extend([tag, value.len() as u8]);
            record.extend(value);
            // Filled up between the items.
            record.extend([0x00, 0xFF]);
        }
        let read: Vec<_> = items(&record).into_iter().map(|item| (item.tag, item.value, item.cut)).collect();
        let written: Vec<_> = values.into_iter().zip(1u8..).map(|(value, tag)| (tag, value, false)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn a_card_may_answer_anything(
        answers in proptest::collection::vec((record(), word()), 0..30),
        is_t0 in any::<bool>(),
    ) {
        let mut card = Anything { answers, is_t0, commands: Vec::new() };
        let read = social::read(&mut card, &clock());
        if let Ok(values) = read {
            prop_assert_eq!(values.len(), social::OUTS.len());
            prop_assert!(values.iter().take(4).all(|value| !value.is_empty()));
        }
    }

    #[test]
    fn a_command_may_be_answered_with_anything(
        command in proptest::collection::vec(any::<u8>(), 4..262),
        answers in proptest::collection::vec((record(), word()), 0..5),
        is_t0 in any::<bool>(),
    ) {
        let mut card = Anything { answers, is_t0, commands: Vec::new() };
        let _ = exchange(&mut card, &command);
        prop_assert!(card.commands.len() <= 300);
    }
}

#[test]
fn commands_fit_the_protocol() {
    let sent = |is_t0, command: &[u8], answers: &[[u8; 2]]| {
        let answers = answers.iter().map(|word| (Vec::new(), *word)).collect();
        let mut card = Anything {
            answers,
            is_t0,
            commands: Vec::new(),
        };
        let _ = exchange(&mut card, command);
        card.commands
    };
    let select = [0x00, 0xA4, 0x04, 0x00, 0x02, 0xAA, 0xBB, 0x00];
    let done = [0x90, 0x00];
    // T=0 takes data without a length of the answer, and a length where there is neither.
    assert_eq!(sent(true, &select, &[done]), [select[..7].to_vec()]);
    assert_eq!(sent(false, &select, &[done]), [select.to_vec()]);
    assert_eq!(
        sent(true, &select[..4], &[done]),
        [[0x00, 0xA4, 0x04, 0x00, 0x00]]
    );
    let fetched = sent(true, &select, &[[0x61, 0x1E], done]);
    assert_eq!(fetched[1], [0x00, 0xC0, 0x00, 0x00, 0x1E]);
    let again = sent(true, &[0x00, 0xB2, 0x01, 0x04, 0x00], &[[0x6C, 0x12], done]);
    assert_eq!(again[1], [0x00, 0xB2, 0x01, 0x04, 0x12]);
    // A card that always wants another length ends nowhere, but here.
    assert_eq!(sent(true, &select, &[[0x6C, 0x12]]).len(), 300);
}
