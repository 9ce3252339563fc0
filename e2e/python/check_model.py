"""Proves that Python serves what Strata serves.

    check_model.py MODEL_DIR ROWS.json

ROWS.json holds raw rows and Strata's own answers: {"rows": [[number|null, ...], ...], "probabilities": [...]}.
The model folder goes through the ONNX checker, onnxruntime and mlflow.pyfunc (a float64 frame with NaN, its columns
also in another order); each must give the same probabilities within 1e-6. Exit code 1 if one does not.

Needs: mlflow-skinny, numpy, onnx, onnxruntime, pandas (versions in the model folder's requirements.txt).
"""

import json
import random
import sys
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import onnx
import onnxruntime
import pandas as pd

ALLOWED = 1e-6


def main(folder: Path, rows_file: Path) -> int:
    given = json.loads(rows_file.read_text())
    rows = np.array([[np.nan if v is None else v for v in row] for row in given["rows"]], dtype=np.float64)
    ours = np.array(given["probabilities"], dtype=np.float64)

    proto = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(proto, full_check=True)
    about = {prop.key: prop.value for prop in proto.metadata_props}
    names = json.loads(about["strata.features"])
    print(f"onnx.checker: well formed, {len(names)} features, {about['strata.name']}, onnx {onnx.__version__}")

    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    by_runtime = session.run(["probability"], {"features": rows.astype(np.float32)})[0]
    assert by_runtime.shape == (len(rows), 1), by_runtime.shape

    model = mlflow.pyfunc.load_model(str(folder))
    frame = pd.DataFrame(rows, columns=names)
    shuffled = frame[random.Random(1).sample(names, len(names))]
    example = model.input_example if hasattr(model, "input_example") else model.metadata.load_input_example(str(folder))
    assert list(example.columns) == names, "the input example has other columns"

    answers = {
        f"onnxruntime {onnxruntime.__version__}": by_runtime[:, 0],
        f"mlflow.pyfunc {mlflow.__version__}, float64 frame": model.predict(frame)["probability"],
        "mlflow.pyfunc, float32 frame": model.predict(frame.astype(np.float32))["probability"],
        "mlflow.pyfunc, columns re-ordered": model.predict(shuffled)["probability"],
    }
    worst = 0.0
    for who, answer in answers.items():
        difference = float(np.max(np.abs(np.asarray(answer, dtype=np.float64) - ours)))
        # A NaN must count as wrong, and compares as neither larger nor smaller.
        worst = max(worst, difference) if difference == difference else float("inf")
        print(f"{who}: {len(ours)} rows, {int(np.isnan(rows).sum())} missing values, largest difference {difference:.3g}")
    print("same answers" if worst <= ALLOWED else f"DIFFERENT answers: {worst:.3g} > {ALLOWED:g}")
    return 0 if worst <= ALLOWED else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
