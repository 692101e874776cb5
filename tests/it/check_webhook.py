"""Verifies a webhook with the library of the Standard Webhooks. Exit status 77 where it is not installed.

The tests let the clock stand still, so the library is told that it is then.
"""
import datetime
import json
import sys

try:
    from standardwebhooks import webhooks
except ImportError:
    sys.exit(77)

question = json.load(sys.stdin)
then = datetime.datetime.fromtimestamp(int(question["headers"]["webhook-timestamp"]), tz=datetime.timezone.utc)


class Then(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return then.astimezone(tz)


webhooks.datetime = Then
verified = 0
for secret in question["secrets"]:
    try:
        webhooks.Webhook(secret).verify(question["body"], question["headers"])
        verified += 1
    except webhooks.WebhookVerificationError:
        pass
print(f"{verified} of {len(question['secrets'])} verify")
