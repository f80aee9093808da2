"""Models, how they are trained, and what they are asked."""
