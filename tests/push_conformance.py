"""Do we accept what other people's libraries sign?   push_conformance.py ADDRESS KEY SIGN_WITH_NODE

Connects sources by the API, signs pushes with PyPI's standardwebhooks and twilio, and with npm's standardwebhooks where its
folder is given, and posts them: what they sign is taken, what was changed or is old is refused.
"""
import datetime
import json
import subprocess
import sys
import time
import urllib.parse

import requests
from standardwebhooks import webhooks
from twilio.request_validator import RequestValidator

address, key, node = sys.argv[1:4]
wrong = []


def connect(kind, secrets):
    new = {"name": f"{kind} {time.time_ns()}", "kind": kind, "hook": {"secrets": secrets}}
    made = requests.post(f"{address}/v1/sources", json=new, headers={"Authorization": f"Bearer {key}"}, timeout=30)
    assert made.status_code == 201, made.text
    return made.json()["address"]


def push(what, to, body, headers, expected):
    answer = requests.post(to, data=body.encode(), headers=headers, timeout=30)
    if answer.status_code != expected:
        wrong.append(f"{what}: {answer.status_code}, not {expected}: {answer.text}")


def check(what, to, body, headers, content_type, changed, stale=None):
    headers = {"Content-Type": content_type, **headers}
    push(f"{what}, changed", to, changed, headers, 401)
    push(f"{what}, unsigned", to, body, {"Content-Type": content_type}, 401)
    if stale:
        push(f"{what}, ten minutes old", to, body, {**headers, **stale}, 401)
    push(what, to, body, headers, 200)
    push(f"{what}, again", to, body, headers, 200)


def standard_headers(sign, identifier, at, body):
    return {"webhook-id": identifier, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": sign(identifier, at, body)}


def by_python(secret):
    return lambda identifier, at, body: webhooks.Webhook(secret).sign(identifier, at, body)


def by_node(secret):
    program = (
        "const {Webhook} = require(process.argv[1] + '/node_modules/standardwebhooks');"
        "const [id, at, body, secret] = JSON.parse(process.argv[2]);"
        "console.log(new Webhook(secret).sign(id, new Date(at * 1000), body));"
    )

    def sign(identifier, at, body):
        question = json.dumps([identifier, int(at.timestamp()), body, secret])
        done = subprocess.run(["node", "-e", program, node, question], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return sign


def standard_webhooks(library, signer):
    secret = "whsec_cGxhdWRpdCB0ZXN0IGtleSAwMTIzNDU2Nzg5YWJjZGVm"
    to, sign = connect("standard-webhooks", [secret]), signer(secret)
    now = datetime.datetime.now(datetime.timezone.utc)
    body = json.dumps({"text": f"Marta was très gentille, {library}", "score": {"value": 9, "scale": "nps"}}, ensure_ascii=False)
    headers = standard_headers(sign, "msg_1", now, body)
    stale = standard_headers(sign, "msg_1", now - datetime.timedelta(minutes=10), body)
    check(f"standardwebhooks of {library}", to, body, headers, "application/json", body.replace("9", "8"), stale)


def twilio():
    token = "an-auth-token"
    to = connect("twilio", [token])
    fields = {"MessageSid": "SM1", "AccountSid": "AC1", "From": "+441632960001", "To": "+441632960002", "Body": "Thank Marta, très gentille & kind", "NumMedia": "0"}
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(to, fields)}
    body, changed = urllib.parse.urlencode(fields), urllib.parse.urlencode({**fields, "Body": "Thank Karta"})
    check("twilio", to, body, headers, "application/x-www-form-urlencoded", changed)


standard_webhooks("PyPI", by_python)
if node:
    standard_webhooks("npm", by_node)
else:
    print("SKIPPED: npm is not here; nothing was signed with its standardwebhooks", file=sys.stderr)
twilio()
print("\n".join(wrong) or "pushes that others signed: taken; changed, unsigned and old ones: refused")
sys.exit(1 if wrong else 0)
