//! An organisation's one colour, made readable: buttons and links for light and dark.
use std::str::FromStr;

use serde::Serialize;

/// Contrast that text needs (WCAG 2.2, 1.4.3).
const TEXT: f64 = 4.5;
/// Contrast that the edge of a control needs (WCAG 2.2, 1.4.11).
const CONTROL: f64 = 3.0;
const STEPS: u32 = 250;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(u8, u8, u8);

/// What was given as a colour is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no colour; write it as # and six hexadecimal digits, for instance #135459")]
pub struct NotAColour(String);

/// Paper, card and the two inks of a scheme, as in `templates/static/style.css`.
struct Scheme {
    paper: Colour,
    card: Colour,
}

const LIGHT: Scheme = Scheme {
    paper: Colour(0xf3, 0xf4, 0xec),
    card: Colour(0xff, 0xfe, 0xfa),
};
const DARK: Scheme = Scheme {
    paper: Colour(0x13, 0x17, 0x16),
    card: Colour(0x1b, 0x21, 0x20),
};
pub(super) const WHITE: Colour = Colour(0xff, 0xff, 0xff);
const INK: Colour = Colour(0x1a, 0x22, 0x30);

/// The colours of one scheme, as `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Palette {
    /// Filled buttons.
    pub org: String,
    /// What is written on them.
    pub org_on: String,
    /// Links, focus ring, figures.
    pub link: String,
}

/// An organisation's colours in both schemes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// On light paper.
    pub light: Palette,
    /// On dark paper.
    pub dark: Palette,
}

impl Default for Brand {
    /// Plaudit's petrol, as in `style.css`.
    fn default() -> Self {
        Self {
            light: Palette {
                org: "#135459".to_owned(),
                org_on: "#ffffff".to_owned(),
                link: "#135459".to_owned(),
            },
            dark: Palette {
                org: "#2b7a80".to_owned(),
                org_on: "#ffffff".to_owned(),
                link: "#86c9ca".to_owned(),
            },
        }
    }
}

impl Brand {
    /// The colours nearest to `colour` that can be read: hue kept, lightness moved as far as contrast asks.
    pub fn of(colour: Colour) -> Self {
        Self {
            light: palette(colour, &LIGHT),
            dark: palette(colour, &DARK),
        }
    }

    /// The stylesheet that follows `style.css`.
    pub fn stylesheet(&self) -> String {
        let rule = |palette: &Palette| {
            format!(
                ":root {{ --org: {}; --org-on: {}; --link: {}; }}",
                palette.org, palette.org_on, palette.link
            )
        };
        format!(
            "{}\n@media (prefers-color-scheme: dark) {{ {} }}\n",
            rule(&self.light),
            rule(&self.dark)
        )
    }
}

fn palette(colour: Colour, scheme: &Scheme) -> Palette {
    let button = |on: Colour| {
        nearest(colour, move |org| {
            contrast(org, on) >= TEXT && contrast(org, scheme.card) >= CONTROL
        })
        .map(|(steps, org)| (steps, org, on))
    };
    let (_, org, on) = [button(WHITE), button(INK)]
        .into_iter()
        .flatten()
        .min_by_key(|(steps, ..)| *steps)
        .unwrap_or((0, INK, WHITE));
    let readable = |link| contrast(link, scheme.paper) >= TEXT && contrast(link, scheme.card) >= TEXT;
    let link = nearest(colour, readable).map_or(org, |(_, link)| link);
    Palette {
        org: org.hex(),
        org_on: on.hex(),
        link: link.hex(),
    }
}

/// The colour of the same hue that fulfils `fits` with the least change of lightness, and that change in steps.
fn nearest(colour: Colour, fits: impl Fn(Colour) -> bool) -> Option<(u32, Colour)> {
    if fits(colour) {
        return Some((0, colour));
    }
    let [lightness, a, b] = colour.oklab();
    for steps in 1..=STEPS {
        let change = f64::from(steps) / f64::from(STEPS);
        for lightness in [lightness - change, lightness + change] {
            if (0.0..=1.0).contains(&lightness) {
                let moved = Colour::of_oklab(lightness, a, b);
                if fits(moved) {
                    return Some((steps, moved));
                }
            }
        }
    }
    None
}

/// Contrast of two colours (WCAG 2.2, "contrast ratio"), 1 to 21.
pub fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl FromStr for Colour {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let number = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or_else(|| NotAColour(text.to_owned()))?.to_be_bytes();
        Ok(Self(red, green, blue))
    }
}

impl Colour {
    /// `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Lightness 0 to 1 and the two hue axes (Björn Ottosson, "A perceptual color space", 2020).
    fn oklab(self) -> [f64; 3] {
        let [r, g, b] = self.linear();
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    /// The colour of that lightness; as much of the hue as the screen can show.
    fn of_oklab(lightness: f64, a: f64, b: f64) -> Self {
        let shown = (0..=20)
            .map(|less| 1.0 - f64::from(less) / 20.0)
            .map(|share| linear_of_oklab(lightness, a * share, b * share))
            .find(|channels| channels.iter().all(|value| (-1e-4..=1.0001).contains(value)));
        let [red, green, blue] = shown.unwrap_or([lightness; 3]).map(gamma);
        Self(red, green, blue)
    }
}

fn linear_of_oklab(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn gamma(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let value = if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    fn check(palette: &Palette, scheme: &Scheme) {
        let (org, on, link) = (
            colour(&palette.org),
            colour(&palette.org_on),
            colour(&palette.link),
        );
        assert!(contrast(org, on) >= TEXT, "button {palette:?}");
        assert!(
            contrast(org, scheme.card) >= CONTROL,
            "edge of the button {palette:?}"
        );
        assert!(contrast(link, scheme.card) >= TEXT, "link on card {palette:?}");
        assert!(contrast(link, scheme.paper) >= TEXT, "link on paper {palette:?}");
    }

    #[test]
    fn white_on_black_is_twenty_one_to_one() {
        assert!((contrast(WHITE, Colour(0, 0, 0)) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn a_readable_colour_stays_as_it_is() {
        let brand = Brand::of(colour("#17486b"));
        assert_eq!(
            (brand.light.org.as_str(), brand.light.link.as_str()),
            ("#17486b", "#17486b")
        );
        assert_eq!(brand.light.org_on, "#ffffff");
        assert_ne!(brand.dark.link, "#17486b");
    }

    #[test]
    fn yellow_gets_dark_letters_and_darker_links() {
        let brand = Brand::of(colour("#ffd500"));
        assert_eq!(brand.dark.org, "#ffd500");
        assert_eq!(brand.dark.org_on, INK.hex());
        check(&brand.light, &LIGHT);
    }

    #[test]
    fn the_built_in_colours_can_be_read() {
        check(&Brand::default().light, &LIGHT);
        check(&Brand::default().dark, &DARK);
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        for wrong in [
            "", "#fff", "135459", "#13545", "#1354599", "#13545g", "#+13545", "red; }",
        ] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_colour_can_be_made_readable(red: u8, green: u8, blue: u8) {
            let brand = Brand::of(Colour(red, green, blue));
            check(&brand.light, &LIGHT);
            check(&brand.dark, &DARK);
        }
    }
}
