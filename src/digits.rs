//! Numbers as text, without the machinery of formatting: a line of the journal is mostly numbers.

/// Appends a number, with zeros before it where it has fewer than `width` digits.
pub(crate) fn push(text: &mut String, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let (mut rest, mut begin) = (number, digits.len());
    for (count, digit) in digits.iter_mut().rev().enumerate() {
        if rest == 0 && count >= width.max(1) {
            break;
        }
        // A digit fits a byte.
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        begin -= 1;
    }
    // They are ASCII.
    text.push_str(std::str::from_utf8(&digits[begin..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::push;

    #[test]
    fn every_number_is_written_with_the_zeros_that_are_wanted() {
        let mut text = String::new();
        for (number, width) in [(0, 0), (0, 3), (7, 2), (123, 2), (u64::MAX, 1), (5, 99)] {
            push(&mut text, number, width);
            text.push(' ');
        }
        assert_eq!(text, "0 000 07 123 18446744073709551615 00000000000000000005 ");
    }
}
