"""Checks OAuth 1.0a signatures with oauthlib, an implementation that neither Plaudit nor its fake shares.

Reads JSON from standard input: {"base_url", "consumer_secret", "token_secret", "requests": [{"method",
"target", "authorization"}]}. Prints one line; the exit status is 0 if every signature is right, 1 if one is
wrong, 77 if oauthlib is not installed (`pip install oauthlib`).
"""

import json
import re
import sys
import urllib.parse

try:
    from oauthlib.oauth1.rfc5849 import signature
except ImportError:
    sys.exit(77)


def is_right(request, given):
    uri = given["base_url"] + request["target"]
    fields = re.findall(r'(\w+)="([^"]*)"', request["authorization"])
    claimed = urllib.parse.unquote(dict(fields)["oauth_signature"])
    parameters = signature.collect_parameters(
        uri_query=urllib.parse.urlsplit(uri).query,
        headers={"Authorization": request["authorization"]},
        exclude_oauth_signature=True,
    )
    base = signature.signature_base_string(
        request["method"],
        signature.base_string_uri(uri),
        signature.normalize_parameters(parameters),
    )
    return claimed == signature.sign_hmac_sha1(base, given["consumer_secret"], given["token_secret"])


given = json.load(sys.stdin)
wrong = [request["target"] for request in given["requests"] if not is_right(request, given)]
print(f"{len(given['requests'])} signatures, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
