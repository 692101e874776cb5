//! Which methods a path takes: an answer 405 must say so (RFC 9110, 15.5.6), and the router does not.
use std::sync::LazyLock;

use poem::http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use super::{openapi, pages, scim};

/// Paths as their parts (`:name` and `{name}` stand for any one), and their methods.
type Table = Vec<(Vec<String>, Vec<String>)>;

/// What serves programs besides the API.
const OTHERS: [&str; 4] = ["/docs", "/openapi.json", "/healthz", "/readyz"];

const METHODS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = of_api(&openapi::DOCUMENT);
    let pages = [pages::PAGES, pages::DEMO_PAGES]
        .into_iter()
        .flat_map(pages::methods);
    let others = OTHERS.iter().map(|path| (*path, vec!["GET", "HEAD"]));
    let hooks = [("/hooks/:address", vec!["GET", "HEAD", "POST"])];
    let scim = scim::METHODS
        .iter()
        .map(|(path, methods)| (*path, methods.to_vec()));
    table.extend(
        pages
            .chain(others)
            .chain(hooks)
            .chain(scim)
            .map(|(path, methods)| {
                let methods = methods.into_iter().map(str::to_owned);
                (parts(path), methods.collect())
            }),
    );
    table
});

/// Writes the methods that `path` takes into `Allow`.
pub(super) fn tell(path: &str, headers: &mut HeaderMap) {
    let path = parts(path);
    let like = TABLE.iter().filter(|(pattern, _)| is_like(pattern, &path));
    let found = like.min_by_key(|(pattern, _)| pattern.iter().filter(|part| is_any(part)).count());
    let methods = found.map(|(_, methods)| methods.join(", ")).unwrap_or_default();
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        headers.insert(header::ALLOW, methods);
    }
}

fn of_api(document: &Value) -> Table {
    let paths = document.get("paths").and_then(Value::as_object);
    let row = |(path, item): (&String, &Value)| {
        let has = |method: &&str| item.get(method.to_lowercase()).is_some();
        let mut methods: Vec<String> = METHODS
            .iter()
            .filter(|method| has(method))
            .map(|method| (*method).to_owned())
            .collect();
        if methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".to_owned());
        }
        methods.sort();
        (parts(path), methods)
    };
    paths.into_iter().flatten().map(row).collect()
}

pub(super) fn parts(path: &str) -> Vec<String> {
    path.trim_matches('/').split('/').map(str::to_owned).collect()
}

pub(super) fn is_like(pattern: &[String], path: &[String]) -> bool {
    let fits = |(pattern, part): (&String, &String)| is_any(pattern) || pattern == part;
    pattern.len() == path.len() && pattern.iter().zip(path).all(fits)
}

fn is_any(part: &str) -> bool {
    part.starts_with([':', '{'])
}
