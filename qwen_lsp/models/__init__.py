"""The model files: which there are, where they lie, and how they get there."""
