"""Character encodings: labels, detection, decoding."""
