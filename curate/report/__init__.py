"""What a run says of itself: card, explain, diff, reasons."""
