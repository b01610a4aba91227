"""Knowing the workspace: from files to symbols, references, imports and words."""
