//! An organisation's logo: a PNG that is decoded and encoded anew, so that nothing of the file that was sent is served
//! but its pixels.
use std::{borrow::Cow, io::Cursor};

use chrono::{DateTime, Utc};
use entity::{organisation, organisation_logo};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::RosterError;
use crate::{access::audit, platform::db::Tx};

/// Largest file, in bytes, as it is sent and as it is kept.
pub const LARGEST: usize = 100 * 1024;
/// Longest side, in pixels.
const LONGEST_SIDE: u32 = 2000;
/// Most pixels: what the file becomes in memory stays below 8 MB, whatever it claims.
const MOST_PIXELS: u64 = 1_000_000;
/// What decoding may use besides the picture.
const MEMORY: usize = 1024 * 1024;

/// A picture that is safe to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo(Vec<u8>);

/// The pixels of a picture, and what they mean.
struct Picture {
    width: u32,
    height: u32,
    colours: ColorType,
    depth: BitDepth,
    palette: Option<Cow<'static, [u8]>>,
    transparency: Option<Cow<'static, [u8]>>,
    pixels: Vec<u8>,
}

/// Why a file cannot be the logo; each says what would be right.
#[derive(Debug, thiserror::Error)]
pub enum UnusableLogo {
    /// More bytes than are taken.
    #[error("the file has {bytes} bytes; at most {LARGEST} are taken")]
    FileTooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// More bytes than are kept, once nothing but the pixels is left.
    #[error("the picture needs {bytes} bytes; at most {LARGEST} are kept: make it smaller or simpler")]
    PictureTooLarge {
        /// How many it needs.
        bytes: usize,
    },
    /// More pixels than are taken.
    #[error(
        "the picture has {width} × {height} pixels; at most {LONGEST_SIDE} a side and {MOST_PIXELS} in all are taken"
    )]
    TooManyPixels {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// Another format, or damaged.
    #[error("this is no PNG that can be read: {0}")]
    NoPng(#[from] png::DecodingError),
    /// It was read and cannot be written.
    #[error("the picture cannot be kept: {0}")]
    NotWritable(#[from] png::EncodingError),
}

impl From<UnusableLogo> for RosterError {
    fn from(error: UnusableLogo) -> RosterError {
        RosterError::invalid("logo", error.to_string())
    }
}

impl Logo {
    /// Reads a PNG; an error says what would be right.
    pub fn read(file: &[u8]) -> Result<Logo, UnusableLogo> {
        let bytes = file.len();
        if bytes > LARGEST {
            return Err(UnusableLogo::FileTooLarge { bytes });
        }
        let png = encode(&decode(file)?)?;
        let bytes = png.len();
        if bytes > LARGEST {
            return Err(UnusableLogo::PictureTooLarge { bytes });
        }
        Ok(Logo(png))
    }

    /// Sixteen hexadecimal digits that change with the picture.
    fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.0);
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn decode(file: &[u8]) -> Result<Picture, UnusableLogo> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MEMORY });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    if width.max(height) > LONGEST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(UnusableLogo::TooManyPixels { width, height });
    }
    let owned = |part: &Option<Cow<'_, [u8]>>| part.as_ref().map(|part| Cow::Owned(part.to_vec()));
    let (palette, transparency) = (owned(&info.palette), owned(&info.trns));
    let size = reader.output_buffer_size().unwrap_or_default();
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels)?;
    pixels.truncate(frame.buffer_size());
    Ok(Picture {
        width,
        height,
        colours: frame.color_type,
        depth: frame.bit_depth,
        palette,
        transparency,
        pixels,
    })
}

fn encode(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_color(picture.colours);
    encoder.set_depth(picture.depth);
    encoder.set_compression(Compression::High);
    if let Some(palette) = &picture.palette {
        encoder.set_palette(palette.clone());
    }
    if let Some(transparency) = &picture.transparency {
        encoder.set_trns(transparency.clone());
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(file)
}

/// The organisation's logo, as it is served.
pub async fn of(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Option<Vec<u8>>, DbErr> {
    let found = organisation_logo::Entity::within(organisation)
        .one(connection)
        .await?;
    Ok(found.map(|logo| logo.png))
}

/// Gives the organisation a logo, or takes it away.
pub async fn set(
    tx: &Tx,
    organisation: Uuid,
    logo: Option<Logo>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<organisation::Model, RosterError> {
    let fingerprint = logo.as_ref().map(Logo::fingerprint);
    match logo {
        Some(logo) => keep(tx, organisation, logo).await?,
        None => remove(tx, organisation).await?,
    }
    let changed = organisation::ActiveModel {
        id: Set(organisation),
        logo: Set(fingerprint),
        ..Default::default()
    };
    let saved = changed.update(tx).await?;
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: if saved.logo.is_some() {
            "set_logo"
        } else {
            "remove_logo"
        },
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record(tx, entry).await?;
    Ok(saved)
}

async fn keep(tx: &Tx, organisation: Uuid, logo: Logo) -> Result<(), DbErr> {
    use organisation_logo::Column;
    let row = organisation_logo::ActiveModel {
        organisation_id: Set(organisation),
        png: Set(logo.0),
    };
    let replace = OnConflict::column(Column::OrganisationId)
        .update_column(Column::Png)
        .to_owned();
    let insert = organisation_logo::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

async fn remove(tx: &Tx, organisation: Uuid) -> Result<(), DbErr> {
    organisation_logo::Entity::delete_by_id(organisation)
        .exec(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one colour.
    fn plain(width: u32, height: u32, colours: ColorType) -> Vec<u8> {
        let pixels = vec![7; width as usize * height as usize * colours.samples()];
        encode(&Picture {
            width,
            height,
            colours,
            depth: BitDepth::Eight,
            palette: (colours == ColorType::Indexed).then(|| Cow::Owned(vec![9; 768])),
            transparency: (colours == ColorType::Indexed).then(|| Cow::Owned(vec![0; 256])),
            pixels,
        })
        .unwrap()
    }

    fn refusal(file: &[u8]) -> String {
        Logo::read(file).unwrap_err().to_string()
    }

    #[test]
    fn every_kind_of_png_is_taken_and_looks_the_same() {
        use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
        for colours in [Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba] {
            let file = plain(20, 10, colours);
            let logo = Logo::read(&file).unwrap();
            let (before, after) = (decode(&file).unwrap(), decode(&logo.0).unwrap());
            assert_eq!(before.pixels, after.pixels, "{colours:?}");
            assert_eq!((after.width, after.height, after.colours), (20, 10, colours));
            assert_eq!(
                (before.palette, before.transparency),
                (after.palette, after.transparency)
            );
        }
    }

    #[test]
    fn what_hides_in_a_picture_is_not_kept() {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 1, 1);
        encoder
            .add_text_chunk("Comment".to_owned(), "<script>alert(1)</script>".to_owned())
            .unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0]).unwrap();
        writer.finish().unwrap();
        file.extend_from_slice(b"<script>alert(2)</script>");
        let logo = Logo::read(&file).unwrap();
        assert!(!logo.0.windows(6).any(|part| part == b"script"));
    }

    #[test]
    fn what_is_no_png_is_refused() {
        for file in [
            &b""[..],
            b"GIF89a",
            b"<svg onload='alert(1)'/>",
            b"\x89PNG\r\n\x1a\n",
        ] {
            assert!(refusal(file).contains("no PNG"), "{}", refusal(file));
        }
        assert!(refusal(&[0; LARGEST + 1]).contains("at most 102400"));
    }

    #[test]
    fn a_small_file_that_becomes_a_huge_picture_is_refused_before_it_does() {
        let bomb = plain(1999, 1999, ColorType::Grayscale);
        assert!(bomb.len() < LARGEST, "{}", bomb.len());
        assert!(
            refusal(&bomb).contains("1999 × 1999 pixels"),
            "{}",
            refusal(&bomb)
        );
        assert!(refusal(&plain(2001, 1, ColorType::Grayscale)).contains("at most 2000 a side"));
        let mut lie = plain(1, 1, ColorType::Rgba);
        lie.splice(16..24, [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        refusal(&lie);
    }

    #[test]
    fn a_damaged_picture_is_refused_or_read_and_never_stops_the_service() {
        let whole = plain(30, 30, ColorType::Rgb);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            let _ = Logo::read(&damaged);
            let _ = Logo::read(&whole[..at]);
        }
    }
}
