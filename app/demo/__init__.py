"""Demo content: fictional organisations, people, listings, needs and enquiries, with pictures drawn by code.

Nothing here is a real organisation or person. Names, addresses under .example, tax codes (whose first two digits no
tax office uses) and numbers of patents (far above those given out) are made so that they cannot be anybody's.
"""
