"""Monitors a training while it runs: pictures, sounds and findings."""

from vschaos.training.monitoring.callback import Monitoring

__all__ = ["Monitoring"]
