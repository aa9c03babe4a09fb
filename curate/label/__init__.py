"""Labels that people give to documents: tasks for raters, and what their labels say about a run."""
