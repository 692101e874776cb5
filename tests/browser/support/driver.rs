//! Chromium by the WebDriver protocol (W3C), in the few words of it that these tests need; the client libraries there
//! are bring a dozen crates for them.
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

/// A running chromedriver on a port of its own.
pub struct Driver {
    child: Child,
    url: String,
    http: reqwest::Client,
}

/// One browser.
pub struct Session {
    driver: Driver,
    path: String,
}

impl Driver {
    /// A port that is free for IPv4 may be taken for IPv6; then it ends at once and another is tried.
    pub fn start() -> Driver {
        let started = (0..10).find_map(|_| Driver::try_start());
        started.expect("chromedriver, Debian's package chromium-driver, says its port")
    }

    fn try_start() -> Option<Driver> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut output = BufReader::new(child.stdout.take()?).lines();
        let port = output
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| port_in(&line));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = Driver {
            child,
            url: format!("http://127.0.0.1:{}", port.unwrap_or_default()),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        port?;
        // What nobody reads would stop it once the pipe is full.
        std::thread::spawn(move || output.for_each(drop));
        Some(driver)
    }

    /// Opens a browser with arguments and preferences of Chromium.
    pub async fn open(self, arguments: &[String], preferences: Value) -> Session {
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments, "prefs": preferences },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let opened = self
            .ask("POST", "/session", &capabilities)
            .await
            .expect("a browser");
        let path = format!("/session/{}", opened["sessionId"].as_str().unwrap());
        Session { driver: self, path }
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let address = format!("{}{path}", self.url);
        let request = self.http.request(method.parse().unwrap(), address);
        let request = if method == "GET" {
            request
        } else {
            request.body(body.to_string())
        };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!(
                "{error}: {}",
                answer["value"]["message"].as_str().unwrap_or_default()
            )),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Session {
    /// `POST` below the session.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.driver
            .ask("POST", &format!("{}{path}", self.path), &body)
            .await
    }

    /// `GET` below the session.
    pub async fn get(&self, path: &str) -> Value {
        self.driver
            .ask("GET", &format!("{}{path}", self.path), &Value::Null)
            .await
            .unwrap()
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("/goog/cdp/execute", body).await.unwrap()
    }
}

fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

impl Drop for Session {
    /// A browser outlives its driver, be that asked to stop or killed, unless its session is ended. This happens while a
    /// test may be panicking, so it needs no runtime.
    fn drop(&mut self) {
        let _ = self.driver.end(&self.path);
    }
}

impl Driver {
    fn end(&self, session: &str) -> io::Result<()> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "DELETE {session} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        // It answers once the browser has ended, and keeps the connection all the same.
        stream.read(&mut [0; 512]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
