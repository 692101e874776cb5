//! What a workbook would be unpacked to, measured before anything believes what it says of itself.
use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;

use super::TableError;

/// Parts of a workbook: sheets, styles, texts.
const PARTS: usize = 2_000;
/// All parts together, unpacked.
const ALL: u64 = 256 << 20;
/// The texts that its cells share, and every other part that is no sheet.
const HELD: u64 = 64 << 20;
/// Of shared texts; room is made for as many as the workbook announces.
const TEXTS: u64 = 4_000_000;

/// Refuses what is no workbook, or would unpack to more than is read.
pub(super) fn measure(file: impl Read + Seek) -> Result<(), TableError> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > PARTS {
        return Err(TableError::TooLarge("has too many parts"));
    }
    if archive.index_for_name("xl/workbook.xml").is_none() {
        let is_ods = archive.index_for_name("content.xml").is_some();
        return Err(TableError::Other(match is_ods {
            true => "a spreadsheet of OpenDocument",
            false => "a ZIP archive",
        }));
    }
    let mut all = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(damaged)?;
        // Whatever a part is called, another may lead to it as a sheet.
        let name = part.name().map_err(damaged)?.to_ascii_lowercase();
        let is_sheet = name.contains("worksheets/");
        let most = if is_sheet { ALL } else { HELD };
        all += size(part, most.min(ALL - all), is_sheet)?;
    }
    Ok(())
}

fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TableError {
    TableError::Damaged(error.into())
}

fn size(part: impl Read, most: u64, is_sheet: bool) -> Result<u64, TableError> {
    let too_large = TableError::TooLarge("is too large once it is unpacked");
    let mut part = part.take(most + 1);
    if is_sheet {
        let size = std::io::copy(&mut part, &mut std::io::sink()).map_err(damaged)?;
        return if size > most { Err(too_large) } else { Ok(size) };
    }
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes).map_err(damaged)?;
    match bytes.len() as u64 > most {
        true => Err(too_large),
        false => announces(&bytes).map(|()| bytes.len() as u64),
    }
}

/// Room is made for the texts that a part announces: more than there can be is refused.
fn announces(bytes: &[u8]) -> Result<(), TableError> {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if is_utf16 || bytes.starts_with(b"<\0") || bytes.starts_with(b"\0<") {
        return Err(damaged("a part is not in UTF-8"));
    }
    let mut rest = bytes;
    while let Some(place) = find(rest, b"uniqueCount") {
        rest = rest.get(place + b"uniqueCount".len()..).unwrap_or_default();
        let digits = rest.iter().skip_while(|byte| b" =\"'\t\r\n".contains(byte));
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        let count = digits.fold(0_u64, |count, byte| {
            count.saturating_mul(10).saturating_add(u64::from(byte - b'0'))
        });
        if count > TEXTS {
            return Err(TableError::TooLarge("announces too many texts"));
        }
    }
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let place = rest.iter().position(|byte| Some(byte) == wanted.first())?;
        if rest.get(place..)?.starts_with(wanted) {
            return Some(from + place);
        }
        from += place + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_no_further_than_it_may_reach() {
        for is_sheet in [true, false] {
            let endless = std::io::repeat(b'x');
            assert!(matches!(
                size(endless, 1000, is_sheet),
                Err(TableError::TooLarge(_))
            ));
            assert_eq!(size(&b"<sst/>"[..], 1000, is_sheet).unwrap(), 6);
        }
    }

    #[test]
    fn more_texts_than_there_can_be_are_not_believed() {
        for part in [
            "<sst uniqueCount=\"99999999999999999999\">",
            "<sst count = '1' uniqueCount = '4000001'>",
        ] {
            assert!(announces(part.as_bytes()).is_err(), "{part}");
        }
        assert!(announces(b"<sst uniqueCount=\"12\"><si><t>uniqueCount</t></si>").is_ok());
        assert!(announces(b"\xff\xfe<\0s\0").is_err());
    }
}
