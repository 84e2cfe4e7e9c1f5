"""The mixture of TPE by scipy, with rift's kernel centres and widths worked out anew: log densities at given points.

Reads a JSON list of cases from a file: low, high, step, log, observations, points. Of a continuous range the density is on
the kernels' scale (that of the logarithm for log), as rift has it. Prints a list of log densities for each.
"""
import json
import sys

import numpy as np
from scipy.stats import truncnorm


def log_densities(case):
    half = case["step"] / 2
    scale = np.log if case["log"] else np.asarray
    low, high = float(scale(case["low"] - half)), float(scale(case["high"] + half))
    centre = scale(np.array(case["observations"], dtype=float))
    count = len(centre)

    order = np.argsort(centre)
    padded = np.concatenate([[low], centre[order], [high]])
    reach = np.maximum(padded[1:-1] - padded[:-2], padded[2:] - padded[1:-1])
    if count > 1:
        reach[0] = padded[2] - padded[1]
        reach[-1] = padded[-2] - padded[-3]
    width = np.empty(count)
    width[order] = np.clip(reach, (high - low) / min(100, count + 2), high - low)
    centre = np.append(centre, (low + high) / 2)
    width = np.append(width, high - low)
    kernels = truncnorm((low - centre) / width, (high - centre) / width, loc=centre, scale=width)

    answers = []
    for point in case["points"]:
        if case["step"]:
            mass = kernels.cdf(float(scale(point + half))) - kernels.cdf(float(scale(point - half)))
        else:
            mass = kernels.pdf(float(scale(point)))
        answers.append(float(np.log(np.mean(mass))))
    return answers


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([log_densities(case) for case in json.load(file)]))
