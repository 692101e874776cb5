//! A strict OpenID provider on loopback: it takes no code twice, no verifier that does not fit and no other redirect
//! address, and says whatever a test has it say.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, Mac};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::fake_http::{Reply, Request, Server, pairs};

pub const CLIENT: &str = "plaudit-at-shop";
pub const SECRET: &str = "the client's secret & more";

const KEYS: [(&str, &str); 2] = [
    (
        "first",
        "MC4CAQAwBQYDK2VwBCIEIDTR1x2DxZ+DjtSBePYFMtsOR7KXKhsbpLxFcENMgPnA",
    ),
    (
        "second",
        "MC4CAQAwBQYDK2VwBCIEIG7riT0Lu1dEelxojBtssFNOz6wMvYqJUfz6guJFVczm",
    ),
];

/// How a token is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// By the key of a number.
    By(usize),
    /// By the client's secret.
    BySecret,
    /// By the public key, as if it were a secret.
    ByPublicKey,
    Not,
    /// As `Not`, and with a signature that is none.
    Badly,
}

type Change = Arc<dyn Fn(&mut Map<String, Value>, &mut Map<String, Value>) + Send + Sync>;

/// What a code was given for.
#[derive(Clone, Debug)]
struct Given {
    redirect: String,
    challenge: String,
    nonce: String,
    /// Whether they have to prove anew who they are.
    proves: bool,
}

pub struct State {
    /// Who is signed in there.
    pub claims: Map<String, Value>,
    /// What is told of them elsewhere than in the token; `sub` is added.
    pub info: Option<Map<String, Value>>,
    /// What else the provider says of itself.
    pub metadata: Map<String, Value>,
    /// The keys that it shows.
    pub shows: Vec<usize>,
    pub signed: Signed,
    /// Changes header and claims before they are signed.
    pub change: Option<Change>,
    /// What a path is answered with instead.
    pub instead: HashMap<&'static str, Reply>,
    /// How often a path was asked for.
    pub asked: HashMap<String, usize>,
    /// What time it is.
    pub now: i64,
    /// Whether it takes a code again.
    pub is_careless: bool,
    codes: HashMap<String, Given>,
}

pub struct Provider {
    server: Server,
    state: Arc<Mutex<State>>,
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

impl Provider {
    /// Priya is signed in there.
    pub async fn start(now: chrono::DateTime<chrono::Utc>) -> Provider {
        let state = State {
            claims: object(json!({ "sub": "s-priya", "email": "Priya@example.org", "email_verified": true })),
            info: None,
            metadata: Map::new(),
            shows: vec![0],
            signed: Signed::By(0),
            change: None,
            instead: HashMap::new(),
            asked: HashMap::new(),
            now: now.timestamp(),
            is_careless: false,
            codes: HashMap::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let known = state.clone();
        let server = Server::start(move |request| answer(&mut known.lock().unwrap(), request)).await;
        Provider { server, state }
    }

    pub fn issuer(&self) -> String {
        self.server.base_url()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Somebody else is signed in there.
    pub fn person(&self, claims: Value) {
        self.state().claims = object(claims);
    }

    pub fn change(
        &self,
        change: impl Fn(&mut Map<String, Value>, &mut Map<String, Value>) + Send + Sync + 'static,
    ) {
        self.state().change = Some(Arc::new(change));
    }

    /// What happens on the provider's page: whoever is signed in there lets it be. The path and query to come back to.
    pub fn lets_in(&self, address: &str) -> String {
        let (at, query) = address.split_once('?').unwrap();
        assert_eq!(at, format!("{}/authorise", self.issuer()));
        let query: HashMap<String, String> = pairs(query).into_iter().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
        assert!(query["state"].len() > 30 && query["nonce"].len() > 30);
        let mut state = self.state();
        let code = format!("code-{}", state.codes.len());
        let given = Given {
            redirect: query["redirect_uri"].clone(),
            challenge: query["code_challenge"].clone(),
            nonce: query["nonce"].clone(),
            proves: query.get("max_age").is_some_and(|age| age == "0"),
        };
        state.codes.insert(code.clone(), given);
        let back = query["redirect_uri"]
            .split('/')
            .skip(3)
            .collect::<Vec<_>>()
            .join("/");
        format!("/{back}?code={code}&state={}", query["state"])
    }

    /// A token by which the provider says that somebody signed out.
    pub fn logout_token(&self, claims: Value) -> String {
        let state = self.state();
        let mut all = object(json!({
            "iss": self.server.base_url(),
            "aud": CLIENT,
            "iat": state.now,
            "exp": state.now + 120,
            "jti": "1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        }));
        for (name, value) in object(claims) {
            if value.is_null() {
                all.remove(&name);
            } else {
                all.insert(name, value);
            }
        }
        token(&state, all)
    }
}

fn key(number: usize) -> CoreEdDsaPrivateSigningKey {
    let (id, pem) = KEYS[number];
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.to_owned()))).unwrap()
}

fn shown(number: usize) -> Value {
    serde_json::to_value(key(number).as_verification_key()).unwrap()
}

fn token(state: &State, mut claims: Map<String, Value>) -> String {
    let (algorithm, kid) = match state.signed {
        Signed::By(number) => ("EdDSA", KEYS[number].0),
        Signed::BySecret | Signed::ByPublicKey => ("HS256", KEYS[0].0),
        Signed::Not | Signed::Badly => ("none", KEYS[0].0),
    };
    let mut header = object(json!({ "alg": algorithm, "kid": kid, "typ": "JWT" }));
    if let Some(change) = &state.change {
        change(&mut header, &mut claims);
    }
    let part = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let hmac = |secret: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let signature = match state.signed {
        Signed::By(number) => key(number)
            .sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes())
            .unwrap(),
        Signed::BySecret => hmac(SECRET.as_bytes()),
        Signed::ByPublicKey => hmac(shown(0)["x"].as_str().unwrap().as_bytes()),
        Signed::Not => Vec::new(),
        Signed::Badly => vec![1; 64],
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn answer(state: &mut State, request: &Request) -> Reply {
    *state.asked.entry(request.path.clone()).or_default() += 1;
    if let Some(instead) = state.instead.get(request.path.as_str()) {
        return instead.clone();
    }
    let issuer = format!("http://{}", request.header("host").unwrap());
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => Reply::json(200, &metadata(state, &issuer)),
        ("GET", "/keys") => {
            let keys: Vec<Value> = state.shows.iter().map(|number| shown(*number)).collect();
            Reply::json(200, &json!({ "keys": keys }))
        }
        ("POST", "/token") => exchange(state, request, &issuer),
        ("GET", "/info") => info(state, request),
        _ => Reply::json(404, &json!({})),
    }
}

fn metadata(state: &State, issuer: &str) -> Value {
    let mut says = object(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorise"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "HS256", "none"],
    }));
    if state.info.is_some() {
        says.insert("userinfo_endpoint".to_owned(), json!(format!("{issuer}/info")));
    }
    for (name, value) in &state.metadata {
        says.insert(name.clone(), value.clone());
    }
    Value::Object(says)
}

fn exchange(state: &mut State, request: &Request, issuer: &str) -> Reply {
    let refused = |code: &str| Reply::json(400, &json!({ "error": code }));
    let form: HashMap<String, String> = pairs(std::str::from_utf8(&request.body).unwrap())
        .into_iter()
        .collect();
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET)));
    if request.header("authorization") != Some(&format!("Basic {basic}")) {
        return refused("invalid_client");
    }
    if form["grant_type"] != "authorization_code" {
        return refused("unsupported_grant_type");
    }
    let given = match state.is_careless {
        true => state.codes.get(&form["code"]).cloned(),
        false => state.codes.remove(&form["code"]),
    };
    let Some(given) = given else {
        return refused("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if challenge != given.challenge || form["redirect_uri"] != given.redirect {
        return refused("invalid_grant");
    }
    let mut claims = object(json!({
        "iss": issuer,
        "aud": CLIENT,
        "iat": state.now,
        "exp": state.now + 300,
        "nonce": given.nonce,
    }));
    if given.proves {
        claims.insert("auth_time".to_owned(), json!(state.now));
    }
    claims.extend(state.claims.clone());
    let token = token(state, claims);
    Reply::json(
        200,
        &json!({ "access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": token }),
    )
}

fn info(state: &State, request: &Request) -> Reply {
    assert_eq!(request.header("authorization"), Some("Bearer access"));
    let mut says = object(json!({ "sub": state.claims["sub"] }));
    says.extend(state.info.clone().unwrap());
    Reply::json(200, &Value::Object(says))
}
