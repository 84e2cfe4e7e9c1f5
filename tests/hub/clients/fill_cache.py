"""huggingface_hub downloads org/tiny from HF_ENDPOINT into HF_HUB_CACHE."""

import os

os.environ["HF_HUB_OFFLINE"] = "0"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"

import huggingface_hub

print(huggingface_hub.snapshot_download("org/tiny"))
