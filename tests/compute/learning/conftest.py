"""What is learnt from here is made here, but for what lies beside the repository."""

from tests.compute.tables.conftest import REAL_DATA

collect_ignore = [] if REAL_DATA.is_dir() else ["test_real_texts.py"]
