"""What became of completions, counted on the user's own disk; never any of their text."""
