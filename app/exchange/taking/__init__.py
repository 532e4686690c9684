"""Taking from partners: one pipeline behind OAI-PMH, the feed of changes, files and the inbox.

fetch → parse (`Raw`) → understand (`Incoming`) → accept → write with provenance → journal. What cannot be taken is laid
aside with its reason; the rest goes on.
"""
