"""Files that people send: checked by content, re-encoded or stripped, kept apart by who may read them."""

from app.integrations.storage.documents import Document, read_attachment, read_document
from app.integrations.storage.faults import FileRefused
from app.integrations.storage.pictures import Picture, Rendition, read_picture
from app.integrations.storage.store import Area, FileStore, FolderStore, store_from

__all__ = [
    "Area",
    "Document",
    "FileRefused",
    "FileStore",
    "FolderStore",
    "Picture",
    "Rendition",
    "read_attachment",
    "read_document",
    "read_picture",
    "store_from",
]
