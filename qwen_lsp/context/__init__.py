"""From a snapshot to a prompt: pure, no I/O, cannot fail."""
