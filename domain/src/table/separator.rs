//! What parts the cells of a line.

/// Marks that part cells.
pub const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The mark that parts the first line into the most cells.
pub fn of_first_line(start: &[u8]) -> u8 {
    let mut counts = SEPARATORS.map(|mark| (mark, 0));
    let mut is_quoted = false;
    for byte in start {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            _ if is_quoted => {}
            byte => counts
                .iter_mut()
                .filter(|(mark, _)| mark == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| *count > 0)
        .map_or(b',', |(mark, _)| mark)
}

/// The mark that a first line `sep=;` names, as Excel reads it.
pub fn said_in(start: &[u8]) -> Option<u8> {
    let mark = *start.strip_prefix(b"sep=")?.first()?;
    SEPARATORS.contains(&mark).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_that_parts_the_first_line_is_recognised() {
        assert_eq!(of_first_line(b"text,score\na;b;c"), b',');
        assert_eq!(of_first_line(b"Datum;Kommentar, frei;Note\n"), b';');
        assert_eq!(of_first_line(b"a\tb\n"), b'\t');
        assert_eq!(of_first_line(b"a|b|c\n"), b'|');
        assert_eq!(of_first_line(b"\"a;b;c\",d\n"), b',');
        assert_eq!(of_first_line(b"text\n"), b',');
    }

    #[test]
    fn excel_may_be_told_the_mark() {
        assert_eq!(said_in(b"sep=;\na;b"), Some(b';'));
        assert_eq!(said_in(b"sep=x\n"), None);
        assert_eq!(said_in(b"a;b"), None);
    }
}
