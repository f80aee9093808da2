"""Files of models that others made: what they are, and how they are asked."""
