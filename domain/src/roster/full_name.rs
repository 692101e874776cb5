//! Whole names in one cell, taken apart.

/// Words with which family names begin.
const PARTICLES: [&str; 18] = [
    "von", "vom", "van", "zu", "zur", "de", "del", "della", "di", "da", "do", "dos", "du", "der", "den",
    "ter", "la", "le",
];

/// `Ann Lee` or `Lee, Ann`: given and family name.
pub(super) fn given_first(name: &str) -> (String, String) {
    if let Some(found) = at_comma(name) {
        return found;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let particle = words
        .iter()
        .skip(1)
        .position(|word| PARTICLES.contains(word))
        .map(|place| place + 1);
    let cut = particle.unwrap_or(words.len().saturating_sub(1).max(1));
    let (given, family) = words.split_at(cut.min(words.len()));
    (given.join(" "), family.join(" "))
}

/// `Lee Ann`, `DE LA CRUZ Ana` or `Lee, Ann`: given and family name.
pub(super) fn family_first(name: &str) -> (String, String) {
    if let Some(found) = at_comma(name) {
        return found;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_upper = |word: &&&str| word.chars().count() > 1 && word.chars().all(|c| !c.is_lowercase());
    let upper = words.iter().take_while(is_upper).count();
    let particles = words
        .iter()
        .take_while(|word| PARTICLES.contains(&word.to_lowercase().as_str()))
        .count();
    let cut = if (1..words.len()).contains(&upper) {
        upper
    } else {
        particles + 1
    };
    let (family, given) = words.split_at(cut.min(words.len()));
    (given.join(" "), family.join(" "))
}

fn at_comma(name: &str) -> Option<(String, String)> {
    let (family, given) = name.split_once(',')?;
    Some((given.trim().to_owned(), family.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(given: &str, family: &str) -> (String, String) {
        (given.to_owned(), family.to_owned())
    }

    #[test]
    fn a_name_is_taken_apart() {
        for (name, given, family) in [
            ("Ann Lee", "Ann", "Lee"),
            ("Lee, Ann Mary", "Ann Mary", "Lee"),
            ("Ann Mary Lee", "Ann Mary", "Lee"),
            ("Jan van der Berg", "Jan", "van der Berg"),
            ("Cher", "Cher", ""),
            ("", "", ""),
        ] {
            assert_eq!(given_first(name), pair(given, family), "{name}");
        }
    }

    #[test]
    fn a_heading_may_say_that_the_family_comes_first() {
        for (name, given, family) in [
            ("Lee Ann", "Ann", "Lee"),
            ("DE LA CRUZ Ana María", "Ana María", "DE LA CRUZ"),
            ("von Au Eva", "Eva", "von Au"),
            ("Lee, Ann", "Ann", "Lee"),
        ] {
            assert_eq!(family_first(name), pair(given, family), "{name}");
        }
    }
}
