//! The matrix as it is written down, a line for each page or operation and what it is about.

/// Whose it is what a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// It names nothing.
    Nothing,
    /// The one who asks, or what is said of them.
    Oneself,
    /// The team of staff and manager, at the site of the lead; in general what is the organisation's.
    Own,
    /// Another team, at another site.
    Other,
    /// Another organisation.
    Foreign,
}

/// What somebody may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Shown or done.
    Yes,
    /// Accepted, but nothing is done, since there is nothing to do.
    Idle,
    /// They may not.
    No,
    /// To them there is no such thing.
    None,
    /// They must sign in first.
    In,
    /// This status.
    Status(u16),
    /// There is no such case.
    Skip,
}

/// One line.
pub struct Row {
    pub method: &'static str,
    /// With `:name` for what is filled in.
    pub path: &'static str,
    pub of: Of,
    pub cells: Vec<Cell>,
}

impl Row {
    /// The path without what follows `?`.
    pub fn route(&self) -> &'static str {
        self.path.split('?').next().unwrap()
    }
}

/// All lines of a table whose head names these columns.
pub fn rows(table: &'static str, columns: &[&str]) -> Vec<Row> {
    let mut lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(head[..3], ["method", "path", "of"]);
    assert_eq!(&head[3..], columns);
    lines.map(|line| row(line, columns.len())).collect()
}

fn row(line: &'static str, columns: usize) -> Row {
    let parts: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(parts.len(), columns + 3, "{line}");
    Row {
        method: parts[0],
        path: parts[1],
        of: match parts[2] {
            "-" => Of::Nothing,
            "oneself" => Of::Oneself,
            "own" => Of::Own,
            "other" => Of::Other,
            "foreign" => Of::Foreign,
            of => panic!("what is {of:?}? {line}"),
        },
        cells: parts[3..].iter().map(|cell| read(cell)).collect(),
    }
}

fn read(cell: &str) -> Cell {
    match cell {
        "yes" => Cell::Yes,
        "idle" => Cell::Idle,
        "no" => Cell::No,
        "none" => Cell::None,
        "in" => Cell::In,
        "." => Cell::Skip,
        status => Cell::Status(status.parse().unwrap_or_else(|_| panic!("what is {status:?}?"))),
    }
}
