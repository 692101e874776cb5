//! What stands around every page and every mail.
use serde::{Serialize, Serializer};

use super::super::{Language, Spoken, brand::Brand};

/// The frame of a page.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// In which the page speaks.
    pub language: Language,
    /// The organisation's name.
    pub organisation: String,
    /// Address of its logo; Plaudit's mark stands there otherwise.
    pub logo_url: Option<String>,
    /// Address of the stylesheet of [`Brand::stylesheet`], which follows ours.
    pub brand_url: String,
    /// The same page in other languages; shown on public pages if there is more than one.
    pub languages: Vec<LanguageLink>,
    /// What the organisation says about its use of data, if it says something.
    pub privacy_url: Option<String>,
    /// Pages of the reader's role, behind the sign-in. Empty on public pages.
    pub nav: Vec<NavLink>,
    /// Who is signed in.
    pub me: Option<Me>,
}

impl Page {
    /// The frame of a public page.
    pub fn guest(organisation: &str, language: Language, brand_url: &str) -> Self {
        Self {
            language,
            organisation: organisation.to_owned(),
            logo_url: None,
            brand_url: brand_url.to_owned(),
            languages: Vec::new(),
            privacy_url: None,
            nav: Vec::new(),
            me: None,
        }
    }
}

/// An address that others gave us, as far as it leads to a web page; `javascript:` and the like become nothing.
pub(super) fn web_address<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let leads = ["https://", "http://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    serializer.serialize_str(if leads { url } else { "" })
}

/// The same page in another language.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageLink {
    /// For `lang` and `hreflang`.
    pub code: String,
    /// In that language.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether this is the one that is shown.
    pub here: bool,
}

impl LanguageLink {
    /// A link for each of the languages; `address` gives the address of the page in one.
    pub fn all(spoken: &[Spoken], here: Language, address: impl Fn(Language) -> String) -> Vec<Self> {
        let link = |spoken: &Spoken| Self {
            code: spoken.language.to_string(),
            name: spoken.name.clone(),
            url: address(spoken.language),
            here: spoken.language == here,
        };
        spoken.iter().map(link).collect()
    }
}

/// A page of the reader's role.
#[derive(Clone, Debug, Serialize)]
pub struct NavLink {
    /// Key of its name below `nav.` in the catalogue: `feed`, `team`, `desk`, `board`, `digest`, `roster`, `sources`, `channels`,
    /// `jobs`, `held`, `keys`, `audit`, `settings`, `join`, `start`.
    pub name: &'static str,
    /// Where it is.
    pub url: String,
    /// Whether this is the one that is shown.
    pub here: bool,
    /// Whether a group begins with it.
    pub apart: bool,
}

/// Pages that are needed less often.
#[derive(Clone, Debug, Serialize)]
pub struct MoreLinks {
    /// What they have in common: a key below `nav.more.`.
    pub group: &'static str,
    /// The pages.
    pub links: Vec<NavLink>,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct Me {
    /// Their name.
    pub name: String,
    /// Their sessions and settings.
    pub url: String,
}

/// The frame of a mail.
#[derive(Clone, Debug, Serialize)]
pub struct MailFrame {
    /// In which the mail speaks.
    pub language: Language,
    /// The organisation's name.
    pub organisation: String,
    /// Colours of buttons and links.
    pub brand: Brand,
    /// Why this reader gets this mail.
    pub because: Because,
    /// Where the reader ends such mails without signing in. None for mails that cannot be ended (sign-in).
    pub unsubscribe_url: Option<String>,
    /// Where they choose when and how they are written to; none likewise.
    pub settings_url: Option<String>,
}

/// Why somebody gets something.
#[derive(Clone, Debug, Serialize)]
pub struct Because {
    /// The sentence.
    pub key: BecauseKind,
    /// Whom or what it is about: the people's names, the site's, or the organisation's.
    pub what: Vec<String>,
    /// How many more people it is about.
    pub others: u64,
}

impl Because {
    /// A reason that names one thing or person.
    pub fn of(key: BecauseKind, what: String) -> Self {
        Self {
            key,
            what: vec![what],
            others: 0,
        }
    }
}

/// The sentences that give the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum BecauseKind {
    /// The reader managed that person (or those people) on the day.
    #[serde(rename = "because.manager")]
    Manager,
    /// The person has no manager who can be reached; the reader is the next one up.
    #[serde(rename = "because.manager_above")]
    ManagerAbove,
    /// Whoever manages them is away, and the reader stands in.
    #[serde(rename = "because.deputy")]
    Deputy,
    /// The reader leads the site.
    #[serde(rename = "because.site_lead")]
    SiteLead,
    /// They read what the shield keeps back.
    #[serde(rename = "because.safe_reader")]
    SafeReader,
    /// Nobody else could be told; the reader is an administrator.
    #[serde(rename = "because.administrator")]
    Administrator,
    /// A rule names the reader.
    #[serde(rename = "because.rule")]
    Rule,
    /// It is about the reader, who asked to be told.
    #[serde(rename = "because.oneself")]
    Oneself,
    /// Somebody passed praise of the reader on.
    #[serde(rename = "because.passed_on")]
    PassedOn,
    /// Nobody who was asked before has told the person.
    #[serde(rename = "because.unheard")]
    Unheard,
    /// What the reader is to pass on waits.
    #[serde(rename = "because.reminder")]
    Reminder,
    /// The weekly summary of a team.
    #[serde(rename = "because.digest_team")]
    DigestTeam,
    /// The weekly summary of a site.
    #[serde(rename = "because.digest_site")]
    DigestSite,
    /// The daily summary of a team.
    #[serde(rename = "because.digest_team_daily")]
    DigestTeamDaily,
    /// The monthly summary of a team.
    #[serde(rename = "because.digest_team_monthly")]
    DigestTeamMonthly,
    /// The daily summary of a site.
    #[serde(rename = "because.digest_site_daily")]
    DigestSiteDaily,
    /// The monthly summary of a site.
    #[serde(rename = "because.digest_site_monthly")]
    DigestSiteMonthly,
    /// The reader typed their address at the sign-in.
    #[serde(rename = "because.sign_in")]
    SignIn,
    /// The reader has an account.
    #[serde(rename = "because.account")]
    Account,
}

impl BecauseKind {
    /// All of them, for tests.
    pub const ALL: [Self; 19] = [
        Self::Manager,
        Self::ManagerAbove,
        Self::Deputy,
        Self::Rule,
        Self::SiteLead,
        Self::SafeReader,
        Self::Administrator,
        Self::Oneself,
        Self::PassedOn,
        Self::Unheard,
        Self::Reminder,
        Self::DigestTeam,
        Self::DigestSite,
        Self::DigestTeamDaily,
        Self::DigestTeamMonthly,
        Self::DigestSiteDaily,
        Self::DigestSiteMonthly,
        Self::SignIn,
        Self::Account,
    ];
}

#[cfg(test)]
mod tests {
    use super::super::Post;

    #[test]
    fn a_post_links_web_addresses_only() {
        let linked = |url: &str| {
            let post = Post {
                author: "Holly".to_owned(),
                handle: "@hollypaints".to_owned(),
                network: "X".to_owned(),
                url: url.to_owned(),
            };
            serde_json::to_value(post).unwrap()["url"].clone()
        };
        assert_eq!(linked("https://x.com/a/status/1"), "https://x.com/a/status/1");
        for hostile in [
            "javascript:alert(1)",
            " https://x.com",
            "data:text/html,x",
            "//x.com",
            "",
        ] {
            assert_eq!(linked(hostile), "", "{hostile}");
        }
    }
}
