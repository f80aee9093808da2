"""Models learnt from a table: how they are fitted, judged, kept and asked."""
