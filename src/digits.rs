//! Numbers as text, without the machinery of formatting: a line of the journal is mostly numbers.

/// Appends a number, with zeros before it where it has fewer than `width` digits.
pub(crate) fn push(text: &mut String, number: u64, width: usize) {
    if number < 10 && width <= 1 {
        return push_ascii(text, &[ascii(number)]);
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    (digits.len()..width).for_each(|_| text.push('0'));
    text.push_str(digits);
}

/// Appends the last three digits of a number.
pub(crate) fn push_three(text: &mut String, number: u32) {
    push_ascii(text, &three(number));
}

/// Appends a number and its thousandths: `0.042`.
pub(crate) fn push_thousandths(text: &mut String, whole: u64, thousandths: u32) {
    let [hundreds, tens, ones] = three(thousandths);
    if whole < 10 {
        return push_ascii(text, &[ascii(whole), b'.', hundreds, tens, ones]);
    }
    push(text, whole, 1);
    push_ascii(text, &[b'.', hundreds, tens, ones]);
}

/// Its last three digits.
fn three(number: u32) -> [u8; 3] {
    [100, 10, 1].map(|place| ascii(u64::from(number / place % 10)))
}

/// A number below ten.
fn ascii(number: u64) -> u8 {
    b'0' + number as u8
}

fn push_ascii(text: &mut String, digits: &[u8]) {
    // ASCII is UTF-8.
    text.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{push, push_thousandths, push_three};

    #[test]
    fn every_number_is_written_with_the_zeros_that_are_wanted() {
        let mut text = String::new();
        for (number, width) in [(0, 0), (0, 3), (7, 2), (123, 2), (u64::MAX, 1), (5, 20)] {
            push(&mut text, number, width);
            text.push(' ');
        }
        assert_eq!(text, "0 000 07 123 18446744073709551615 00000000000000000005 ");
        text.clear();
        [0, 7, 120, 1999]
            .into_iter()
            .for_each(|number| push_three(&mut text, number));
        assert_eq!(text, "000007120999");
        text.clear();
        for (whole, thousandths) in [(0, 42), (9, 999), (10, 0), (12345, 6)] {
            push_thousandths(&mut text, whole, thousandths);
            text.push(' ');
        }
        assert_eq!(text, "0.042 9.999 10.000 12345.006 ");
    }
}
