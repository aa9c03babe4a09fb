"""Personal data in a text: phone numbers, cards, IBANs, national ids, keys and tokens."""
