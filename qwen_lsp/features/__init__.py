"""What the user gets: completions, edits, explanations. No LSP types, no prompt tokens."""
