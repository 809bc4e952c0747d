//! A client's connection: requests are passed on and answers back, one after the other, until something ends it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::fault::{Cut, Spot, Stage, WireFault};
use super::message::{Message, Reader, header};
use super::shared::Shared;
use super::stream::Stream;
use super::tunnel;

/// Why nothing more happens on a connection.
pub(super) enum End {
    /// A fault says so, or the other side is gone in order.
    Cut(Cut),
    /// It broke by itself.
    Broken,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let Some(stream) = open(&shared, stream).await else { return };
    let mut connection = Connection { shared, client: stream, from_client: Reader::default(), server: None };
    let end = loop {
        if let Err(end) = connection.next().await {
            break end;
        }
    };
    if let End::Cut(cut) = end {
        connection.client.cut(cut).await;
    }
}

/// The connection once TLS is set up, if it is to be; None if a fault was in the way.
async fn open(shared: &Shared, mut stream: TcpStream) -> Option<Stream> {
    // Pieces are to arrive as they are written. A socket that refuses is as good.
    let _ = stream.set_nodelay(true);
    let fault = shared.take(Stage::Connection);
    if let Some(WireFault::CutAtAccept(cut)) = fault {
        Stream::Plain(stream).cut(cut).await;
        return None;
    }
    let Some(identity) = &shared.identity else { return Some(Stream::Plain(stream)) };
    match fault {
        Some(WireFault::CutInHandshake(cut)) => {
            if identity.accept_half(&mut stream).await.is_ok() {
                Stream::Plain(stream).cut(cut).await;
            }
            None
        }
        Some(WireFault::CutAfterHandshake(cut)) => {
            if let Ok(stream) = identity.accept(stream).await {
                Stream::Tls(Box::new(stream)).cut(cut).await;
            }
            None
        }
        Some(WireFault::Present(other)) => other.accept(stream).await.ok().map(|stream| Stream::Tls(Box::new(stream))),
        _ => identity.accept(stream).await.ok().map(|stream| Stream::Tls(Box::new(stream))),
    }
}

struct Connection {
    shared: Arc<Shared>,
    client: Stream,
    from_client: Reader,
    server: Option<TcpStream>,
}

impl Connection {
    /// One exchange, once a request comes.
    async fn next(&mut self) -> Result<(), End> {
        self.wait().await?;
        let fault = self.shared.take(Stage::Exchange);
        self.spot(fault.as_ref(), Spot::FirstByte).await?;
        let head = self.from_client.head(&mut self.client).await?;
        let connects = self.shared.note_request(&head);
        self.spot(fault.as_ref(), Spot::AfterRequestHead).await?;
        let body = self.from_client.body(&head, &mut self.client).await?;
        self.spot(fault.as_ref(), Spot::AfterRequest).await?;
        if let Some(WireFault::Answer { bytes, acts: false }) = &fault {
            return self.last(bytes).await;
        }
        if connects {
            let server = TcpStream::connect(self.shared.target).await?;
            self.spot(fault.as_ref(), Spot::AfterActing).await?;
            return Err(tunnel::pass(&self.shared, &mut self.client, &self.from_client.rest(), server).await);
        }
        let answer = self.pass_on(&Message { head, body }).await?;
        self.spot(fault.as_ref(), Spot::AfterActing).await?;
        self.pass_back(answer, fault).await
    }

    /// Waits for the first byte of a request.
    async fn wait(&mut self) -> Result<(), End> {
        if !self.from_client.is_empty() {
            return Ok(());
        }
        let mut idle = self.shared.idle();
        tokio::select! {
            cut = idle.told_to_close() => Err(End::Cut(cut)),
            came = self.from_client.more(&mut self.client) => if came? { Ok(()) } else { Err(End::Cut(Cut::Close)) },
            () = ended(self.server.as_ref()) => Err(End::Cut(Cut::Close)),
        }
    }

    /// Passes a request on, and reads the whole answer.
    async fn pass_on(&mut self, request: &Message) -> Result<Message, End> {
        if self.server.is_none() {
            let server = TcpStream::connect(self.shared.target).await.map_err(|_| End::Cut(Cut::Close))?;
            self.server = Some(server);
        }
        let Some(server) = &mut self.server else { return Err(End::Broken) };
        let bytes = request.bytes();
        // The server's end is passed back in order, as a proxy would.
        let gone = |_| End::Cut(Cut::Close);
        server.write_all(&bytes).await.map_err(gone)?;
        self.shared.note(|seen| seen.to_server += bytes.len() as u64);
        let mut reader = Reader::default();
        let head = reader.head(server).await.map_err(gone)?;
        let body = reader.body(&head, server).await.map_err(gone)?;
        Ok(Message { head, body })
    }

    async fn pass_back(&mut self, mut answer: Message, fault: Option<WireFault>) -> Result<(), End> {
        let (head, body) = (answer.head.len() / 2, answer.body.len() / 2);
        match &fault {
            Some(WireFault::Answer { bytes, .. }) => return self.last(bytes).await,
            Some(WireFault::WrongLength(by)) => {
                answer.head = with_length(&answer.head, *by);
                return self.last(&answer.bytes()).await;
            }
            Some(WireFault::Noise(noise)) => self.send(noise).await?,
            Some(WireFault::ExtraHeader { line, first }) => answer.head = with_header(&answer.head, line, *first),
            Some(WireFault::ByteByByte) => {
                for byte in answer.bytes() {
                    self.send(&[byte]).await?;
                    yield_now().await;
                }
                return ended_by(&answer);
            }
            Some(WireFault::Drip { from, every }) => {
                let at_once = match from {
                    Spot::InAnswerHead => head,
                    Spot::InAnswerBody => answer.head.len() + body,
                    _ => 0,
                };
                self.drip(&answer.bytes(), at_once, *every).await?;
                return ended_by(&answer);
            }
            Some(WireFault::CutAt(..) | WireFault::HoldAt(_)) => {
                self.send(&answer.head[..head]).await?;
                self.spot(fault.as_ref(), Spot::InAnswerHead).await?;
                self.send(&[&answer.head[head..], &answer.body[..body]].concat()).await?;
                self.spot(fault.as_ref(), Spot::InAnswerBody).await?;
                self.send(&answer.body[body..]).await?;
                return ended_by(&answer);
            }
            _ => {}
        }
        self.send(&answer.bytes()).await?;
        ended_by(&answer)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.shared.note(|seen| seen.to_client += bytes.len() as u64);
        Ok(self.client.send(bytes).await?)
    }

    /// Sends so many bytes at once, and each of the others after some time.
    async fn drip(&mut self, bytes: &[u8], at_once: usize, every: Duration) -> Result<(), End> {
        self.send(&bytes[..at_once]).await?;
        for byte in &bytes[at_once..] {
            sleep(every).await;
            self.send(&[*byte]).await?;
        }
        Ok(())
    }

    /// Sends the last that is sent on this connection.
    async fn last(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.send(bytes).await?;
        Err(End::Cut(Cut::Close))
    }

    /// Does what the fault wants done at this point.
    async fn spot(&self, fault: Option<&WireFault>, here: Spot) -> Result<(), End> {
        match fault {
            Some(WireFault::CutAt(spot, cut)) if *spot == here => Err(End::Cut(*cut)),
            Some(WireFault::HoldAt(spot)) if *spot == here => {
                self.shared.hold().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// An answer may be the last on its connection.
fn ended_by(answer: &Message) -> Result<(), End> {
    if answer.is_last() { Err(End::Cut(Cut::Close)) } else { Ok(()) }
}

/// Waits until an idle connection to the server has ended.
async fn ended(server: Option<&TcpStream>) {
    match server {
        // A server that speaks without having been asked is as good as gone.
        Some(server) => drop(server.peek(&mut [0]).await),
        None => std::future::pending().await,
    }
}

fn with_length(head: &[u8], by: i64) -> Vec<u8> {
    let length = header(head, "content-length").and_then(|length| length.parse::<i64>().ok()).unwrap_or(0);
    let lines = String::from_utf8_lossy(head).into_owned();
    let kept = lines.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    with_header(kept.collect::<String>().as_bytes(), &format!("Content-Length: {}", length + by), false)
}

fn with_header(head: &[u8], line: &str, first: bool) -> Vec<u8> {
    let line_end = || head.windows(2).position(|window| window == b"\r\n").unwrap_or_default();
    let at = if first { line_end() + 2 } else { head.len().saturating_sub(2) };
    [&head[..at], line.as_bytes(), b"\r\n", &head[at..]].concat()
}
