"""Readers of training histories, one format each. None imports the library that it reads from."""
