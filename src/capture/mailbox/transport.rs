//! The bytes of a conversation, protected or not; no more of them than one conversation may have.
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// The library's parser calls itself for each parenthesis behind this, and for none elsewhere. Nobody asks for it.
const NESTS: &[u8] = b"BODYSTRUCTURE (";
/// Parentheses that may be opened behind it before the next command. Twice as many take less than half of a task's stack,
/// even in a build without optimisation.
const MOST_OPENED: usize = 10;

/// A connection.
#[derive(Debug)]
pub(super) struct Transport {
    stream: Stream,
    /// Bytes that the server may still send.
    left: usize,
    nesting: Nesting,
}

/// An answer that no parser should be given.
#[derive(Debug, thiserror::Error)]
#[error("parentheses are nested too deeply")]
pub(super) struct TooDeep;

/// Counts what is opened, wherever it stands and whatever closes it: what a server writes between quotes can hide neither.
#[derive(Debug, Default)]
struct Nesting {
    /// Bytes of [`NESTS`] that were just read.
    matched: usize,
    opened: Option<usize>,
}

impl Nesting {
    fn read(&mut self, bytes: &[u8]) -> Result<(), TooDeep> {
        for byte in bytes.iter().map(u8::to_ascii_uppercase) {
            if let Some(opened) = &mut self.opened {
                *opened += usize::from(byte == b'(');
                if *opened > MOST_OPENED {
                    return Err(TooDeep);
                }
                continue;
            }
            self.matched = match NESTS.get(self.matched) {
                Some(next) if *next == byte => self.matched + 1,
                _ => usize::from(byte == b'B'),
            };
            self.opened = (self.matched == NESTS.len()).then_some(1);
        }
        Ok(())
    }

    /// Half an answer may stand in front of the answer to come.
    fn begin_anew(&mut self) {
        self.opened = self.opened.map(|_| 0);
    }
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Transport {
    pub(super) fn plain(stream: TcpStream, limit: usize) -> Transport {
        Transport {
            stream: Stream::Plain(stream),
            left: limit,
            nesting: Nesting::default(),
        }
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>, limit: usize) -> Transport {
        Transport {
            stream: Stream::Tls(Box::new(stream)),
            left: limit,
            nesting: Nesting::default(),
        }
    }

    /// The connection beneath, where it is not protected yet.
    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) => Some(stream),
            Stream::Tls(_) => None,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        };
        let read = buffer.filled().get(before..).unwrap_or_default();
        match self.left.checked_sub(read.len()) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into())),
        }
        match self.nesting.read(read) {
            Ok(()) => polled,
            Err(too_deep) => Poll::Ready(Err(io::Error::other(too_deep))),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.nesting.begin_anew();
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_imap::imap_proto::Response;

    use super::*;

    #[test]
    fn what_is_nested_deeply_is_noticed_wherever_it_is_cut_and_hidden() {
        let hidden = [
            "* 1 FETCH (BODYSTRUCTURE ".to_owned() + &"(".repeat(11),
            "* 1 FETCH (X {9}\r\n(\") bOdYstructure ".to_owned() + &"(\")\" ".repeat(11),
        ];
        for answer in hidden {
            let mut nesting = Nesting::default();
            let mut pieces = answer.as_bytes().chunks(3);
            assert!(pieces.any(|piece| nesting.read(piece).is_err()), "{answer}");
        }
        let mut nesting = Nesting::default();
        assert!(nesting.read("(".repeat(10_000).as_bytes()).is_ok());
    }

    #[test]
    fn a_new_command_forgets_nothing_that_is_still_open() {
        let mut nesting = Nesting::default();
        nesting.read(b"* 1 FETCH (BODYSTRUCTURE ((").unwrap();
        nesting.begin_anew();
        assert!(nesting.read("(".repeat(11).as_bytes()).is_err());
    }

    #[test]
    fn what_is_let_through_is_parsed_without_harm() {
        let deepest = "(".repeat(2 * MOST_OPENED);
        for inner in [
            "",
            "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1 NIL NIL NIL NIL ",
        ] {
            let answer = format!("* 1 FETCH (BODYSTRUCTURE {inner}{deepest}x");
            assert!(Response::parse(answer.as_bytes()).is_err());
        }
    }
}
