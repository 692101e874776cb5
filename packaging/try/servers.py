"""What the image talks to when it is tried: a name server, a mail server with TLS and a Mastodon server with TLS.

    servers.py ADDRESS CERTIFICATE KEY

All listen on ADDRESS: 53 (UDP), 465, 443. Every name ends up at ADDRESS. "ready" is printed when they listen.
"""

import http.server
import json
import socket
import socketserver
import ssl
import sys
import threading

ADDRESS, CERTIFICATE, KEY = sys.argv[1:]


def answer(query: bytes) -> bytes:
    """A for every name; nothing, without an error, for other types."""
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    wants_address = query[end + 1 : end + 3] == b"\0\1"
    head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_address else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(ADDRESS)
    return head + question + (record if wants_address else b"")


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        query, asked = self.request
        asked.sendto(answer(query), self.client_address)


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 mail.plaudit.test")
        for line in self.rfile:
            verb = line.strip().upper()[:4]
            if verb == b"DATA":
                self.say("354 go on")
                while self.rfile.readline().strip() != b".":
                    pass
                self.say("250 taken")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 mail.plaudit.test")

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")


class Mastodon(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        account = {"id": "1", "username": "tarn", "acct": "tarn", "display_name": "Tarn", "url": "https://mastodon.plaudit.test/@tarn"}
        body = json.dumps(account if "verify_credentials" in self.path else []).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def with_tls(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


socketserver.ThreadingTCPServer.allow_reuse_address = True
servers = [
    socketserver.ThreadingUDPServer((ADDRESS, 53), Names),
    with_tls(socketserver.ThreadingTCPServer((ADDRESS, 465), Mail)),
    with_tls(http.server.ThreadingHTTPServer((ADDRESS, 443), Mastodon)),
]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
