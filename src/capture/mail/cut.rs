//! What somebody said, without their signature and what programs add.
use super::phrases::PHRASES;

/// A signature is no longer.
const SIGNATURE: usize = 15;
/// Below thanks that end a mail stands a name, not a sentence.
const NAME: usize = 2;
const NAME_CHARS: usize = 40;

/// The words among the lines that somebody wrote.
pub(super) fn words(lines: &[String]) -> String {
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let end = |found: Option<usize>, lines: &[&str]| found.unwrap_or(lines.len());
    lines.truncate(end(lines.iter().position(|line| is_delimiter(line)), &lines));
    lines.truncate(end(
        lines.iter().position(|line| PHRASES.is_disclaimer(line)),
        &lines,
    ));
    lines.retain(|line| !PHRASES.is_advertisement(line) && !PHRASES.is_banner(line) && !is_placeholder(line));
    if let Some(at) = closing(&lines) {
        lines.truncate(at);
    }
    joined(&lines)
}

fn is_delimiter(line: &str) -> bool {
    line == "-- " || line == "--"
}

/// What stands for a picture.
fn is_placeholder(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("[cid:") || line.starts_with("[image:") || line.starts_with("<image")
}

/// Where somebody takes leave, if something was said before.
fn closing(lines: &[&str]) -> Option<usize> {
    let says = |line: &&str| !line.trim().is_empty();
    let is_last = |at: usize| lines.iter().skip(at + 1).filter(|line| says(line)).count() <= SIGNATURE;
    let numbered = || lines.iter().enumerate();
    let farewell = numbered().find(|(at, line)| PHRASES.is_closing(line) && is_last(*at));
    let thanks = || numbered().find(|(at, line)| is_open_thanks(line) && is_above_name(lines, *at));
    let (found, _) = farewell.or_else(thanks)?;
    lines.iter().take(found).any(says).then_some(found)
}

/// Thanks that are a sentence are what somebody said.
fn is_open_thanks(line: &str) -> bool {
    PHRASES.is_thanks(line) && !line.trim_end().ends_with(['.', '!'])
}

fn is_above_name(lines: &[&str], at: usize) -> bool {
    let below: Vec<&str> = lines
        .iter()
        .skip(at + 1)
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect();
    let is_name = |line: &&str| {
        line.chars().count() <= NAME_CHARS && !line.contains(['!', '?']) && line.split(' ').count() <= 4
    };
    (1..=NAME).contains(&below.len()) && below.iter().all(is_name)
}

/// Without blank lines around, and with one at most between paragraphs.
fn joined(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut is_apart = false;
    for line in lines {
        let line = line.trim_end();
        if line.is_empty() {
            is_apart = !text.is_empty();
            continue;
        }
        if !text.is_empty() {
            text.push_str(if is_apart { "\n\n" } else { "\n" });
        }
        text.push_str(line);
        is_apart = false;
    }
    text
}
