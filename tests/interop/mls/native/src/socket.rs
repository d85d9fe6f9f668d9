//! The WebSocket of a member, and the numbers of its messages (docs/protocol.md §3.2).

use crate::fields;
use crate::wire::{encode, Fields, Message};
use crate::{failed, Result};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, WebSocket};

pub struct Socket {
    inner: WebSocket<TcpStream>,
    sent: u64,
    /// The highest number received: what `ping` acknowledges.
    pub heard: u64,
}

impl Socket {
    /// `url` is the site's origin, `http://localhost:8000`.
    pub fn open(url: &str) -> Result<Self> {
        let place = url.trim_start_matches("http://");
        let stream = TcpStream::connect(place).map_err(failed("connect"))?;
        stream.set_nodelay(true).map_err(failed("connect"))?;
        let mut request = format!("ws://{place}/ws")
            .into_client_request()
            .map_err(failed("request"))?;
        let headers = request.headers_mut();
        headers.insert("Origin", url.parse().map_err(failed("origin"))?);
        headers.insert(
            "Sec-WebSocket-Protocol",
            "catchup.v1".parse().map_err(failed("protocol"))?,
        );
        let (inner, _) = tungstenite::client(request, stream).map_err(failed("handshake"))?;
        inner
            .get_ref()
            .set_read_timeout(Some(Duration::from_millis(10)))
            .map_err(failed("socket"))?;
        Ok(Socket {
            inner,
            sent: 0,
            heard: 0,
        })
    }

    /// Something without a number.
    pub fn send(&mut self, fields: Fields) -> Result<()> {
        let message = tungstenite::Message::Binary(encode(fields).into());
        self.inner.send(message).map_err(failed("send"))
    }

    /// Something that must not be lost; gets the next number.
    pub fn send_numbered(&mut self, mut fields: Fields) -> Result<()> {
        self.sent += 1;
        fields.extend(fields!["n" => self.sent]);
        self.send(fields)
    }

    /// Packets that arrived, at most 10 ms later; known ones are left out.
    pub fn receive(&mut self) -> Result<Option<Message>> {
        let bytes = match self.inner.read() {
            Ok(tungstenite::Message::Binary(bytes)) => bytes,
            Ok(tungstenite::Message::Close(_)) => return Err("closed".into()),
            Ok(_) => return Ok(None),
            Err(Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                return Ok(None)
            }
            Err(error) => return Err(format!("socket: {error:?}")),
        };
        let message = Message::decode(&bytes)?;
        if let Ok(number) = message.uint("n") {
            if number <= self.heard {
                return Ok(None);
            }
            self.heard = number;
        }
        Ok(Some(message))
    }
}
