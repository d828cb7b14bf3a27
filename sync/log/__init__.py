"""Protocol 2, the ordered log: what both ends of one run, pure and driven from outside.

Section numbers in this package refer to the PROTOCOL.md beside this file.
"""
