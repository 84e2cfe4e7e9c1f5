"""whole.onnx and two.onnx (its weights in two.onnx.data), of tests/checkpoint/small_onnx.h: onnx checks them and finds in both
what stands there, onnxruntime computes with them."""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

directory = Path(sys.argv[1])
weight = np.arange(16)[:, None] - np.arange(32)[None, :] / 4
bias = np.arange(32)
for name in ("whole", "two"):
    path = directory / f"{name}.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path))
    assert (model.ir_version, model.producer_name, model.producer_version) == (8, "rift", "0")
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("first", "é"), ("second", "")]
    constants = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    assert np.array_equal(constants["W"], weight.astype(np.float32)) and np.array_equal(constants["W2"], constants["W"])
    assert np.array_equal(constants["b"], bias) and constants["shape"].tolist() == [-1, 4, 8]
    outside = {constant.name for constant in onnx.load(str(path), load_external_data=False).graph.initializer
               if constant.data_location == onnx.TensorProto.EXTERNAL}
    assert outside == (set() if name == "whole" else {"W", "W2"}), outside
    assert {node.name: [(a.name, onnx.helper.get_attribute_value(a)) for a in node.attribute] for node in model.graph.node
            if node.attribute} == {"view": [("allowzero", 0)], "squash": [("alpha", 0.5)], "turn": [("perm", [1, 0])]}
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for rows in (1, 5):
        x = np.random.default_rng(rows).standard_normal((rows, 16)).astype(np.float32)
        y, z = session.run(["y", "z"], {"x": x})
        product = x.astype(np.float64) @ weight
        np.testing.assert_allclose(y, (product + bias).reshape(rows, 4, 8), rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(z, np.where(product > 0, product, 0.5 * np.expm1(product)).T, rtol=1e-5, atol=1e-4)
print("all checks hold")
