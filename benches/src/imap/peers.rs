//! The peers' readers.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use imap_codec::decode::Decoder;
use imap_codec::{CommandCodec, ResponseCodec};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{READ, Reader};

pub fn imap_proto() -> Reader {
    Box::new(|batch| {
        let (mut rest, mut count) = (&black_box(&batch.wire)[..], 0);
        while !rest.is_empty() {
            let (behind, response) = peer_imap_proto::Response::parse(rest).expect("it is a response");
            black_box(&response);
            rest = behind;
            count += 1;
        }
        assert_eq!(count, batch.count);
    })
}

pub fn imap_codec_responses() -> Reader {
    let codec = ResponseCodec::default();
    Box::new(move |batch| {
        let (mut rest, mut count) = (&black_box(&batch.wire)[..], 0);
        while !rest.is_empty() {
            match codec.decode(rest) {
                Ok((behind, response)) => {
                    black_box(&response);
                    rest = behind;
                    count += 1;
                }
                Err(error) => panic!("{error:?}: {}", rest[..200.min(rest.len())].escape_ascii()),
            }
        }
        assert_eq!(count, batch.count);
    })
}

pub fn imap_codec_commands() -> Reader {
    let codec = CommandCodec::default();
    Box::new(move |batch| {
        let (mut rest, mut count) = (&black_box(&batch.wire)[..], 0);
        while !rest.is_empty() {
            match codec.decode(rest) {
                Ok((behind, command)) => {
                    black_box(&command);
                    rest = behind;
                    count += 1;
                }
                Err(error) => panic!("{error:?}: {}", rest[..200.min(rest.len())].escape_ascii()),
            }
        }
        assert_eq!(count, batch.count);
    })
}

/// Octets that arrive in reads of 16 KiB, and nowhere to send any.
#[derive(Debug)]
struct Memory {
    octets: Vec<u8>,
    at: usize,
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let end = self.octets.len().min(self.at + READ.min(into.remaining()));
        into.put_slice(&self.octets[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(value) = std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("memory does not wait")
    };
    value
}

pub fn async_imap() -> Reader {
    let mut client = async_imap::Client::new(Memory { octets: Vec::new(), at: 0 });
    Box::new(move |batch| {
        let memory = client.get_mut();
        if memory.octets.is_empty() {
            memory.octets.clone_from(&batch.wire);
        }
        memory.at = 0;
        for _ in 0..batch.count {
            let response =
                ready(client.read_response()).expect("it is a response").expect("there is one more");
            black_box(&response);
        }
    })
}
