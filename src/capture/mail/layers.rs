//! Who wrote which part of a mail's text: what its author wrote stands above what they forward or quote, and that again
//! above what its author quoted. Quotations are marked by `>`, or reach to the end.
use super::{
    correspondent::Correspondent,
    open::Mail,
    phrases::{Label, PHRASES},
};
use chrono::{DateTime, Utc};

/// Mails within a mail.
const MOST: usize = 10;
/// Lines over which the introduction of a quotation is broken.
const BROKEN_OVER: usize = 3;
/// Lines of a copied head, with those that are broken.
const HEAD: usize = 20;

/// How the words of a layer came into the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Written,
    Forwarded,
    Quoted,
}

/// What one person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) from: Option<Correspondent>,
    pub(super) subject: Option<String>,
    pub(super) sent_at: Option<DateTime<Utc>>,
    pub(super) way: Way,
    pub(super) lines: Vec<String>,
}

/// All that a mail shows as an author.
pub(super) fn authors(mail: &Mail) -> Vec<Correspondent> {
    layers(mail).into_iter().filter_map(|layer| layer.from).collect()
}

/// The layers of a mail, the outermost first.
pub(super) fn layers(mail: &Mail) -> Vec<Layer> {
    let mut found = of_one(mail, Way::Written);
    if let Some(attached) = &mail.attached {
        found.extend(of_one(attached, Way::Forwarded));
    }
    found
}

fn of_one(mail: &Mail, way: Way) -> Vec<Layer> {
    let is_forward = PHRASES.is_forward(&mail.subject);
    let mut found = Vec::new();
    let mut next = Some(Layer {
        from: mail.from.clone(),
        subject: Some(mail.subject.clone()),
        sent_at: mail.sent_at,
        way,
        lines: lines(&mail.text),
    });
    while let Some(layer) = next.filter(|_| found.len() < MOST) {
        let (own, within) = split(layer, is_forward);
        found.push(own);
        next = within;
    }
    found
}

fn lines(text: &str) -> Vec<String> {
    let plain = |line: &str| {
        let line = line
            .replace(['\u{a0}', '\u{202f}'], " ")
            .replace(['\0', '\u{200b}', '\u{feff}'], "");
        if line == "-- " {
            line
        } else {
            line.trim_end().to_owned()
        }
    };
    text.lines().map(plain).collect()
}

/// Where the words of another begin.
struct Seam {
    way: Way,
    /// The first line that is not the author's.
    at: usize,
    /// The first line that may be the other's, or their head.
    rest: usize,
    from: Option<Correspondent>,
}

/// What a layer's author wrote, and the layer within.
fn split(mut layer: Layer, is_forward: bool) -> (Layer, Option<Layer>) {
    let Some(seam) = seam(&layer.lines, is_forward) else {
        layer.lines.retain(|line| !is_quoted(line));
        return (layer, None);
    };
    let rest = layer.lines.split_off(seam.rest);
    layer.lines.truncate(seam.at);
    let (block, after) = unquoted(rest);
    let block = without_marker(block);
    let head = head(&block);
    let within = Layer {
        from: head.from.or(seam.from),
        subject: head.subject,
        sent_at: None,
        way: seam.way,
        lines: block.into_iter().skip(head.lines).collect(),
    };
    layer.lines.extend(after);
    layer.lines.retain(|line| !is_quoted(line) && !is_rule(line));
    (layer, Some(within))
}

fn seam(lines: &[String], is_forward: bool) -> Option<Seam> {
    let (copied, least) = if is_forward {
        (Way::Forwarded, 2)
    } else {
        (Way::Quoted, 3)
    };
    (0..lines.len()).find_map(|at| {
        let line = lines.get(at)?;
        let seam = |way, rest, from| Some(Seam { way, at, rest, from });
        if line.trim().is_empty() {
            None
        } else if is_quoted(line) {
            let begins = at == 0 || !lines.get(at - 1).is_some_and(|line| is_quoted(line));
            let way = begins
                .then(|| quoted_with_its_head(lines.get(at..)?, copied))
                .flatten()?;
            seam(way, at, None)
        } else if PHRASES.is_forwarded(line) {
            seam(Way::Forwarded, at + 1, None)
        } else if PHRASES.is_original(line) {
            seam(copied, at + 1, None)
        } else if is_head(lines.get(at..)?, least) {
            seam(copied, at, None)
        } else {
            let (lines, from) = introduction(lines.get(at..)?)?;
            seam(Way::Quoted, at + lines, from)
        }
    })
}

/// Some programs mark all that they forward as a quotation, with the marker and the head.
fn quoted_with_its_head(lines: &[String], copied: Way) -> Option<Way> {
    let near = lines
        .iter()
        .take_while(|line| is_quoted(line) || line.trim().is_empty())
        .take(HEAD + BROKEN_OVER);
    let (block, _) = unquoted(near.cloned().collect());
    let start = block.iter().position(|line| !line.trim().is_empty())?;
    let block = block.get(start..)?;
    if PHRASES.is_forwarded(block.first()?) {
        return Some(Way::Forwarded);
    }
    is_head(block, 3).then_some(copied)
}

fn without_marker(mut block: Vec<String>) -> Vec<String> {
    let start = block.iter().position(|line| !line.trim().is_empty());
    if let Some(start) =
        start.filter(|start| block.get(*start).is_some_and(|line| PHRASES.is_forwarded(line)))
    {
        block.drain(..=start);
    }
    block
}

/// A copied head without a marker above it: who, and some lines more.
fn is_head(lines: &[String], least: usize) -> bool {
    let first = lines.first().and_then(|line| PHRASES.label(line));
    first.is_some_and(|(label, _)| label != Label::Other) && head(lines).named >= least
}

#[derive(Default)]
struct Head {
    from: Option<Correspondent>,
    subject: Option<String>,
    lines: usize,
    /// Lines that bear a name.
    named: usize,
}

/// The head that stands at the beginning, if any does.
fn head(lines: &[String]) -> Head {
    let mut head = Head::default();
    let start = lines.iter().take_while(|line| line.trim().is_empty()).count();
    let mut end = start;
    for line in lines.iter().skip(start).take(HEAD) {
        match PHRASES.label(line) {
            Some((label, value)) => {
                head.named += 1;
                match label {
                    Label::From => head.from = Some(Correspondent::read(value)),
                    Label::Subject => head.subject = Some(value.to_owned()),
                    Label::Date | Label::Other => (),
                }
            }
            None if head.named > 0 && line.contains(['@', ';']) && !line.trim().is_empty() => (),
            None => break,
        }
        end += 1;
    }
    if head.from.is_none() || head.named < 2 {
        return Head::default();
    }
    head.lines = end;
    head
}

/// How many lines introduce a quotation here, and whose it is. What stands directly above is the author's own.
fn introduction(lines: &[String]) -> Option<(usize, Option<Correspondent>)> {
    (1..=BROKEN_OVER.min(lines.len())).find_map(|count| {
        let some = lines.get(..count)?;
        let line = some.join(" ");
        let is_broken = some.iter().any(|line| line.trim().is_empty());
        if is_broken || !PHRASES.is_introduction(&line) {
            return None;
        }
        let begins_below = (1..count)
            .filter_map(|start| some.get(start..))
            .any(|below| PHRASES.is_introduction(&below.join(" ")));
        (!begins_below).then(|| (count, author(&line)))
    })
}

/// "On 12 March 2026, Ana Poe <ana@x> wrote:" – the name stands behind the last comma or digit.
fn author(line: &str) -> Option<Correspondent> {
    let (before, rest) = line.split_once('<')?;
    let address = rest.split('>').next()?;
    let behind = |c: char| c == ',' || c.is_ascii_digit();
    let name = before.rsplit(behind).next().unwrap_or_default();
    let name = name.trim().trim_start_matches("schrieb ");
    Some(Correspondent::of(
        Some(name),
        Some(address.trim_start_matches("mailto:")),
    ))
}

/// Takes the marks off a quotation; answers what stands below it too. What bears no marks is one to its end.
fn unquoted(lines: Vec<String>) -> (Vec<String>, Vec<String>) {
    let first = lines.iter().find(|line| !line.trim().is_empty());
    if !first.is_some_and(|line| is_quoted(line)) {
        return (lines, Vec::new());
    }
    let end = lines
        .iter()
        .position(|line| !line.trim().is_empty() && !is_quoted(line));
    let mut block = lines;
    let after = block.split_off(end.unwrap_or(block.len()));
    let block = block.iter().map(|line| {
        let line = line.trim_start().strip_prefix('>').unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line).to_owned()
    });
    (block.collect(), after)
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Outlook draws one above what it copies.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 5 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '─'))
}
