"""Whether data are still distributed as they were: two tables in, a report out.

Everything is fixed by the files and the options: the same give the same report.
"""
