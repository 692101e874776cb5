//! Signing in without a password: a link by mail, or a code from one's manager.
use serde::Serialize;

use super::super::Language;
use super::{Context, Field, FormProblemKind, Page, sample};

/// Asks for an address or a code.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// The frame.
    pub page: Page,
    /// Where the address is posted (field `email`).
    pub action: String,
    /// Where the code is posted (field `code`).
    pub code_action: String,
    /// The company's own sign-on, if it has one.
    pub company_url: Option<String>,
    /// What was typed as an address.
    pub email: Field,
    /// What was typed as a code.
    pub code: Field,
    /// Minutes a link works.
    pub minutes: u64,
}

/// Says that a link was sent if the address is known; the same whether or not it is.
#[derive(Clone, Debug, Serialize)]
pub struct SignInSentPage {
    /// The frame.
    pub page: Page,
    /// The address as it was typed.
    pub address: String,
    /// Until when the link works: "14:45".
    pub until: String,
    /// Back to the form.
    pub sign_in_url: String,
}

/// What an opened link shows: a button signs in, the link alone does not.
#[derive(Clone, Debug, Serialize)]
pub struct SignInConfirmPage {
    /// The frame.
    pub page: Page,
    /// The given name of whoever the link is for.
    pub name: String,
    /// Where the button posts (field `shared`: `yes` ends the session with the browser).
    pub action: String,
    /// Back to the form.
    pub sign_in_url: String,
    /// Days a session lasts.
    pub days: u64,
}

/// A join code for somebody without mail, shown and printed by their manager.
#[derive(Clone, Debug, Serialize)]
pub struct JoinPage {
    /// The frame.
    pub page: Page,
    /// Whom it is for.
    pub name: String,
    /// The code in groups: "K7QW 3M2X".
    pub code: String,
    /// The address to type.
    pub address: String,
    /// The same with the code in it, as a QR code.
    pub qr: Option<Qr>,
    /// Until when it works: "28 November 2026".
    pub until: String,
    /// Takes the code back.
    pub revoke_url: String,
}

/// Everybody below the reader to whom they could hand a join code.
#[derive(Clone, Debug, Serialize)]
pub struct JoinListPage {
    /// The frame.
    pub page: Page,
    /// The people, in alphabetical order.
    pub people: Vec<JoinRow>,
}

/// Somebody without an address of mail.
#[derive(Clone, Debug, Serialize)]
pub struct JoinRow {
    /// The name.
    pub name: String,
    /// Where asking for their code posts.
    pub url: String,
}

/// A QR code as one path over a square of `size` modules.
#[derive(Clone, Debug, Serialize)]
pub struct Qr {
    /// Modules a side.
    pub size: u32,
    /// Modules a side with the quiet zone of four on every side.
    pub outer: u32,
    /// SVG path of the dark modules.
    pub path: String,
}

impl Context for SignInPage {
    const NAME: &'static str = "pages/sign-in";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let ask = Self {
            page: sample::guest(language),
            action: "/sign-in".to_owned(),
            code_action: "/join".to_owned(),
            company_url: None,
            email: Field::default(),
            code: Field::default(),
            minutes: 15,
        };
        let typed = |value: &str, problem| Field {
            value: value.to_owned(),
            problem: Some(problem),
        };
        let wrong = Self {
            company_url: Some("/oidc".to_owned()),
            email: typed("a.yusuf@", FormProblemKind::Email),
            code: typed("k7qw", FormProblemKind::Code),
            ..ask.clone()
        };
        vec![("ask", ask), ("wrong", wrong)]
    }
}

impl Context for SignInSentPage {
    const NAME: &'static str = "pages/sign-in-sent";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let sent = Self {
            page: sample::guest(language),
            address: "a.yusuf@tarnholloway.example".to_owned(),
            until: "14:45".to_owned(),
            sign_in_url: "/sign-in".to_owned(),
        };
        vec![("sent", sent)]
    }
}

impl Context for SignInConfirmPage {
    const NAME: &'static str = "pages/sign-in-confirm";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let confirm = Self {
            page: sample::guest(language),
            name: "Amina".to_owned(),
            action: "/sign-in/4XhPq2".to_owned(),
            sign_in_url: "/sign-in".to_owned(),
            days: 30,
        };
        vec![("confirm", confirm)]
    }
}

impl Context for JoinPage {
    const NAME: &'static str = "pages/join";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let join = Self {
            page: sample::manager(language, "team"),
            name: "Amina Yusuf".to_owned(),
            code: "K7QW 3M2X".to_owned(),
            address: "plaudit.example/join".to_owned(),
            qr: None,
            until: "28 November 2026".to_owned(),
            revoke_url: "/join/1/revoke".to_owned(),
        };
        let qr = Qr {
            size: 3,
            outer: 11,
            path: "M0 0h1v1h-1zM2 1h1v1h-1z".to_owned(),
        };
        vec![
            (
                "qr",
                Self {
                    qr: Some(qr),
                    ..join.clone()
                },
            ),
            ("code", join),
        ]
    }
}

impl Context for JoinListPage {
    const NAME: &'static str = "pages/join-list";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let row = |name: &str| JoinRow {
            name: name.to_owned(),
            url: "/team/join/1".to_owned(),
        };
        let page = |people| Self {
            page: sample::manager(language, "join"),
            people,
        };
        vec![
            ("some", page(vec![row("Amina Yusuf"), row("Edith <b>Carver")])),
            ("none", page(Vec::new())),
        ]
    }
}
