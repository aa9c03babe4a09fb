"""Publish a corpus as a dataset of the Hugging Face hub; see `curate.hub.push.push`."""
