"""The report on a prompt as one HTML file that needs nothing else: no network, no script."""
