"""Page to text: records of web archives, their encoding, their main text."""
