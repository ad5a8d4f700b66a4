"""Benchmarks: each module at this level measures one thing, in ``measure``. ``python -m benchmarks`` runs them all."""
