//! What the proxy can do to a connection, and where.

use std::time::Duration;

use super::identity::Identity;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At once, with a RST: what is still under way may be lost.
    Reset,
    /// In order, with a FIN (and with TLS a `close_notify`): all that was written before arrives.
    Close,
}

/// A point of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The first byte of a request has come.
    FirstByte,
    /// Its head has been read, and its body is left unread.
    AfterRequestHead,
    /// All of it has been read, and nothing has been passed on.
    AfterRequest,
    /// The server has acted and answered, and nothing of the answer has been passed back.
    AfterActing,
    /// Half of the answer's head has been passed back.
    InAnswerHead,
    /// The answer's head and half of its body have been passed back.
    InAnswerBody,
}

/// Something that goes wrong once, on the way.
#[derive(Clone, Debug)]
pub enum WireFault {
    /// The next connection ends before a byte of it is read.
    CutAtAccept(Cut),
    /// With TLS: the next connection ends after half of the server's side of the handshake.
    CutInHandshake(Cut),
    /// With TLS: the next connection ends as soon as the handshake is done.
    CutAfterHandshake(Cut),
    /// With TLS: the next connection is shown another certificate.
    Present(Identity),
    /// The connection ends at that point of the next exchange.
    CutAt(Spot, Cut),
    /// The next exchange stops at that point until [`super::FaultProxy::release`].
    HoldAt(Spot),
    /// The next answer's Content-Length is wrong by so many bytes; the connection is closed after it.
    WrongLength(i64),
    /// The next answer is passed back one byte at a time.
    ByteByByte,
    /// The next answer drips: from that point on one byte at a time, with so much real time before each.
    Drip {
        /// Where it begins; a point before the answer stands for the answer's first byte.
        from: Spot,
        /// How long each byte is in coming.
        every: Duration,
    },
    /// These bytes come before the next answer.
    Noise(Vec<u8>),
    /// The next answer has one more header, such as `Date: today`, before its others or behind them.
    ExtraHeader {
        /// The header's line, without its end.
        line: String,
        /// Whether it comes before the others.
        first: bool,
    },
    /// These bytes are the next answer, and the connection is closed after them. Also for a CONNECT.
    Answer {
        /// What is answered, head included.
        bytes: Vec<u8>,
        /// Whether the server is let act first.
        acts: bool,
    },
    /// The next tunnel ends once so many bytes of the client have been passed on; with 0 before it has been used.
    CutTunnel {
        /// How many bytes.
        after: u64,
        /// How it ends.
        cut: Cut,
    },
}

/// What a fault is waiting for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connection,
    Exchange,
    Tunnel,
}

impl WireFault {
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::CutAtAccept(_) | Self::CutInHandshake(_) | Self::CutAfterHandshake(_) | Self::Present(_) => {
                Stage::Connection
            }
            Self::CutTunnel { .. } => Stage::Tunnel,
            _ => Stage::Exchange,
        }
    }
}
