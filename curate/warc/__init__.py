"""Web archives: records out of files, whatever their layout and damage."""
