"""Quality and speed: commands that print figures. Not part of the test suite."""
