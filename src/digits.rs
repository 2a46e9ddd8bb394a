//! Numbers as text, without the machinery of formatting: a line of the journal is mostly numbers.

/// Appends a number, with zeros before it where it has fewer than `width` digits.
pub(crate) fn push(text: &mut String, number: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    (digits.len()..width).for_each(|_| text.push('0'));
    text.push_str(digits);
}

/// Appends a number and its thousandths: `0.042`.
pub(crate) fn push_thousandths(text: &mut Vec<u8>, whole: u64, thousandths: u32) {
    let [hundreds, tens, ones] = three(thousandths);
    if whole < 10 {
        let whole = b'0' + whole as u8;
        return text.extend([whole, b'.', hundreds, tens, ones]);
    }
    text.extend(itoa::Buffer::new().format(whole).as_bytes());
    text.extend([b'.', hundreds, tens, ones]);
}

/// The last three digits of a number.
pub(crate) fn three(number: u32) -> [u8; 3] {
    [100, 10, 1].map(|place| b'0' + (number / place % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::{push, push_thousandths, three};

    #[test]
    fn every_number_is_written_with_the_zeros_that_are_wanted() {
        let mut text = String::new();
        for (number, width) in [(0, 0), (0, 3), (7, 2), (123, 2), (u64::MAX, 1), (5, 20)] {
            push(&mut text, number, width);
            text.push(' ');
        }
        assert_eq!(text, "0 000 07 123 18446744073709551615 00000000000000000005 ");
        assert_eq!([0, 7, 120, 1999].map(three), [*b"000", *b"007", *b"120", *b"999"]);
        let mut text = Vec::new();
        for (whole, thousandths) in [(0, 42), (9, 999), (10, 0), (12345, 6)] {
            push_thousandths(&mut text, whole, thousandths);
            text.push(b' ');
        }
        assert_eq!(text, b"0.042 9.999 10.000 12345.006 ");
    }
}
