//! A window of a browser, and what somebody can do and see in it.
use std::{
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use plaudit::capture::form_token::FASTEST;
use serde_json::{Value, json};

use super::driver::{Driver, Session};

/// How a window shows pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Of the window, in CSS pixels.
    pub width: u32,
    /// Whether the reader's system is dark.
    pub dark: bool,
    /// The reader's language.
    pub language: &'static str,
    /// Whether scripts run.
    pub scripts: bool,
}

impl Look {
    /// A telephone: 360 pixels wide.
    pub const PHONE: Look = Look {
        width: 360,
        dark: false,
        language: "en",
        scripts: true,
    };
    /// A desk: 1280 pixels wide.
    pub const DESK: Look = Look {
        width: 1280,
        ..Look::PHONE
    };
    /// Both.
    pub const BOTH: [Look; 2] = [Look::PHONE, Look::DESK];

    /// The same without scripts.
    pub const fn without_scripts(self) -> Look {
        Look {
            scripts: false,
            ..self
        }
    }
}

/// A window.
pub struct Window {
    session: Session,
    /// How it shows pages.
    pub look: Look,
    base_url: String,
}

/// Keys as WebDriver numbers them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

const TIMEOUT: Duration = Duration::from_secs(20);
/// The key under which WebDriver hands over elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Window {
    /// Opens a window on a service.
    pub async fn open(base_url: &str, look: Look) -> Window {
        let arguments = [
            "--headless=new",
            // Root has no other choice, and all that is shown comes from loopback.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--hide-scrollbars",
            "--no-first-run",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--accept-lang={}", look.language));
        let scripts = if look.scripts { 1 } else { 2 };
        let preferences = json!({ "profile.default_content_setting_values.javascript": scripts });
        let session = Driver::start().open(&arguments, preferences).await;
        let window = Window {
            session,
            look,
            base_url: base_url.to_owned(),
        };
        window.wear(look).await;
        window
    }

    async fn wear(&self, look: Look) {
        let height = if look.width < 600 { 740 } else { 900 };
        let size = json!({ "width": look.width, "height": height, "deviceScaleFactor": 1, "mobile": look.width < 600 });
        self.session
            .devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.session.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Turns light to dark, or back.
    pub async fn turn(&mut self, dark: bool) {
        self.look.dark = dark;
        self.wear(self.look).await;
    }

    /// Opens a page of the service, or any address.
    pub async fn go(&self, path: &str) {
        let url = if path.starts_with('/') {
            format!("{}{path}", self.base_url)
        } else {
            path.to_owned()
        };
        self.session.post("/url", json!({ "url": url })).await.unwrap();
    }

    /// Where the window is, without the service's address.
    pub async fn path(&self) -> String {
        let url = self.session.get("/url").await;
        let url = url.as_str().unwrap();
        url.strip_prefix(&self.base_url).unwrap_or(url).to_owned()
    }

    /// Types into a field, instead of what stands there.
    pub async fn write(&self, field: &str, words: &str) {
        let id = self.find(field).await;
        self.session
            .post(&format!("/element/{id}/clear"), json!({}))
            .await
            .unwrap();
        self.session
            .post(&format!("/element/{id}/value"), json!({ "text": words }))
            .await
            .unwrap();
    }

    /// Chooses a file for a field.
    pub async fn attach(&self, field: &str, file: &Path) {
        let id = self.find(field).await;
        let path = json!({ "text": file.display().to_string() });
        self.session
            .post(&format!("/element/{id}/value"), path)
            .await
            .unwrap();
    }

    /// Takes the time that a person takes to write: what is sent at once looks like junk and is held.
    pub async fn take_time(&self) {
        let longer = Duration::from_secs(1);
        tokio::time::sleep(FASTEST.to_std().unwrap() + longer).await;
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: &str) {
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ]}]});
        self.session.post("/actions", actions).await.unwrap();
    }

    /// Presses a key that sends a form, and waits until the page it leads to is there: unlike a click, WebDriver
    /// does not wait for what a key sets off.
    pub async fn press_and_leave(&self, key: &str) {
        self.value("(window.stillHere = true)").await;
        self.press(key).await;
        self.arrive(key).await;
    }

    /// Clicks what a CSS selector names first, and waits until the page it leads to is there.
    pub async fn click_and_leave(&self, selector: &str) {
        self.value("(window.stillHere = true)").await;
        self.click(selector).await;
        self.arrive(selector).await;
    }

    async fn arrive(&self, by: &str) {
        let began = Instant::now();
        while self
            .value("!window.stillHere && document.readyState === 'complete'")
            .await
            != true
        {
            assert!(
                began.elapsed() < TIMEOUT,
                "{} is not left by {by:?}",
                self.path().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks what a CSS selector names first.
    pub async fn click(&self, selector: &str) {
        let id = self.find(selector).await;
        self.session
            .post(&format!("/element/{id}/click"), json!({}))
            .await
            .unwrap();
    }

    /// Clicks the first visible link, button or summary that says `words`.
    pub async fn choose(&self, words: &str) {
        self.choose_under("", words).await;
    }

    /// The same, in the article that says `near`.
    pub async fn choose_beside(&self, near: &str, words: &str) {
        let article = format!("//article[contains(normalize-space(.), {})]", quoted(near));
        self.choose_under(&article, words).await;
    }

    async fn choose_under(&self, root: &str, words: &str) {
        let path = format!(
            "{root}//*[self::a or self::button or self::summary][contains(normalize-space(.), {})]",
            quoted(words)
        );
        let id = self.wait_for("xpath", &path).await;
        self.session
            .post(&format!("/element/{id}/click"), json!({}))
            .await
            .unwrap();
    }

    async fn find(&self, selector: &str) -> String {
        self.wait_for("css selector", selector).await
    }

    async fn wait_for(&self, using: &str, value: &str) -> String {
        let search = json!({ "using": using, "value": value });
        let began = Instant::now();
        loop {
            let found = self.session.post("/elements", search.clone()).await.unwrap();
            for element in found.as_array().unwrap() {
                let id = element[ELEMENT].as_str().unwrap();
                if self.is_displayed(id).await {
                    return id.to_owned();
                }
            }
            assert!(
                began.elapsed() < TIMEOUT,
                "no {value} on {}:\n{}",
                self.path().await,
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A page may have been left meanwhile; then nothing of it is displayed.
    async fn is_displayed(&self, id: &str) -> bool {
        let script = "const box = arguments[0].getBoundingClientRect(); return box.width > 0 && box.height > 0 && \
                      arguments[0].checkVisibility({ visibilityProperty: true })";
        let element = json!({ ELEMENT: id });
        let shown = self
            .session
            .post("/execute/sync", json!({ "script": script, "args": [element] }));
        shown.await.is_ok_and(|shown| shown == Value::Bool(true))
    }

    /// Waits until the page says `words`; opens the page anew where nothing on it changes by itself.
    pub async fn wait_until(&self, words: &str) {
        let began = Instant::now();
        while !self.text().await.contains(words) {
            assert!(
                began.elapsed() < TIMEOUT,
                "{} does not say {words:?}:\n{}",
                self.path().await,
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.session.post("/refresh", json!({})).await.unwrap();
        }
    }

    /// Loads the page again until it is so.
    pub async fn reload_until(&self, is_so: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !is_so().await {
            assert!(began.elapsed() < TIMEOUT, "{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.session.post("/refresh", json!({})).await.unwrap();
        }
    }

    /// Waits until the page says `words` by itself.
    pub async fn see(&self, words: &str) {
        let began = Instant::now();
        while !self.text().await.contains(words) {
            assert!(
                began.elapsed() < TIMEOUT,
                "{} does not say {words:?}:\n{}",
                self.path().await,
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the page says `words`.
    pub async fn says(&self, words: &str) -> bool {
        self.text().await.contains(words)
    }

    /// All that the page says.
    pub async fn text(&self) -> String {
        let text = self
            .run("return document.body ? document.body.innerText : ''", &[])
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What stands in the first element that a CSS selector names.
    pub async fn text_of(&self, selector: &str) -> String {
        let element = format!("document.querySelector({})", json!(selector));
        let text = self.value(&format!("{element}.innerText")).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The value of an expression on the page.
    pub async fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}"), &[]).await
    }

    async fn run(&self, script: &str, args: &[Value]) -> Value {
        let body = json!({ "script": script, "args": args });
        // A page that is just being left has nothing to say.
        self.session.post("/execute/sync", body).await.unwrap_or_default()
    }

    /// The page is as it should be: no error in the console, nothing wider than the window, axe finds no violation.
    pub async fn check(&self) {
        let path = self.path().await;
        let wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(
            self.value(wider).await,
            0,
            "{path} at {} is wider than the window",
            self.look.width
        );
        self.check_console().await;
        let violations = self.violations().await;
        assert!(
            violations.is_empty(),
            "axe on {path} at {}:\n{}",
            self.look.width,
            violations.join("\n")
        );
    }

    /// No error or warning in the console since it was looked at last; that a page is not found is none.
    pub async fn check_console(&self) {
        let lines = self
            .session
            .post("/se/log", json!({ "type": "browser" }))
            .await
            .unwrap();
        let bad = lines
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["level"] != "INFO" && line["level"] != "DEBUG");
        let own_status = format!("{}{} - Failed to load resource", self.base_url, self.path().await);
        let bad = bad.filter_map(|line| line["message"].as_str());
        let bad: Vec<&str> = bad.filter(|message| !message.starts_with(&own_status)).collect();
        assert!(bad.is_empty(), "console of {}: {bad:?}", self.path().await);
    }

    /// What axe-core says is wrong, a line each.
    pub async fn violations(&self) -> Vec<String> {
        let file = std::env::var("PLAUDIT_TEST_AXE")
            .expect("PLAUDIT_TEST_AXE: the path of axe.min.js; ./dev test sets it");
        let axe = std::fs::read_to_string(file).unwrap();
        let body = json!({ "script": format!("{axe}; const done = arguments[0]; axe.run().then(found => done(found.violations), error => done([{{ id: String(error), nodes: [] }}]))"), "args": [] });
        let found = self.session.post("/execute/async", body).await.unwrap();
        let line = |violation: &Value| {
            let nodes = violation["nodes"].as_array().unwrap();
            let nodes: Vec<&str> = nodes.iter().filter_map(|node| node["html"].as_str()).collect();
            format!("{}: {} {}", violation["id"], violation["help"], nodes.join(" | "))
        };
        found.as_array().unwrap().iter().map(line).collect()
    }

    /// Photographs the whole page into a PNG file.
    pub async fn photograph(&self, file: &Path) {
        let options = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.session.devtools("Page.captureScreenshot", options).await;
        std::fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }
}

/// A string of XPath 1.0, which knows no escapes.
fn quoted(words: &str) -> String {
    if words.contains('\'') {
        format!("\"{words}\"")
    } else {
        format!("'{words}'")
    }
}
