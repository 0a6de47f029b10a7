//! The word that somebody may have meant.

/// The known word that is nearest to what was written, if one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = folded(written);
    // A third of the letters may be wrong, and one always.
    let most = (written.chars().count() / 3).max(1);
    known
        .map(|word| (strsim::damerau_levenshtein(&written, &folded(word)), word))
        .filter(|(distance, word)| *distance <= most && *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Case, and the difference between `-`, `_` and a space, are never what was meant.
fn folded(word: &str) -> String {
    // Longer words are not worth the time that comparing them takes.
    word.chars()
        .take(64)
        .map(|c| if c == '-' || c == ' ' { '_' } else { c })
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["approvers", "quorum", "reject_after", "when", "id", "all"];
        for (written, found) in [
            ("aprovers", Some("approvers")),
            ("Quorum", Some("quorum")),
            ("reject-after", Some("reject_after")),
            ("wehn", Some("when")),
            ("xy", None),
            ("decide", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known.into_iter()), found, "{written}");
        }
    }
}
