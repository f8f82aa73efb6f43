"""What holds for all of the code, found by walking it: new parts are covered without a word about them here."""
