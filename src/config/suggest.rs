//! Finds the known word a mistyped one most likely stands for.

/// Longer words are not compared: nobody mistypes that much, and the comparison is quadratic.
const LONGEST: usize = 64;

/// Gives the nearest known word, or nothing when none is near enough to be worth proposing.
///
/// Near means one edit per three letters, or a start of the word (`prod` for `production`).
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let given = given.to_lowercase();
    known
        .into_iter()
        .filter_map(|word| {
            let lower = word.to_lowercase();
            let abbreviated = given.chars().count() >= 3 && lower.starts_with(&given);
            let distance = if abbreviated { 1 } else { strsim::osa_distance(&given, &lower) };
            (distance <= lower.chars().count().max(3) / 3).then_some((distance, word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Says a list of words as a sentence has them: each in backticks, separated by commas.
pub(super) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_slip_and_an_abbreviation_are_near() {
        let known = ["account", "concurrency", "production"];
        assert_eq!(nearest("acount", known), Some("account"));
        assert_eq!(nearest("prod", known), Some("production"));
        assert_eq!(nearest("Concurency", known), Some("concurrency"));
    }

    #[test]
    fn an_unrelated_or_overlong_word_has_no_neighbour() {
        assert_eq!(nearest("colour", ["account", "concurrency"]), None);
        assert_eq!(nearest(&"a".repeat(100), ["account"]), None);
    }
}
