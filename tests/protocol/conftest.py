"""What is not a test here: the files of the workspaces that are edited."""

collect_ignore = ["sources"]
