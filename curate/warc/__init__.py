"""Reading web archives (WARC, ARC), damaged ones included."""
