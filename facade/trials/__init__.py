"""Trials: actions tried by people with test data, before anything of it is saved."""
