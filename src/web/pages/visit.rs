//! One visit of a page: who serves it, in which language, and how the answer leaves.
use entity::organisation;
use poem::{
    FromRequest, Request, RequestBody, Response,
    http::{StatusCode, header},
};
use serde::Deserialize;

use crate::{
    template::{
        Context, Language,
        context::{LanguageLink, Page},
    },
    web::{Web, problem::Failure},
};

/// A visit, as every handler of a page is given it.
pub(crate) struct Visit<'a> {
    /// The service.
    pub web: &'a Web,
    /// What was asked for.
    pub request: &'a Request,
    /// In which the page speaks, as far as the address, the browser or the reader say.
    pub language: Language,
    /// Whether one of them did: else the organisation decides.
    is_decided: bool,
    /// The same, if the visitor chose it; links and forms keep it then.
    chosen: Option<Language>,
}

#[derive(Default, Deserialize)]
struct Asked {
    lang: Option<String>,
}

impl<'a> FromRequest<'a> for Visit<'a> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Visit<'a>> {
        match request.data::<Web>() {
            Some(web) => Ok(Visit::new(web, request)),
            None => Err(poem::Error::from_status(StatusCode::INTERNAL_SERVER_ERROR)),
        }
    }
}

impl<'a> Visit<'a> {
    /// A visit of the page that a request asks for.
    pub(crate) fn new(web: &'a Web, request: &'a Request) -> Visit<'a> {
        let (language, chosen) = language(web, request);
        let is_decided = chosen.or_else(|| spoken(web, request)).is_some();
        Visit {
            is_decided,
            web,
            request,
            language,
            chosen,
        }
    }

    /// A part of the address.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.request.raw_path_param(name).unwrap_or_default()
    }

    /// Whether the address has `word` among its parameters.
    pub(crate) fn has(&self, word: &str) -> bool {
        let query = self.request.uri().query().unwrap_or_default();
        query.split('&').any(|parameter| parameter == word)
    }

    /// `path`, in the language the visitor chose, with a further parameter.
    pub(crate) fn link(&self, path: &str, parameter: Option<&str>) -> String {
        let lang = self.chosen.map(|language| format!("lang={}", language.code()));
        let parameters: Vec<&str> = lang.as_deref().into_iter().chain(parameter).collect();
        if parameters.is_empty() {
            return path.to_owned();
        }
        format!("{path}?{}", parameters.join("&"))
    }

    /// Speaks the language that a reader chose for themselves, unless the address asks for another one.
    pub(super) fn speak(&mut self, wanted: Option<&str>) {
        let wanted = wanted.and_then(|tag| self.web.app.templates.of_tag(tag));
        if let (Some(language), None) = (wanted, self.chosen) {
            (self.language, self.is_decided) = (language, true);
        }
    }

    /// The frame of a public page of an organisation; `path` is the page's own.
    pub(crate) fn frame(&self, organisation: &organisation::Model, path: &str) -> Page {
        let brand = format!("/brand/{}.css", organisation.slug);
        let language = if self.is_decided {
            self.language
        } else {
            self.web
                .app
                .templates
                .first_of([Some(organisation.language.as_str())])
        };
        let mut page = Page::guest(&organisation.name, language, &brand);
        let logo = organisation.logo.as_ref();
        page.logo_url = logo.map(|print| format!("/brand/{}.png?v={print}", organisation.slug));
        let ours = || self.link(&format!("/privacy/{}", organisation.slug), None);
        page.privacy_url = Some(organisation.privacy_url.clone().unwrap_or_else(ours));
        page.languages = self.languages(language, path);
        page
    }

    /// Links to the same page in every language.
    pub(super) fn languages(&self, here: Language, path: &str) -> Vec<LanguageLink> {
        let spoken = self.web.app.templates.languages();
        LanguageLink::all(spoken, here, |other| format!("{path}?lang={other}"))
    }

    /// Renders a page. It is kept nowhere: it holds somebody's words, or a token that belongs to one visitor.
    pub(crate) fn page<C: Context>(&self, status: StatusCode, context: &C) -> poem::Result<Response> {
        let html = self
            .web
            .app
            .templates
            .page(context)
            .map_err(|error| Failure::internal(&error))?;
        let answer = Response::builder()
            .status(status)
            .content_type("text/html; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONTENT_LANGUAGE, context.language().code())
            .header(header::VARY, "accept-language");
        Ok(answer.body(html))
    }

    /// Sends the browser to another page; a reload there repeats nothing.
    pub(crate) fn see_other(&self, path: &str, parameter: Option<&str>) -> Response {
        Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, self.link(path, parameter))
            .header(header::CACHE_CONTROL, "no-store")
            .finish()
    }
}

/// The language asked for in the address, else the browser's, else English; and the first alone.
pub(super) fn language(web: &Web, request: &Request) -> (Language, Option<Language>) {
    let templates = &web.app.templates;
    let asked: Asked = request.params().unwrap_or_default();
    let chosen = asked.lang.as_deref().and_then(|tag| templates.of_tag(tag));
    (
        chosen.or_else(|| spoken(web, request)).unwrap_or_default(),
        chosen,
    )
}

/// What the browser says of its language, as far as it is spoken here.
fn spoken(web: &Web, request: &Request) -> Option<Language> {
    let wanted = request.header(header::ACCEPT_LANGUAGE).unwrap_or_default();
    web.app.templates.choose(wanted)
}
