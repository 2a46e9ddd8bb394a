//! "Did you mean": the known name that somebody probably wanted to write.

/// The known name nearest to a wrong one, if one is near enough to be worth naming.
///
/// Case and `-` against `_` cost nothing, a swapped pair of letters costs one, and a name cut short finds its whole.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = folded(wrong);
    let letters = wrong.chars().count();
    known
        .map(|name| (distance(&wrong, letters, &folded(name)), name))
        .filter(|(distance, _)| *distance <= 1.max(letters / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace('-', "_")
}

fn distance(wrong: &str, letters: usize, name: &str) -> usize {
    if letters >= 3 && name.starts_with(wrong) {
        return if name == wrong { 0 } else { 1 };
    }
    let distance = strsim::damerau_levenshtein(wrong, name);
    // A name of one or two letters is as near to every other such name as to the right one.
    if distance > 0 && letters < 3 {
        usize::MAX
    } else {
        distance
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn among(wrong: &str) -> Option<&'static str> {
        nearest(
            wrong,
            ["region", "response_capacity", "simulate", "id", "no"].into_iter(),
        )
    }

    #[test]
    fn slips_find_what_was_meant() {
        assert_eq!(among("regoin"), Some("region"));
        assert_eq!(among("Region"), Some("region"));
        assert_eq!(among("response-capacity"), Some("response_capacity"));
        assert_eq!(among("response"), Some("response_capacity"));
        assert_eq!(among("simulated"), Some("simulate"));
        assert_eq!(among("ID"), Some("id"));
    }

    #[test]
    fn a_stranger_gets_no_guess() {
        assert_eq!(among("password"), None);
        assert_eq!(among("ip"), None);
        assert_eq!(among("就诊"), None);
        assert_eq!(among(""), None);
    }
}
