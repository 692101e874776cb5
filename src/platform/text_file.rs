//! Text files as people send them: in UTF-8, UTF-16 or an old code page. The encoding is recognised and announced,
//! and everything is read in constant memory.
use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
    sync::Arc,
};

use chardetng::EncodingDetector;
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use sha2::{Digest, Sha256};
use tempfile::TempPath;

use crate::platform::blocking::blocking;

const CHUNK: usize = 64 * 1024;

/// A file whose encoding is known. It can be read several times.
#[derive(Clone, Debug)]
pub struct TextFile {
    name: String,
    content: Content,
    encoding: &'static Encoding,
    sha256: String,
    bytes: u64,
}

#[derive(Clone, Debug)]
enum Content {
    OnDisk(PathBuf),
    InMemory(Arc<[u8]>),
    Temporary(Arc<TempPath>),
}

impl TextFile {
    /// Opens a file on disk and reads it once to recognise its encoding; `encoding` overrides what is recognised.
    pub fn open(path: &Path, encoding: Option<&'static Encoding>) -> io::Result<TextFile> {
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        TextFile::examine(name, Content::OnDisk(path.to_owned()), encoding)
    }

    /// Takes a file that was sent to us; it is gone with the last of its readers.
    pub async fn sent(
        name: &str,
        file: TempPath,
        encoding: Option<&'static Encoding>,
    ) -> io::Result<TextFile> {
        let (name, content) = (name.to_owned(), Content::Temporary(Arc::new(file)));
        blocking(move || TextFile::examine(name, content, encoding)).await
    }

    /// Takes a text that is here.
    pub fn from_bytes(name: &str, bytes: &[u8], encoding: Option<&'static Encoding>) -> io::Result<TextFile> {
        TextFile::examine(name.to_owned(), Content::InMemory(bytes.into()), encoding)
    }

    fn examine(name: String, content: Content, given: Option<&'static Encoding>) -> io::Result<TextFile> {
        let mut reader = content.open()?;
        let mut examination = Examination::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = reader.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            examination.take(chunk.get(..read).unwrap_or_default());
        }
        Ok(TextFile {
            name,
            content,
            bytes: examination.bytes,
            encoding: given.unwrap_or(examination.encoding()),
            sha256: hex(&examination.hash.finalize()),
        })
    }

    /// Its name, without directories.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The encoding as people call it: `UTF-8`, `UTF-16LE`, `windows-1252`, …
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// SHA-256 of its bytes, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its bytes as they are.
    pub fn raw(&self) -> io::Result<Box<dyn Read + Send>> {
        let content: Box<dyn Read + Send> = self.content.open()?;
        Ok(content)
    }

    /// The same, for readers that jump in it.
    pub(crate) fn seekable(&self) -> io::Result<Box<dyn Jumping>> {
        self.content.open()
    }

    /// Its text as UTF-8 from the start, without a byte order mark. Bytes of a UTF-8 file that are no UTF-8 come
    /// through as they are, so that their line can be named.
    pub fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.content.open()?;
        if self.encoding != UTF_8 {
            return Ok(Box::new(Decoding::new(file, self.encoding)));
        }
        let mut start = Vec::with_capacity(3);
        file.by_ref().take(3).read_to_end(&mut start)?;
        if start == b"\xef\xbb\xbf" {
            start.clear();
        }
        Ok(Box::new(io::Cursor::new(start).chain(file)))
    }

    /// All of its text as bytes of UTF-8.
    pub fn read_all(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.reader()?.read_to_end(&mut text)?;
        Ok(text)
    }
}

/// What can be read from any place on.
pub(crate) trait Jumping: Read + Seek + Send {}

impl<T: Read + Seek + Send> Jumping for T {}

impl Content {
    fn open(&self) -> io::Result<Box<dyn Jumping>> {
        Ok(match self {
            Content::OnDisk(path) => Box::new(File::open(path)?),
            Content::Temporary(path) => Box::new(File::open(path.as_ref())?),
            Content::InMemory(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        })
    }
}

/// The encoding with a label such as `windows-1252`.
#[must_use]
pub fn encoding_named(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.trim().as_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is seen of a file while it is read once.
struct Examination {
    hash: Sha256,
    bytes: u64,
    start: Vec<u8>,
    /// Zero bytes at even and at odd places.
    zeros: [u64; 2],
    /// Sequences of several bytes that are UTF-8.
    sequences: u64,
    /// Places that are not UTF-8.
    faults: u64,
    carried: Vec<u8>,
    detector: EncodingDetector,
}

impl Default for Examination {
    fn default() -> Examination {
        Examination {
            hash: Sha256::new(),
            bytes: 0,
            start: Vec::new(),
            zeros: [0; 2],
            sequences: 0,
            faults: 0,
            carried: Vec::new(),
            detector: EncodingDetector::new(),
        }
    }
}

impl Examination {
    fn take(&mut self, chunk: &[u8]) {
        self.hash.update(chunk);
        self.detector.feed(chunk, false);
        let missing = 3_usize.saturating_sub(self.start.len());
        self.start.extend(chunk.iter().take(missing));
        for (place, byte) in (self.bytes..).zip(chunk) {
            if let (0, Some(zeros)) = (byte, self.zeros.get_mut((place % 2) as usize)) {
                *zeros += 1;
            }
        }
        self.bytes += chunk.len() as u64;
        self.check_utf8(chunk);
    }

    fn check_utf8(&mut self, chunk: &[u8]) {
        let mut bytes = std::mem::take(&mut self.carried);
        bytes.extend_from_slice(chunk);
        for part in bytes.utf8_chunks() {
            self.sequences += part.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
            self.faults += u64::from(!part.invalid().is_empty());
        }
        // A sequence cut off by the end of the chunk is no fault; it goes on in the next one.
        let cut = match std::str::from_utf8(bytes.get(bytes.len().saturating_sub(3)..).unwrap_or_default()) {
            Err(_) => cut_off(&bytes),
            Ok(_) => 0,
        };
        if cut > 0 {
            self.faults = self.faults.saturating_sub(1);
            self.carried = bytes.split_off(bytes.len() - cut);
        }
    }

    fn encoding(&mut self) -> &'static Encoding {
        if !self.carried.is_empty() {
            self.faults += 1;
        }
        let half = self.bytes / 2;
        match (self.start.as_slice(), self.zeros) {
            ([0xef, 0xbb, 0xbf], _) => UTF_8,
            ([0xff, 0xfe, ..], _) => UTF_16LE,
            ([0xfe, 0xff, ..], _) => UTF_16BE,
            (_, [even, odd]) if odd * 2 > half && even * 10 < half => UTF_16LE,
            (_, [even, odd]) if even * 2 > half && odd * 10 < half => UTF_16BE,
            _ if self.faults == 0 || self.sequences > self.faults => UTF_8,
            _ => self.code_page(),
        }
    }

    fn code_page(&mut self) -> &'static Encoding {
        self.detector.feed(b"", true);
        match self.detector.guess(None, false) {
            guess if guess == UTF_8 => WINDOWS_1252,
            guess => guess,
        }
    }
}

/// How many bytes at the end begin a sequence that is not finished.
fn cut_off(bytes: &[u8]) -> usize {
    for length in 1..=bytes.len().min(3) {
        let Some(tail) = bytes.get(bytes.len() - length..) else {
            break;
        };
        match std::str::from_utf8(tail) {
            Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => return length,
            _ => {}
        }
    }
    0
}

/// Turns another encoding into UTF-8 while it is read.
struct Decoding<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    is_finished: bool,
}

impl<R: Read> Decoding<R> {
    fn new(inner: R, encoding: &'static Encoding) -> Decoding<R> {
        Decoding {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            ready: Vec::new(),
            given: 0,
            is_finished: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let read = self.inner.read(&mut self.raw)?;
        self.is_finished = read == 0;
        let raw = self.raw.get(..read).unwrap_or_default();
        let longest = self.decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK * 4);
        self.ready.resize(longest, 0);
        self.given = 0;
        let (_, _, written, _) = self
            .decoder
            .decode_to_utf8(raw, &mut self.ready, self.is_finished);
        self.ready.truncate(written);
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.is_finished {
            self.refill()?;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(into.len());
        for (to, from) in into.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (&'static str, String) {
        let file = TextFile::from_bytes("f.csv", bytes, None).unwrap();
        (
            file.encoding(),
            String::from_utf8_lossy(&file.read_all().unwrap()).into_owned(),
        )
    }

    #[test]
    fn utf8_is_recognised_with_and_without_a_mark() {
        assert_eq!(read("Zoë".as_bytes()), ("UTF-8", "Zoë".to_owned()));
        assert_eq!(read("\u{feff}Zoë".as_bytes()), ("UTF-8", "Zoë".to_owned()));
        assert_eq!(read(b""), ("UTF-8", String::new()));
    }

    #[test]
    fn utf16_is_recognised_with_and_without_a_mark() {
        let text = "text,score\nZoë was lovely,9\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with_mark = [b"\xff\xfe".to_vec(), little.clone()].concat();
        assert_eq!(read(&with_mark), ("UTF-16LE", text.to_owned()));
        assert_eq!(read(&little), ("UTF-16LE", text.to_owned()));
        assert_eq!(read(&big), ("UTF-16BE", text.to_owned()));
    }

    #[test]
    fn what_excel_writes_in_the_west_is_recognised() {
        let bytes = b"text\nZo\xeb at the caf\xe9 was lovely \x96 thank you\nJos\xe9 as well\n";
        let (encoding, text) = read(bytes);
        assert_eq!(encoding, "windows-1252");
        assert!(text.contains("Zoë at the café was lovely – thank you"), "{text}");
    }

    #[test]
    fn one_damaged_line_does_not_make_a_utf8_file_something_else() {
        let bytes = ["Zoë, José, Renée\n".as_bytes(), b"Jos\xe9\n"].concat();
        assert_eq!(read(&bytes).0, "UTF-8");
    }

    #[test]
    fn a_sequence_across_two_chunks_is_no_fault() {
        let text = format!("{}ë{}", "a".repeat(CHUNK - 1), "b".repeat(10));
        assert_eq!(read(text.as_bytes()), ("UTF-8", text));
    }
}
