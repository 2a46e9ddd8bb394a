//! Commands to a card and their whole answers, whichever protocol it speaks.

use super::status::Word;
use crate::device::builtin::{Fault, Kind};

/// Bytes that one answer may have in all.
const LONGEST: usize = 65_536;
/// Exchanges that one command may take; 256 bytes at a time the longest answer takes as many.
const MOST_ROUNDS: usize = 300;

/// Where commands go.
pub(super) trait Channel {
    /// Whether a command may carry data in one direction only.
    fn is_t0(&self) -> bool;
    /// Sends one command as it is; the answer is its data and its status word.
    fn transmit(&mut self, command: &[u8]) -> Result<(Vec<u8>, [u8; 2]), Fault>;
}

/// What a card answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) word: Word,
}

/// Sends a command, fetches what the card says it still has, and asks again with the length that it names.
pub(super) fn exchange(channel: &mut dyn Channel, command: &[u8]) -> Result<Answer, Fault> {
    let mut data = Vec::new();
    let mut next = for_protocol(command, channel.is_t0());
    for _ in 0..MOST_ROUNDS {
        let (part, [high, low]) = channel.transmit(&next)?;
        data.extend_from_slice(&part);
        if data.len() > LONGEST {
            break;
        }
        match high {
            0x61 => next = vec![0x00, 0xC0, 0x00, 0x00, low],
            0x6C => next = with_length(next, low),
            _ => {
                let word = Word(u16::from_be_bytes([high, low]));
                return Ok(Answer { data, word });
            }
        }
    }
    Err(Kind::Damaged.because("卡的应答没有尽头"))
}

/// T=0 has no room for a length of the answer behind data, and always one for a length.
fn for_protocol(command: &[u8], is_t0: bool) -> Vec<u8> {
    let mut command = command.to_vec();
    if is_t0 {
        match data_length(&command) {
            None if command.len() == 4 => command.push(0),
            Some(length) if command.len() == 6 + length => {
                command.pop();
            }
            _ => {}
        }
    }
    command
}

/// The same command with another length of the answer.
fn with_length(mut command: Vec<u8>, length: u8) -> Vec<u8> {
    let has_length = match data_length(&command) {
        None => command.len() == 5,
        Some(data) => command.len() == 6 + data,
    };
    match command.last_mut() {
        Some(last) if has_length => *last = length,
        _ => command.push(length),
    }
    command
}

/// The length of the data that a command carries, where it does.
fn data_length(command: &[u8]) -> Option<usize> {
    let length = usize::from(*command.get(4)?);
    (command.len() > 5).then_some(length)
}
