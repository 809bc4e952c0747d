use std::sync::mpsc;

use super::*;
use crate::system::clock::ManualClock;

const ADDRESS: [u8; 4] = [10, 77, 0, 1];

/// A resolver whose look-ups end when the test says how: each is told of, and waits for its answer.
struct Test {
    resolver: Arc<Resolver>,
    begun: mpsc::Receiver<(String, mpsc::Sender<io::Result<Vec<IpAddr>>>)>,
    manual: ManualClock,
}

impl Test {
    fn new() -> Self {
        let (sender, begun) = mpsc::channel();
        let look_up = move |host: &str| {
            let (answer, answered) = mpsc::channel();
            sender.send((host.to_owned(), answer)).map_err(io::Error::other)?;
            answered.recv().map_err(io::Error::other)?
        };
        let manual = ManualClock::new();
        Self { resolver: Arc::new(Resolver::new(Box::new(look_up), manual.clock())), begun, manual }
    }

    fn ask(&self, host: &'static str) -> tokio::task::JoinHandle<Result<Arc<[IpAddr]>, NoAddress>> {
        let resolver = Arc::clone(&self.resolver);
        tokio::spawn(async move { resolver.addresses(host).await })
    }

    /// The next look-up that has begun.
    async fn begun(&self) -> (String, mpsc::Sender<io::Result<Vec<IpAddr>>>) {
        loop {
            match self.begun.try_recv() {
                Ok(begun) => return begun,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    async fn find(&self, host: &'static str) {
        let asked = self.ask(host);
        self.begun().await.1.send(Ok(vec![ADDRESS.into()])).unwrap();
        asked.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn names_of_this_machine_are_its_addresses_whatever_a_name_server_says() {
    let resolver = Arc::new(Resolver::new(Box::new(|_| Ok(vec![ADDRESS.into()])), Clock::system()));
    for host in ["localhost", "LocalHost", "localhost.", "app.localhost", "a.b.localhost."] {
        let addresses = resolver.addresses(host).await.unwrap();
        assert!(addresses.len() == 2 && addresses.iter().all(IpAddr::is_loopback), "{host}");
    }
    for host in ["localhost.localdomain", "notlocalhost", "localhost.example"] {
        assert_eq!(*resolver.addresses(host).await.unwrap(), [IpAddr::from(ADDRESS)], "{host}");
    }
}

#[tokio::test]
async fn a_host_has_one_look_up_however_many_ask_and_however_it_is_spelt() {
    let test = Test::new();
    let asked = [test.ask("api.example"), test.ask("API.example"), test.ask("api.example")];
    let (host, answer) = test.begun().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(host, "api.example");
    assert!(test.begun.try_recv().is_err(), "a second look-up");
    answer.send(Ok(vec![ADDRESS.into()])).unwrap();
    for asked in asked {
        assert_eq!(*asked.await.unwrap().unwrap(), [IpAddr::from(ADDRESS)]);
    }
}

#[tokio::test]
async fn silent_names_take_no_thread_from_another_host() {
    let test = Test::new();
    let names: Vec<&'static str> = (0..40).map(|n| &*format!("silent-{n}.example").leak()).collect();
    let asked: Vec<_> = names.iter().map(|name| test.ask(name)).collect();
    let mut held = Vec::new();
    for _ in &names {
        held.push(test.begun().await);
    }
    test.find("api.example").await;
    for (_, answer) in held {
        answer.send(Err(io::Error::other("made up"))).unwrap();
    }
    for asked in asked {
        assert!(matches!(asked.await.unwrap(), Err(NoAddress::Failed(_))));
    }
}

#[tokio::test]
async fn addresses_that_were_found_are_used_where_the_next_look_up_fails_or_hangs() {
    let test = Test::new();
    test.find("api.example").await;
    // It fails.
    let asked = test.ask("api.example");
    test.begun().await.1.send(Err(io::Error::other("made up"))).unwrap();
    assert_eq!(*asked.await.unwrap().unwrap(), [IpAddr::from(ADDRESS)]);
    // It hangs: the next who comes does not wait again.
    let asked = test.ask("api.example");
    let (_, silent) = test.begun().await;
    assert_eq!(*asked.await.unwrap().unwrap(), [IpAddr::from(ADDRESS)]);
    test.manual.advance(PATIENCE);
    let resolver = Arc::clone(&test.resolver);
    assert!(tokio::time::timeout(PATIENCE / 4, async move { resolver.addresses("api.example").await }).await.is_ok());
    silent.send(Ok(vec![ADDRESS.into()])).unwrap();
}

#[tokio::test]
async fn old_addresses_are_forgotten() {
    let test = Test::new();
    test.find("api.example").await;
    test.manual.advance(GOOD);
    let asked = test.ask("api.example");
    test.begun().await.1.send(Err(io::Error::other("made up"))).unwrap();
    assert!(matches!(asked.await.unwrap(), Err(NoAddress::Failed(_))));
}

#[test]
fn names_without_end_are_not_kept() {
    let test = Test::new();
    let mut state = test.resolver.state();
    for n in 0..3 * MOST_HOSTS {
        state.sweep(BootTime(0));
        state.hosts.insert(format!("{n}.example").into(), Host { failed: Some(BootTime(0)), ..Host::default() });
        assert!(state.hosts.len() <= MOST_HOSTS);
    }
}
