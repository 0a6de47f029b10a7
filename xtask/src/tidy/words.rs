//! Words that have no place in a file of the project.

use super::File;

/// The words in two halves, so that this file does not contain them, with what is wrong about each.
const FORBIDDEN: [([&str; 2], &str); 8] = [
    (["/ro", "ot/"], "a path of one machine"),
    (["/ho", "me/"], "a path of one machine"),
    (["/wo", "rk/"], "a path of one machine"),
    (["/Use", "rs/"], "a path of one machine"),
    (["TO", "DO"], "unfinished: finish it, or write an issue"),
    (["FIX", "ME"], "unfinished: finish it, or write an issue"),
    (["<<<<", "<<< "], "a merge conflict"),
    ([">>>>", ">>> "], "a merge conflict"),
];

/// Every forbidden word of the file, with its line.
pub(super) fn check(file: &File) -> Vec<String> {
    if file.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let words = FORBIDDEN.map(|(halves, why)| (halves.concat(), why));
    let mut problems = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for (word, why) in words.iter().filter(|(word, _)| line.contains(word.as_str())) {
            problems.push(format!("{}:{}: `{word}`: {why}", file.path, number + 1));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_word_is_found_with_its_line() {
        for (halves, why) in FORBIDDEN {
            let word = halves.concat();
            let file = File { path: "a.md".to_owned(), text: format!("fine\nsee {word}x") };
            assert_eq!(check(&file), [format!("a.md:2: `{word}`: {why}")]);
        }
    }

    #[test]
    fn other_words_are_fine() {
        let text = "the work, the homes and the roots".to_owned();
        assert!(check(&File { path: "a.md".to_owned(), text }).is_empty());
    }
}
