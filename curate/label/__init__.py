"""Labels that people give to documents: what they are asked, and what their answers say."""
