"""The demo: a stage of brands and people, and stories that are played on it through the application's commands."""
