"""Records removed from a finished corpus, and the tombstones that keep them out of later ones."""
