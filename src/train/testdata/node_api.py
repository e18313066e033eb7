"""A node's HTTP API, as far as training asks it (docs/api.md): node_api.py PORT STATE_DIRECTORY TOKEN

Reads the store of the directory. A page has two events, whatever limit is asked for.
"""
import json
import os
import sqlite3
import sys
import urllib.parse

sys.path.append(os.path.join(os.path.dirname(__file__), "../../net/testdata"))
from answering import Answering, serve  # noqa: E402

directory, token = sys.argv[2], sys.argv[3]


class Handler(Answering):
    def do_GET(self):
        if self.headers.get("Authorization") != "Bearer " + token:
            return self.answer(401, b"{}")
        url = urllib.parse.urlsplit(self.path)
        parts = url.path.split("/")[3:]
        if parts[-1] == "snapshot.jpg":
            path = os.path.join(directory, "snapshots", parts[1] + ".jpg")
            if not os.path.exists(path):
                return self.answer(404, b"{}")
            with open(path, "rb") as file:
                return self.answer(200, file.read())
        query = dict(urllib.parse.parse_qsl(url.query))
        with sqlite3.connect(f"file:{directory}/node.db?mode=ro", uri=True) as store:
            rows = store.execute(
                "SELECT e.id, e.record, v.kind FROM events e LEFT JOIN verdicts v ON v.id = e.id WHERE e.app = ? AND "
                "(json_extract(e.record, '$.type') IS 'near_miss') = ? AND (? = '' OR e.number < "
                "(SELECT number FROM events WHERE id = ?)) ORDER BY e.number DESC LIMIT 2",
                (query["app"], query["near_misses"] == "true", query.get("below", ""), query.get("below", ""))).fetchall()
        events = [json.loads(record) | ({"verdict": kind} if kind else {}) for _, record, kind in rows]
        self.answer(200, json.dumps({"events": events, "next": rows[-1][0] if len(rows) == 2 else None}).encode())


serve(int(sys.argv[1]), Handler)
