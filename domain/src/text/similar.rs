//! How near two spellings of a name are: one edit (with swaps of neighbours), and a phonetic key.

/// Longest key, in bytes, that is compared; longer ones count as different.
const LONGEST: usize = 32;

/// Optimal string alignment distance of two ASCII keys, at most `max`; `max + 1` if it is larger.
#[expect(
    clippy::indexing_slicing,
    reason = "rows are sized by LONGEST, lengths are checked on entry"
)]
pub(crate) fn distance(a: &str, b: &str, max: usize) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > max || a.len() > LONGEST || b.len() > LONGEST {
        return max + 1;
    }
    let mut before = [0usize; LONGEST + 1];
    let mut above: [usize; LONGEST + 1] = std::array::from_fn(|j| j);
    for i in 1..=a.len() {
        let mut row = [0usize; LONGEST + 1];
        row[0] = i;
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        (before, above) = (above, row);
    }
    above[b.len()].min(max + 1)
}

/// A consonant skeleton: names that sound alike share it (Shawn, Sean, Shaun; Philip, Filip; Katherine, Catherine).
pub(crate) fn sound_key(key: &str) -> String {
    let mut out = String::new();
    let mut last = '\0';
    let mut rest = key;
    while let Some(first) = rest.chars().next() {
        let (sound, taken) = sound_of(first, rest);
        if sound == '\0' {
            if is_vowel(first) && out.is_empty() {
                out.push('a');
            }
            if is_vowel(first) {
                last = '\0';
            }
        } else if sound != last {
            out.push(sound);
            last = sound;
        }
        rest = rest.get(taken..).unwrap_or("");
    }
    out
}

/// Do two spellings stand for one name: Stacey and Stacie, Mathew and Matthew, Sofia and Sophia, Eric and Erik?
pub(crate) fn is_variant(a: &str, b: &str) -> bool {
    variant_key(a) == variant_key(b)
}

/// A spelling without doubled letters and silent h, with one letter for each of y/i, ph/f, c/k, s/z.
fn variant_key(key: &str) -> String {
    let key = key.replace("ph", "f").replace("ck", "k").replace("ch", "k");
    let mut out = String::with_capacity(key.len());
    for (i, c) in key.chars().enumerate() {
        let c = match c {
            'y' => 'i',
            'c' => 'k',
            'z' => 's',
            'h' if i > 0 => continue,
            c => c,
        };
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    for ending in ["ei", "ie", "ee", "e"] {
        if let Some(stem) = out.strip_suffix(ending).filter(|s| s.len() > 1) {
            let vowel = if ending == "e" { "" } else { "i" };
            return stem.to_owned() + vowel;
        }
    }
    out
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'w' | 'h')
}

/// The sound that `rest` starts with ('\0' for none) and how many bytes it takes.
fn sound_of(first: char, rest: &str) -> (char, usize) {
    const PAIRS: [(&str, char); 9] = [
        ("ph", 'f'),
        ("sh", 's'),
        ("sc", 's'),
        ("ck", 'k'),
        ("ch", 'k'),
        ("th", 't'),
        ("gh", '\0'),
        ("dg", 'j'),
        ("gn", 'n'),
    ];
    if let Some((_, sound)) = PAIRS.iter().find(|(pair, _)| rest.starts_with(pair)) {
        return (*sound, 2);
    }
    let next = rest.chars().nth(1).unwrap_or(' ');
    let sound = match first {
        'c' if matches!(next, 'e' | 'i' | 'y') => 's',
        'c' | 'q' | 'x' => 'k',
        'z' => 's',
        'g' if matches!(next, 'e' | 'i') => 'j',
        'v' => 'f',
        _ if is_vowel(first) => '\0',
        _ => first,
    };
    (sound, first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_neighbours_are_one_edit() {
        assert_eq!(distance("pryia", "priya", 2), 1);
        assert_eq!(distance("muhamed", "mohammed", 2), 2);
        assert_eq!(distance("kate", "oliver", 2), 3);
    }

    #[test]
    fn variants_of_one_name_are_told_from_other_names() {
        for (a, b) in [
            ("stacey", "stacie"),
            ("mathew", "matthew"),
            ("sofia", "sophia"),
            ("eric", "erik"),
        ] {
            assert!(is_variant(a, b), "{a} {b}");
        }
        for (a, b) in [("john", "joan"), ("maria", "mario"), ("dana", "dean")] {
            assert!(!is_variant(a, b), "{a} {b}");
        }
    }

    #[test]
    fn names_that_sound_alike_share_a_key() {
        assert_eq!(sound_key("shawn"), sound_key("sean"));
        assert_eq!(sound_key("philip"), sound_key("filip"));
        assert_eq!(sound_key("katherine"), sound_key("catherine"));
        assert_ne!(sound_key("maria"), sound_key("marta"));
    }
}
