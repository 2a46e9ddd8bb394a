//! Messages on a pipe: four bytes of length, then as many bytes.

use std::io::{self, Read, Write};

/// More than all out buffers of a function can hold.
const LARGEST: u32 = 1 << 30;

/// Writes one message at once: who reads gets the whole of it, or nothing of it counts.
pub(super) fn write(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len())
        .ok()
        .filter(|length| *length <= LARGEST);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    let mut frame = Vec::with_capacity(message.len() + 4);
    frame.extend(length.to_le_bytes());
    frame.extend(message);
    to.write_all(&frame)?;
    to.flush()
}

/// Reads one message. Memory grows with what comes, not with what is promised.
pub(super) fn read(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > LARGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = Vec::new();
    from.take(length.into()).read_to_end(&mut message)?;
    match message.len() == length as usize {
        true => Ok(message),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_whole_or_not_at_all() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"one").expect("memory");
        write(&mut pipe, b"").expect("memory");
        let mut from = pipe.as_slice();
        assert_eq!(read(&mut from).expect("whole"), b"one");
        assert_eq!(read(&mut from).expect("whole"), b"");
        assert!(read(&mut from).is_err());
        assert!(read(&mut &pipe[..5]).is_err());
        assert!(read(&mut [0xFF; 64].as_slice()).is_err());
    }
}
