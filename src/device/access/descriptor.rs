//! Windows' security descriptors, as the system writes them: a header, and a list of entries that allow or deny.

/// Groups that every user is in, as they are stored: the authority, then the group.
const EVERYONE: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
const AUTHENTICATED: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0];
const USERS: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0];

/// Rights that change a file or a folder: writing, adding, deleting what is in it, changing who may, and all of them.
const CHANGING: u32 = 0x2 | 0x4 | 0x40 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000;

const ALLOWED: u8 = 0;
const DENIED: u8 = 1;
/// An entry that is only for what will stand in the folder.
const INHERIT_ONLY: u8 = 8;

/// Whether a descriptor lets every user change what it protects; `None` where it is none.
pub(super) fn anyone_may_change(descriptor: &[u8]) -> Option<bool> {
    let number = |at: usize| Some(u32::from_le_bytes(descriptor.get(at..at + 4)?.try_into().ok()?));
    let has_list = descriptor.get(2)? & 4 != 0;
    let list = number(16)? as usize;
    if !has_list || list == 0 {
        // Nobody is kept out.
        return Some(true);
    }
    let count = u16::from_le_bytes(descriptor.get(list + 4..list + 6)?.try_into().ok()?);
    let mut at = list + 8;
    let mut denied = 0;
    for _ in 0..count {
        let (kind, flags) = (*descriptor.get(at)?, *descriptor.get(at + 1)?);
        let size = usize::from(u16::from_le_bytes(
            descriptor.get(at + 2..at + 4)?.try_into().ok()?,
        ));
        let rights = number(at + 4)?;
        let whose = descriptor.get(at + 8..at + size)?;
        let everyones = [EVERYONE, AUTHENTICATED, USERS]
            .into_iter()
            .any(|group| whose.starts_with(group));
        if everyones && flags & INHERIT_ONLY == 0 {
            match kind {
                // What stands first counts.
                ALLOWED if rights & CHANGING & !denied != 0 => return Some(true),
                DENIED => denied |= rights,
                _ => {}
            }
        }
        at += size.max(8);
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFY: u32 = 0x0013_01BF;
    const READ: u32 = 0x0012_00A9;
    const ADMINISTRATORS: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];

    /// A descriptor with entries of kind, flags, rights and group.
    fn descriptor(entries: &[(u8, u8, u32, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 4, 0x80];
        bytes.extend([0; 12]);
        bytes.extend(20u32.to_le_bytes());
        bytes.extend([2, 0, 0, 0, entries.len() as u8, 0, 0, 0]);
        for (kind, flags, rights, whose) in entries {
            bytes.extend([*kind, *flags, 8 + whose.len() as u8, 0]);
            bytes.extend(rights.to_le_bytes());
            bytes.extend(*whose);
        }
        bytes
    }

    #[test]
    fn what_every_user_may_change_is_seen() {
        for whose in [EVERYONE, AUTHENTICATED, USERS] {
            let open = descriptor(&[(ALLOWED, 0, READ, whose), (ALLOWED, 3, MODIFY, whose)]);
            assert_eq!(anyone_may_change(&open), Some(true));
            let add_only = descriptor(&[(ALLOWED, 0, 0x4, whose)]);
            assert_eq!(anyone_may_change(&add_only), Some(true));
        }
        let mut without_list = descriptor(&[]);
        without_list[16] = 0;
        assert_eq!(anyone_may_change(&without_list), Some(true));
    }

    #[test]
    fn what_only_some_may_change_is_not() {
        for entries in [
            &[][..],
            &[(ALLOWED, 0, READ, USERS), (ALLOWED, 0, MODIFY, ADMINISTRATORS)],
            &[(ALLOWED, 11, MODIFY, USERS)],
            &[(DENIED, 0, MODIFY, EVERYONE), (ALLOWED, 0, MODIFY, USERS)],
        ] {
            assert_eq!(
                anyone_may_change(&descriptor(entries)),
                Some(false),
                "{entries:?}"
            );
        }
    }

    #[test]
    fn a_cut_descriptor_tells_nothing() {
        let whole = descriptor(&[(ALLOWED, 0, READ, USERS)]);
        for length in 0..whole.len() {
            assert_eq!(anyone_may_change(&whole[..length]), None, "{length}");
        }
    }
}
