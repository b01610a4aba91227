"""From an import as written to the files of the workspace that it means; paths alone, no I/O."""
