"""pyoai: ADDRESS PREFIX FROM → one line per record, [identifier, whether it is deleted]. Run by its own Python."""

import json
import sys
from datetime import datetime
from typing import Any

from oaipmh.client import Client
from oaipmh.error import NoRecordsMatchError
from oaipmh.metadata import MetadataRegistry, oai_dc_reader

address, prefix, since = sys.argv[1:]
registry = MetadataRegistry()
registry.registerReader("oai_dc", oai_dc_reader)
client = Client(address, registry)
asked: dict[str, Any] = {"metadataPrefix": prefix}
if since:
    # pyoai reckons with instants that do not say they are UTC.
    asked["from_"] = datetime.fromisoformat(since).replace(tzinfo=None)
try:
    for header, _metadata, _about in client.listRecords(**asked):
        sys.stdout.write(json.dumps([header.identifier(), header.isDeleted()]) + "\n")
except NoRecordsMatchError:
    pass
