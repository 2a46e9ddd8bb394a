//! Numbers as text, without the machinery of formatting: a line of the journal is mostly numbers.

/// Appends a number, with zeros before it where it has fewer than `width` digits.
pub(crate) fn push(text: &mut String, number: u64, width: usize) {
    if number < 10 && width <= 1 {
        return text.push(digit(number));
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    (digits.len()..width).for_each(|_| text.push('0'));
    text.push_str(digits);
}

/// Appends the last three digits of a number.
pub(crate) fn push_three(text: &mut String, number: u32) {
    for place in [100, 10, 1] {
        text.push(digit(u64::from(number / place) % 10));
    }
}

fn digit(number: u64) -> char {
    // Below ten.
    char::from(b'0' + number as u8)
}

#[cfg(test)]
mod tests {
    use super::{push, push_three};

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
    }
}
