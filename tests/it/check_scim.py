"""Tries out a SCIM server with scim2-tester: check_scim.py ADDRESS, the key on standard input. Prints what is not as the
RFCs demand or recommend, and how many checks there were. Exit status 77 where scim2-tester is not installed, 1 where
something is wrong."""
import sys

try:
    import httpx
    from scim2_client import BaseSyncSCIMClient
    from scim2_tester import Status, check_server
except ImportError:
    sys.exit(77)


class Client(BaseSyncSCIMClient):
    """scim2-client's own engine stands on httpx2; httpx is here already."""

    def __init__(self, http):
        super().__init__()
        self.http = http

    def _stays_under_base_url(self, endpoint):
        return True

    def _parse_json(self, response):
        return response.json()

    def request(self, method, url, **kwargs):
        return self.http.request(method, url, **kwargs)


key = sys.stdin.read().strip()
http = httpx.Client(base_url=sys.argv[1], headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60)
results = check_server(Client(http))
fine = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED}
wrong = [result for result in results if result.status not in fine]
for result in wrong:
    print(f"{result.status.name} {result.title}: {result.reason}", file=sys.stderr)
counted = {status: sum(result.status == status for result in results) for status in Status}
print(" ".join(f"{status.name.lower()}={counted[status]}" for status in Status))
sys.exit(1 if wrong else 0)
