"""pyoai's server, to be measured beside ours. Run by a Python that has pyoai: FILE of JSON lines [id, seconds, fields].

Prints the port it listens at. Our own packages are not there for it.
"""

import json
import sys
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, make_server

from oaipmh import common, metadata, server

# pyoai reads its tokens by a function that Python took out of this module.
server.cgi.parse_qs = parse_qs

_FIELDS = (
    *("title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format"),
    *("identifier", "source", "language", "relation", "coverage", "rights"),
)


class Records:
    """What pyoai's BatchingServer asks for its pages."""

    def __init__(self, path: str) -> None:
        self.records = []
        with open(path, encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                name, moment, fields = json.loads(line)
                at = datetime.fromtimestamp(moment, timezone.utc).replace(tzinfo=None)  # noqa: UP017
                header = common.Header(None, f"oai:peer:{name}", at, [], False)
                told: dict[str, list[str]] = {one: [] for one in _FIELDS} | fields
                self.records.append((header, common.Metadata(None, told), None))

    def identify(self) -> Any:
        return common.Identify("Peer", "http://127.0.0.1/", "2.0", ["a@peer.test"], datetime(2020, 1, 1), "no",  # noqa: DTZ001
                               "YYYY-MM-DDThh:mm:ssZ", ["identity"])  # fmt: skip

    def listRecords(self, cursor: int = 0, batch_size: int = 10, **_asked: Any) -> Any:  # noqa: N802 - pyoai's name
        return self.records[cursor : cursor + batch_size]


class Quiet(WSGIRequestHandler):
    """Keeps the connection and writes no log."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_given: Any) -> None:
        pass


def main() -> None:
    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", server.oai_dc_writer)
    oai = server.BatchingServer(Records(sys.argv[1]), metadata_registry=registry, resumption_batch_size=100)

    def application(environ: Any, start: Any) -> Any:
        body = oai.handleRequest(dict(parse_qsl(environ["QUERY_STRING"])))
        body = body if isinstance(body, bytes) else body.encode()
        start("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
        return [body]

    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as listening:
        sys.stdout.write(f"{listening.server_address[1]}\n")
        sys.stdout.flush()
        listening.serve_forever()


main()
