"""What only a real browser shows: contrast, keys, double clicks, another person's change on my screen."""
