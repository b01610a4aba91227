"""The demo: an editor of our own that shows the whole job on a bundled sample workspace."""
