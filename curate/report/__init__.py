"""Reports on a run: dataset card, explain, diff, the table of reasons."""
