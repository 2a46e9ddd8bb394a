//! What records hold: a tag, a length, and a value, each of the first two one byte.

/// One item of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) tag: u8,
    pub(super) value: Vec<u8>,
    /// Whether the record ended before the value did.
    pub(super) cut: bool,
}

/// The items of a record. What fills it up, `00` or `FF`, is no tag.
pub(super) fn items(mut record: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    while let [tag, rest @ ..] = record {
        if matches!(tag, 0x00 | 0xFF) {
            record = rest;
            continue;
        }
        let (length, rest) = match rest {
            [length, rest @ ..] => (Some(usize::from(*length)), rest),
            [] => (None, rest),
        };
        let (value, rest) = length
            .and_then(|length| rest.split_at_checked(length))
            .unwrap_or((rest, &[]));
        items.push(Item {
            tag: *tag,
            value: value.to_vec(),
            cut: length != Some(value.len()),
        });
        record = rest;
    }
    items
}
