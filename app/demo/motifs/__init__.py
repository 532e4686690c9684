"""What the pictures show: one function per subject, drawn around the middle of the board.

Each takes the canvas and a source of chance that is the same for the same listing.
"""
