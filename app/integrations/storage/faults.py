"""Why a file is not taken. The message is a sentence for the person who sent it, in their language."""


class FileRefused(Exception):
    """The file cannot be taken; `str()` says why and what would be right, in the language of the moment."""
