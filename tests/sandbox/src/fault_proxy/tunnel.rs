//! A tunnel, as a proxy makes one for CONNECT: bytes pass both ways and nobody looks at them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::exchange::End;
use super::fault::{Cut, Stage, WireFault};
use super::shared::Shared;
use super::stream::Stream;

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Says that the tunnel is there, and passes bytes until one side or a fault ends it.
pub(super) async fn pass(shared: &Shared, client: &mut Stream, early: &[u8], mut server: TcpStream) -> End {
    let fault = match shared.take(Stage::Tunnel) {
        Some(WireFault::CutTunnel { after, cut }) => Some((after, cut)),
        _ => None,
    };
    if client.send(ESTABLISHED).await.is_err() {
        return End::Broken;
    }
    // What came along with the CONNECT is the client's mistake, and passed on as it is.
    if server.write_all(early).await.is_err() {
        return End::Broken;
    }
    let mut passed = 0;
    let (mut up, mut down) = (vec![0; 4096], vec![0; 4096]);
    loop {
        let left = fault.map_or(up.len() as u64, |(after, _)| after - passed);
        if let Some((_, cut)) = fault.filter(|_| left == 0) {
            return End::Cut(cut);
        }
        let most = up.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let moved = tokio::select! {
            read = client.read(&mut up[..most]) => to(&mut server, read, &up).await.inspect(|count| {
                passed += count;
                shared.note(|seen| seen.to_server += count);
            }),
            read = server.read(&mut down) => to(client, read, &down).await.inspect(|count| {
                shared.note(|seen| seen.to_client += count);
            }),
        };
        match moved {
            Ok(0) => return End::Cut(Cut::Close),
            Ok(_) => {}
            Err(_) => return End::Cut(Cut::Reset),
        }
    }
}

/// Passes what was read, and says how much that was.
async fn to(
    other: &mut (impl AsyncWrite + AsyncRead + Unpin),
    read: io::Result<usize>,
    bytes: &[u8],
) -> io::Result<u64> {
    let count = read?;
    other.write_all(&bytes[..count]).await?;
    other.flush().await?;
    Ok(count as u64)
}
