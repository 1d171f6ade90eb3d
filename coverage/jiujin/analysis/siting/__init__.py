"""Where to build next: the best places for new sites, and how far from the best any other choice could be."""
