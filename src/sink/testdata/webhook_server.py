"""A receiver of webhooks for tests: webhook_server.py PORT SECRET LOG

Answers as the last POST to /mode says: a status, `hang` (no answer), or `refuse N` (400 for sequence N, else 200). Appends each
POST that it answers with 200 to LOG, as a line of JSON: path, headers, body, and whether the signature is right by its own reckoning.
"""
import hashlib
import hmac
import http.server
import json
import sys
import time

mode = "200"
secret, log = sys.argv[2].encode(), open(sys.argv[3], "a", buffering=1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global mode
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/mode":
            mode = body.decode()
            return self.answer(200)
        if mode == "hang":
            time.sleep(60)
        status = int(mode) if mode.isdigit() else 200
        if mode.startswith("refuse") and json.loads(body)["sequence"] == int(mode.split()[1]):
            status = 400
        if status == 200:
            right = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
            log.write(json.dumps({
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode(),
                "signed": self.headers.get("X-Hub-Signature-256") == right,
            }) + "\n")
        self.answer(status)

    def answer(self, status):
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"so\n")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
