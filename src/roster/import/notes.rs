//! What is odd about a file, and what forbids applying it: as codes with values, and in English.
use std::fmt;

use domain::roster::problem::Told;

/// Code of the problem that having missing sites made would settle.
pub const NO_SITE: &str = "no_site";

/// What is odd and harmless, or to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// So many cells begin like a formula.
    Formulas(u64),
    /// So many numbers have lost their zeros.
    ZerosLost(u64),
    /// Headings that stand for nothing here.
    NotRead(Vec<String>),
    /// There is no column for managers.
    NoManagers,
    /// A number of somebody whose names have nothing in common with those of the file.
    SomebodyElse {
        /// The number.
        employee_id: String,
        /// Whose it is.
        before: String,
        /// Whose it would be.
        after: String,
    },
}

/// Why nothing is applied though every line is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than one in twenty would leave.
    ManyLeave {
        /// So many.
        leavers: u64,
        /// Of so many.
        total: u64,
    },
}

impl Warning {
    /// The sentence.
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Warning::Formulas(n) => Told::new(
                "formulas",
                format!("{n} cells begin like a formula; they are kept as plain text"),
            )
            .with("n", n),
            Warning::ZerosLost(n) => Told::new(
                "zeros_lost",
                format!("{n} numbers have lost the zeros in front; they are taken for those on the roster"),
            )
            .with("n", n),
            Warning::NotRead(headings) => {
                let quoted: Vec<String> = headings.iter().map(|heading| format!("{heading:?}")).collect();
                Told::new("not_read", format!("nothing is read from {}", quoted.join(", ")))
                    .with("headings", headings.join(", "))
            }
            Warning::NoManagers => Told::new(
                "no_managers",
                "there is no column manager_employee_id: managers stay as they are, and new people have none",
            ),
            Warning::SomebodyElse {
                employee_id,
                before,
                after,
            } => Told::new(
                "somebody_else",
                format!("number {employee_id} was {before} and becomes {after}: is that the same person?"),
            )
            .with("number", employee_id)
            .with("before", before)
            .with("after", after),
        }
    }
}

impl Refusal {
    /// The sentence; `allow` says how that is allowed: `add --allow-leavers`.
    #[must_use]
    pub fn words(&self, allow: &str) -> String {
        let Refusal::ManyLeave { leavers, total } = self;
        format!(
            "{leavers} of {total} people are not in the file and would leave; if that is right, {allow} {leavers}"
        )
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words("allow leavers:"))
    }
}
