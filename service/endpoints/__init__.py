"""One file for each resource, with a `blueprint` in it; the application finds them by itself."""
