"""Web archives (WARC, ARC): records out of files, whatever their layout and damage."""
