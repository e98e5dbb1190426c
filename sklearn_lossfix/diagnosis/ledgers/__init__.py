"""Additive tables of the loss and of the metric, and the bridges between the two."""
