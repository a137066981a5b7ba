"""Sweeps: axes in, labelled results out; in memory, in a store, reduced, on one machine or many."""
