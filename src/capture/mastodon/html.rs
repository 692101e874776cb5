//! The words of a post, which Mastodon sends as HTML.

use html2text::{config, render::TrivialDecorator};

/// Wider than any line: lines are as the author broke them.
const NO_WRAPPING: usize = 1_000_000;

/// The text a reader sees: paragraphs apart, links in full, no markup. `None` for what no parser takes.
pub(super) fn to_text(html: &str) -> Option<String> {
    let text = config::with_decorator(TrivialDecorator::new())
        .allow_width_overflow()
        .raw_mode(true)
        .string_from_read(html.as_bytes(), NO_WRAPPING)
        .ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_reads_as_its_author_wrote_it() {
        let html = r#"<p><span class="h-card" translate="no"><a href="https://m.example/@acme" class="u-url mention">@<span>acme</span></a></span> Zoë &amp; Ana were great &lt;3<br />Really!</p><p>Thanks &#39;all&#39; <a href="https://m.example/tags/kudos" class="mention hashtag" rel="tag">#<span>kudos</span></a></p>"#;
        assert_eq!(
            to_text(html).unwrap(),
            "@acme Zoë & Ana were great <3\nReally!\n\nThanks 'all' #kudos"
        );
    }

    #[test]
    fn a_shortened_link_is_given_in_full() {
        let html = r#"<p>see <a href="https://shop.example/a/very/long/path"><span class="invisible">https://</span><span class="ellipsis">shop.example/a/very</span><span class="invisible">/long/path</span></a></p>"#;
        assert_eq!(
            to_text(html).unwrap(),
            "see https://shop.example/a/very/long/path"
        );
    }

    #[test]
    fn scripts_and_styles_are_not_words() {
        assert_eq!(
            to_text("<script>alert(1)</script><style>p{}</style><p>hi</p>").unwrap(),
            "hi"
        );
    }

    #[test]
    fn broken_and_long_markup_is_read_all_the_same() {
        assert_eq!(to_text("<p>one <b>two").unwrap(), "one two");
        let long = "praise ".repeat(5_000);
        assert_eq!(to_text(&format!("<p>{long}</p>")).unwrap(), long.trim());
        assert_eq!(to_text("").unwrap(), "");
    }
}
