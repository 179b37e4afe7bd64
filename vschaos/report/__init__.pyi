from .write import write_report as write_report
from .write import write_report_safely as write_report_safely
