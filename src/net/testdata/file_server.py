"""A server of files for tests: file_server.py PORT FOLDER LOG [CERTIFICATE]

GET /FILE gives a file, and the range asked for. Before the file's name, a word makes it misbehave: /cut/FILE breaks off half-way through
what it has to give, /whole/FILE knows no ranges, /status/503/FILE answers with that status, /more/FILE gives a byte too many,
/hang/FILE says nothing, /to/URL redirects there. POST gives its body back. Each request is a line of LOG: method, path and range.
"""
import os
import re
import sys
import time

from answering import Answering, serve

folder, log = sys.argv[2], open(sys.argv[3], "a", buffering=1)


class Handler(Answering):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        wanted = self.headers.get("Range", "-")
        log.write(f"GET {self.path} {wanted}\n")
        word, _, rest = self.path[1:].partition("/")
        if word == "status":
            status, _, rest = rest.partition("/")
            return self.answer(int(status), b"an error's own text", {"Retry-After": "7"} if status == "503" else {})
        if word == "hang":
            return time.sleep(60)
        if word == "to":
            return self.answer(302, b"", {"Location": rest})
        name = rest or word
        with open(os.path.join(folder, os.path.basename(name)), "rb") as file:
            data = file.read()
        begin = re.fullmatch(r"bytes=(\d+)-", wanted)
        status, headers = 200, {}
        if begin and word != "whole":
            status, headers = 206, {"Content-Range": f"bytes {begin[1]}-{len(data) - 1}/{len(data)}"}
            data = data[int(begin[1]):]
        if word == "more":
            data += b"x"
        if word == "cut":
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data[:len(data) // 2])
            self.close_connection = True
            return
        self.answer(status, data, headers)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        log.write(f"POST {self.path} {self.headers.get('X-Test', '-')}\n")
        self.answer(200, body)


serve(int(sys.argv[1]), Handler, *sys.argv[4:])
