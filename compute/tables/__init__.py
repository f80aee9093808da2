"""Uploaded files: checked, merged into one canonical table, described and read.

Every function takes paths of local files and is meant for a process of its own whose
memory is limited; none needs more than about half a GiB, however large the file.
"""
