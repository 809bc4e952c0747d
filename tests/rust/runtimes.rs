//! A session works under any runtime, several at once, and none.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::support::{LIMIT, advance, login, sandbox};

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, with no runtime at all.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(LIMIT),
        }
    }
}

#[test]
fn a_current_thread_runtime_without_timers_or_sockets_will_do() {
    current_thread().block_on(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        advance(&sandbox, 1210);
        let first = session.token().await.unwrap();
        session.refresh().await.unwrap();
        let second = session.report_unauthorized(first.as_str()).await.unwrap();
        assert!(!second.is(&first));
        assert_eq!(sandbox.counts().refresh, 2);
    });
}

#[test]
fn no_runtime_will_do() {
    let sandbox = sandbox(json!({}));
    let session = block_on(login(&sandbox));
    advance(&sandbox, 1210);
    assert!(!block_on(session.token()).unwrap().as_str().is_empty());
    assert_eq!(block_on(session.headers()).unwrap().len(), 2);
    assert_eq!(sandbox.counts().refresh, 1);
}

#[test]
fn one_session_serves_several_runtimes_and_outlives_the_one_it_was_made_in() {
    let sandbox = sandbox(json!({}));
    let made_in = current_thread();
    let session = made_in.block_on(login(&sandbox));
    drop(made_in);
    advance(&sandbox, 1210);
    let tokens: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    current_thread().block_on(async {
                        let callers: Vec<_> = (0..25)
                            .map(|_| {
                                let session = session.clone();
                                tokio::spawn(async move { session.token().await })
                            })
                            .collect();
                        let mut tokens = Vec::new();
                        for caller in callers {
                            tokens.push(caller.await.unwrap().expect("a token"));
                        }
                        tokens
                    })
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(tokens.len(), 200);
    assert!(tokens.windows(2).all(|pair| pair[0].is(&pair[1])));
    assert_eq!(sandbox.counts().refresh, 1);
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_call_takes_nothing_with_it() {
    let sandbox = sandbox(json!({}));
    let session = block_on(login(&sandbox));
    advance(&sandbox, 1210);
    crate::support::hold_refresh(&sandbox);
    let runtime = Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    let caller = session.clone();
    runtime.spawn(async move { caller.token().await });
    sandbox.wait_for_blocking("refresh", 1, LIMIT).unwrap();
    runtime.shutdown_background();
    sandbox.release();
    assert!(!block_on(session.token()).unwrap().as_str().is_empty());
    assert_eq!((sandbox.counts().refresh, sandbox.counts().login), (1, 1));
}
