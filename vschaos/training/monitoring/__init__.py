"""What one sees and hears of a training while it runs."""

from vschaos.training.monitoring.callback import Monitoring

__all__ = ["Monitoring"]
