"""What the servers of tests have in common."""
import http.server
import ssl


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


def serve(port, handler, certificate=None):
    """With a certificate (a PEM file that has its key, too) over HTTPS."""
    server = Server(("127.0.0.1", port), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
