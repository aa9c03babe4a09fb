"""Text: character folding, definitions of a word, sentence counts, tokenizers, blocks."""
