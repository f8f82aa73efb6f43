"""Reports: what each figure means, where it is counted, and the cases behind it."""
