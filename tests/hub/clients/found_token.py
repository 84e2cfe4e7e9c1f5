"""huggingface_hub finds this token in the environment and its files.

Usage: found_token.py TOKEN     "" for none
"""
import sys

import huggingface_hub

found = huggingface_hub.get_token() or ""
assert found == sys.argv[1], found
