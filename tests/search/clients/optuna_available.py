"""Exit status 3 where Optuna is not installed."""
import importlib.util
import sys

sys.exit(0 if importlib.util.find_spec("optuna") else 3)
