"""Name and SHA-256 of every tensor's values as f32, as gguf-py reads them."""
import hashlib
import sys

import gguf
import numpy as np

for tensor in gguf.GGUFReader(sys.argv[1]).tensors:
    values = gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type).astype(np.float32)
    print(tensor.name, hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest())
