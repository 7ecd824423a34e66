"""Files of weights: read, checked and written as their engines lay them out."""
