//! A mail: subject, text and HTML, the stylesheet written into every element.
use css_inline::{CSSInliner, InlineOptions};

use super::{TemplateError, Templates, context::Context, escape};

/// Longer subjects are cut by every mail program; what is cut ends in an ellipsis.
const SUBJECT_LIMIT: usize = 120;

/// The three parts of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// One line without control characters.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML with styles inlined.
    pub html: String,
}

impl Templates {
    /// Renders the three parts of the mail `C::NAME` in the language of `context`.
    pub fn mail<C: Context>(&self, context: &C) -> Result<Mail, TemplateError> {
        let data = self.without_the_erased(context.language(), serde_json::to_value(context)?)?;
        self.mail_of(C::NAME, context.language(), &data)
    }

    pub(super) fn mail_of(
        &self,
        name: &str,
        language: super::Language,
        data: &serde_json::Value,
    ) -> Result<Mail, TemplateError> {
        let subject = self.text(&format!("{name}.subject.txt"), language, data)?;
        let html = self.html(&format!("{name}.html"), language, data)?;
        let css = self.html("email/style.css", language, data)?;
        Ok(Mail {
            subject: escape::header(&subject, SUBJECT_LIMIT),
            text: one_blank_line(&self.text(&format!("{name}.txt"), language, data)?),
            html: inline(&html, &css)?,
        })
    }
}

fn inline(html: &str, css: &str) -> Result<String, TemplateError> {
    let options = InlineOptions::default()
        .inline_style_tags(false)
        .keep_style_tags(true)
        .load_remote_stylesheets(false)
        .extra_css(Some(css.into()));
    CSSInliner::new(options)
        .inline(html)
        .map_err(|error| TemplateError::Styles(error.to_string()))
}

/// Conditions leave holes in a text part; at most one blank line stays, and the text ends in one line break.
fn one_blank_line(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    format!("{}\n", lines.join("\n").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_close_up() {
        assert_eq!(one_blank_line("\na\n\n\n  \nb \n\n"), "a\n\nb\n");
    }

    #[test]
    fn styles_are_written_into_elements_and_the_dark_ones_stay_in_the_head() {
        let page = "<html><head><style>@media (prefers-color-scheme: dark) { .a { color: red } }</style></head>\
                    <body><p class=\"a\">x</p></body></html>";
        let html = inline(page, ".a { color: blue; }").unwrap();
        assert!(html.contains("<p class=\"a\" style=\"color: blue;\">"), "{html}");
        assert!(html.contains("prefers-color-scheme"), "{html}");
    }
}
