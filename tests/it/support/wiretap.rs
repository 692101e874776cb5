//! Stands between a client and a server that speak in lines, notes what the client says, and cuts the line when told to.
use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// Where the line is cut, at a command of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server does not hear it.
    Unheard,
    /// The server does it, and the client does not hear of it.
    Unanswered,
    /// The client hears the beginning of the answer.
    Midway,
    /// The server does not hear it, and the client waits until it is let go.
    Held,
}

/// A line that can be cut.
#[derive(Clone)]
pub struct Wiretap {
    pub port: u16,
    state: Arc<Mutex<State>>,
    released: Arc<Notify>,
}

#[derive(Default)]
struct State {
    said: Vec<String>,
    plan: Option<(usize, Cut)>,
    always_at: Option<String>,
    is_held: bool,
}

impl Wiretap {
    /// Before the server that listens on a port of this machine.
    pub async fn before(server: u16) -> Wiretap {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tap = Wiretap {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
            released: Arc::default(),
        };
        let taps = tap.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let tap = taps.clone();
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                    tap.carry(client, server).await;
                });
            }
        });
        tap
    }

    /// Cuts the line once, at the command after so many from now.
    pub fn cut_after(&self, commands: usize, how: Cut) {
        let mut state = self.state.lock().unwrap();
        state.plan = Some((state.said.len() + commands, how));
    }

    /// Cuts the line whenever the client says what begins like this.
    pub fn cut_at_every(&self, command: &str) {
        self.state.lock().unwrap().always_at = Some(command.to_owned());
    }

    /// Whether the client waits for an answer that is held back.
    pub fn is_held(&self) -> bool {
        self.state.lock().unwrap().is_held
    }

    /// Ends what is held.
    pub fn let_go(&self) {
        self.state.lock().unwrap().is_held = false;
        self.released.notify_waiters();
    }

    /// Whether a cut is still to come.
    pub fn is_armed(&self) -> bool {
        self.state.lock().unwrap().plan.is_some()
    }

    /// What the client said, without its tags.
    pub fn said(&self) -> Vec<String> {
        self.state.lock().unwrap().said.clone()
    }

    async fn carry(&self, client: TcpStream, server: TcpStream) {
        let (from_client, mut to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let (mut from_client, mut from_server) = (BufReader::new(from_client), BufReader::new(from_server));
        let mut line = Vec::new();
        pass_line(&mut from_server, &mut to_client, &mut line).await;
        loop {
            line.clear();
            if from_client.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (tag, said) = command.split_once(' ').unwrap_or((&command, ""));
            let cut = self.hear(said);
            match cut {
                Some(Cut::Unheard) => return,
                Some(Cut::Held) => return self.hold().await,
                _ => (),
            }
            if to_server.write_all(&line).await.is_err() {
                return;
            }
            if !pass_answer(&mut from_server, &mut to_client, tag, cut).await {
                return;
            }
        }
    }

    async fn hold(&self) {
        let released = self.released.notified();
        self.state.lock().unwrap().is_held = true;
        released.await;
    }

    fn hear(&self, said: &str) -> Option<Cut> {
        let mut state = self.state.lock().unwrap();
        let now = state.said.len();
        state.said.push(said.to_owned());
        let due = state.plan.filter(|(at, _)| *at <= now);
        if due.is_some() {
            state.plan = None;
        }
        let is_always = state.always_at.as_ref().is_some_and(|at| said.starts_with(at));
        due.map(|(_, how)| how).or(is_always.then_some(Cut::Unheard))
    }
}

async fn pass_line(
    from: &mut (impl AsyncBufReadExt + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    line: &mut Vec<u8>,
) -> bool {
    line.clear();
    from.read_until(b'\n', line).await.unwrap_or(0) > 0 && to.write_all(line).await.is_ok()
}

/// Carries what is said to a command to its end; `false` where the line is cut or closed.
async fn pass_answer(
    from: &mut BufReader<impl AsyncRead + Unpin>,
    to: &mut (impl AsyncWrite + Unpin),
    tag: &str,
    cut: Option<Cut>,
) -> bool {
    let end = format!("{tag} ");
    loop {
        let mut line = Vec::new();
        if from.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        let is_end = text.starts_with(&end);
        let literal = text
            .trim_end()
            .strip_suffix('}')
            .and_then(|text| text.rsplit_once('{'))
            .and_then(|(_, length)| length.parse::<usize>().ok());
        if let Some(length) = literal {
            let mut bytes = vec![0; length];
            if from.read_exact(&mut bytes).await.is_err() {
                return false;
            }
            line.extend(bytes);
        }
        match cut {
            None => {
                if to.write_all(&line).await.is_err() {
                    return false;
                }
            }
            Some(Cut::Midway) => {
                let half = &line[..line.len() / 2];
                let _ = to.write_all(half).await;
                return false;
            }
            Some(_) => (),
        }
        if is_end {
            return cut.is_none();
        }
    }
}
