"""PDF files of our own, and marks on files of others. Set in Be Vietnam Pro, which has every Vietnamese letter."""

from app.integrations.paper.marks import MARKABLE, CannotMark, mark_file
from app.integrations.paper.writer import Paper

__all__ = ["MARKABLE", "CannotMark", "Paper", "mark_file"]
