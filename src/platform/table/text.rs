//! Rows of a text, in memory that does not grow with it.
use std::{
    collections::VecDeque,
    io::{self, Read},
};

use csv::{ByteRecord, Reader};
use domain::table::separator::{SEPARATORS, of_first_line, said_in};

use super::{BadRow, HEADINGS_WITHIN, Row, SURE, TableError, best};
use crate::platform::text_file::TextFile;

/// So much of the beginning is looked at to find the separator.
const BEGINNING: u64 = 64 * 1024;
/// Columns of a row.
const COLUMNS: usize = 500;
/// Bytes of a row.
const LONGEST: usize = 4 << 20;

/// The separator, and the row of headings.
pub(super) fn headings(file: &TextFile, known: &dyn Fn(&[String]) -> usize) -> Result<(u8, Row), TableError> {
    let mut start = Vec::new();
    let read = open(file)?.take(BEGINNING).read_to_end(&mut start);
    read.map_err(|error| unreadable(file, error))?;
    let line = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let said = said_in(line);
    let usual = said.unwrap_or_else(|| of_first_line(line));
    let others = SEPARATORS
        .into_iter()
        .filter(|mark| *mark != usual && said.is_none());
    let mut found: Option<(usize, u8, Row)> = None;
    for separator in [usual].into_iter().chain(others) {
        let Some((count, row)) = best(first_rows(file, separator, said.is_some())?, known) else {
            continue;
        };
        // Another mark than the usual one is believed only if it tells more.
        if found
            .as_ref()
            .is_none_or(|(most, _, _)| count > *most && count >= SURE)
        {
            found = Some((count, separator, row));
        }
    }
    let (_, separator, row) = found.ok_or(TableError::Empty)?;
    Ok((separator, row))
}

fn first_rows(file: &TextFile, separator: u8, skips_first: bool) -> Result<Vec<Row>, TableError> {
    let rows = TextRows::open(file, separator)?.skip(usize::from(skips_first));
    Ok(rows.take(HEADINGS_WITHIN).map_while(Result::ok).collect())
}

fn open(file: &TextFile) -> Result<Box<dyn Read + Send>, TableError> {
    file.reader().map_err(|error| unreadable(file, error))
}

fn unreadable(file: &TextFile, error: io::Error) -> TableError {
    TableError::File {
        name: file.name().to_owned(),
        error,
    }
}

/// All rows, with the numbers of the lines on which they begin.
pub struct TextRows {
    csv: Reader<Numbered<Box<dyn Read + Send>>>,
    /// The disk failed: what follows would fail as well.
    is_over: bool,
}

impl TextRows {
    pub(super) fn open(file: &TextFile, separator: u8) -> Result<TextRows, TableError> {
        let csv = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(Numbered::new(open(file)?));
        Ok(TextRows { csv, is_over: false })
    }
}

impl Iterator for TextRows {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Result<Row, BadRow>> {
        if self.is_over {
            return None;
        }
        let mut cells = ByteRecord::new();
        let start = self.csv.position().byte();
        let read = self.csv.read_byte_record(&mut cells);
        let end = self.csv.position().byte();
        let number = self.csv.get_mut().line_of(start, end);
        match read {
            Ok(false) => None,
            Ok(true) => Some(bounded(number, cells)),
            Err(error) => {
                self.is_over = true;
                Some(Err(BadRow {
                    number,
                    why: error.to_string(),
                }))
            }
        }
    }
}

/// A row, unless there is more of it than any table has.
fn bounded(number: u64, mut cells: ByteRecord) -> Result<Row, BadRow> {
    let filled = cells.iter().rposition(|cell| !cell.is_empty());
    cells.truncate(filled.map_or(0, |last| last + 1).max(COLUMNS.min(cells.len())));
    let why = match () {
        () if cells.as_slice().len() > LONGEST => {
            "it is longer than a line can be; see whether a quotation mark is not closed"
        }
        () if cells.len() > COLUMNS => "it has too many columns",
        () => return Ok(Row { number, cells }),
    };
    Err(BadRow {
        number,
        why: why.to_owned(),
    })
}

/// Notes on which line what stands begins, while it is read: the reader of CSV passes over blank lines.
struct Numbered<R> {
    inner: R,
    offset: u64,
    line: u64,
    is_between: bool,
    /// A line feed that follows ends no other line.
    is_after_return: bool,
    /// Where lines begin that are not blank, and their numbers.
    starts: VecDeque<(u64, u64)>,
}

impl<R> Numbered<R> {
    fn new(inner: R) -> Numbered<R> {
        Numbered {
            inner,
            offset: 0,
            line: 1,
            is_between: true,
            is_after_return: false,
            starts: VecDeque::new(),
        }
    }

    /// The line of the first thing in a stretch of bytes, all of which is forgotten.
    fn line_of(&mut self, start: u64, end: u64) -> u64 {
        let mut found = None;
        while let Some((offset, line)) = self.starts.front().copied().filter(|(offset, _)| *offset < end) {
            if offset >= start && found.is_none() {
                found = Some(line);
            }
            self.starts.pop_front();
        }
        found.unwrap_or(self.line)
    }
}

impl<R: Read> Read for Numbered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        for byte in into.iter().take(read) {
            let is_after_return = std::mem::replace(&mut self.is_after_return, *byte == b'\r');
            match byte {
                b'\n' if is_after_return => {}
                b'\n' | b'\r' => {
                    self.line += 1;
                    self.is_between = true;
                }
                _ if self.is_between => {
                    self.is_between = false;
                    self.starts.push_back((self.offset, self.line));
                }
                _ => {}
            }
            self.offset += 1;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: u8) -> Vec<(u64, Vec<String>)> {
        let file = TextFile::from_bytes("f.csv", text.as_bytes(), None).unwrap();
        let cell = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        TextRows::open(&file, separator)
            .unwrap()
            .map(|row| row.unwrap())
            .map(|row| (row.number, row.cells.iter().map(cell).collect()))
            .collect()
    }

    #[test]
    fn a_row_knows_its_line_whatever_ends_the_lines_before() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,\"x", "y\"", "", "", "2,z", "3,w"].join(end);
            let numbers: Vec<u64> = rows(&text, b',').into_iter().map(|(number, _)| number).collect();
            assert_eq!(numbers, [1, 3, 7, 8], "{end:?}");
        }
    }

    #[test]
    fn the_headings_are_found_below_a_title_and_tell_the_separator() {
        let known = |cells: &[String]| {
            cells
                .iter()
                .filter(|cell| ["id", "text"].contains(&cell.as_str()))
                .count()
        };
        for (text, expected) in [
            ("id,text\n1,a;b;c\n", (b',', 1)),
            ("Our list, made by hand, 2026\n\nid;text\n1;x\n", (b';', 3)),
            ("sep=|\nid|text\n1|x\n", (b'|', 2)),
            ("something;else\n1;2\n", (b';', 1)),
        ] {
            let file = TextFile::from_bytes("f.csv", text.as_bytes(), None).unwrap();
            let (separator, row) = headings(&file, &known).unwrap();
            assert_eq!((separator, row.number), expected, "{text}");
        }
        let empty = TextFile::from_bytes("f.csv", b"\n\n", None).unwrap();
        assert!(matches!(headings(&empty, &known), Err(TableError::Empty)));
    }
}
