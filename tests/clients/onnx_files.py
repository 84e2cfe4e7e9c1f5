"""What the clients that run rift's ONNX files share."""
import numpy as np
import onnx
import onnxruntime


def checked(path):
    """The file as onnx.checker and our own rules pass it: opset 17, standard operators only, nothing that is not used."""
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path))
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)], model.opset_import
    assert model.ir_version == 8, model.ir_version
    assert all(node.domain == "" for node in model.graph.node)
    used = {name for node in model.graph.node for name in node.input} | {value.name for value in model.graph.output}
    unused = [name for node in model.graph.node for name in node.output if name not in used]
    unused += [constant.name for constant in model.graph.initializer if constant.name not in used]
    assert not unused, unused
    return model


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def text_feed(run, ids, before, behind, random, vocabulary, types=None):
    """Rows of ids with up to `before` places of padding before each, and behind it up to the longest and `behind` more."""
    tokens = max(map(len, ids)) + before + behind
    filled = {"input_ids": random.integers(0, vocabulary, (len(ids), tokens))}  # what padding holds is no matter
    filled["attention_mask"] = np.zeros_like(filled["input_ids"])
    filled["token_type_ids"] = np.zeros_like(filled["input_ids"])
    for row, row_ids in enumerate(ids):
        begin = int(random.integers(0, before + 1))
        places = slice(begin, begin + len(row_ids))
        filled["input_ids"][row, places] = row_ids
        filled["attention_mask"][row, places] = 1
        if types is not None:
            filled["token_type_ids"][row, places] = types[row]
    wanted = {value.name: value for value in run.get_inputs()}
    assert all(value.shape == ["rows", "tokens"] for value in wanted.values())
    return {name: filled[name] for name in wanted}


def difference(ours, expected):
    """The largest, relative to expected values beyond 1."""
    assert ours.shape == expected.shape, (ours.shape, expected.shape)
    return (np.abs(ours - expected) / np.maximum(1, np.abs(expected))).max()
