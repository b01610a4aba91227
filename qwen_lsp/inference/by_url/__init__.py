"""Engines that the user already runs, named by URL: asked in their own words, watched, replaced."""
