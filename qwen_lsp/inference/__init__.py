"""Talking to an engine: find or start it, stream from it, survive its death."""
