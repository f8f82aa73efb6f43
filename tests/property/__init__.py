"""Properties that hold for whatever is tried."""
