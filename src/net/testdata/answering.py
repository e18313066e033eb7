"""What the servers of tests have in common."""
import http.server


class Answering(http.server.BaseHTTPRequestHandler):
    """Gives whole answers, and logs nothing."""

    def answer(self, status, data, headers={}):
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def serve(port, handler):
    Server(("127.0.0.1", port), handler).serve_forever()
