"""View -> files: the words of a language in the form of a target."""
