"""The verbs of the `techmart` command, one module for each or for a few that belong together.

A module has `add_to(cli)`, which adds its verbs, and imports what they need inside them: `techmart --help` reads every
module and should stay quick.
"""
