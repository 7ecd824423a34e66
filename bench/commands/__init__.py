"""The commands, one module a family; each offers `register(app)`."""
