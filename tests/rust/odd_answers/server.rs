//! A server that writes the bytes it was given, whatever it is asked.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of the connection after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    /// What the client has not read yet may be lost, so that it is given a moment.
    Reset,
    /// It stays open, and nothing more comes.
    Hold,
}

pub(super) struct Server {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn start(answer: Vec<u8>, end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (port, heads) = (listener.local_addr().expect("an address").port(), Arc::<Mutex<Vec<String>>>::default());
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), end, Arc::clone(&seen)));
            }
        });
        Self { port, heads }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> usize {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn last_head(&self) -> String {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).last().cloned().unwrap_or_default()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Vec<u8>,
    end: End,
    heads: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let request = String::from_utf8_lossy(&request);
    let head = request.split_inclusive("\r\n\r\n").next().unwrap_or_default().to_owned();
    heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    stream.write_all(&answer).await?;
    stream.flush().await?;
    match end {
        End::Close => stream.shutdown().await?,
        End::Reset => {
            // Once all has been read the other side has nothing to send, so that this ends when it closes or in a moment.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(200), stream.read_u8()).await;
            return stream.set_zero_linger();
        }
        End::Hold => {}
    }
    // Until the client closes.
    while stream.read_u8().await.is_ok() {}
    Ok(())
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}
