"""Figures that a change of speed shows in: run one by `python -m benchmarks <name>`."""
