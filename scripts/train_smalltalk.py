"""Train the small-talk classifier from rag/query/smalltalk/examples.json with the packaged embedding model.

    python scripts/train_smalltalk.py           writes rag/query/smalltalk/weights.json

Run it after every change to the examples; `python -m benchmarks --only smalltalk` measures the result.
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.query.smalltalk.classifier import WEIGHTS, features
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model

INVERSE_REGULARISATION = 5.0
DECIMALS = 3


def main() -> None:
    model = resolve_model(MINILM)
    examples: dict[str, list[str]] = json.loads(WEIGHTS.with_name("examples.json").read_text(encoding="utf-8"))
    texts = [text for group in examples.values() for text in group]
    labels = [name for name, group in examples.items() for _ in group]
    vectors = features(texts, LocalEmbedder(model))
    fitted = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2000).fit(vectors, labels)
    trained = {
        "embedding": model.fingerprint,
        "classes": fitted.classes_.tolist(),
        "intercepts": np.round(fitted.intercept_, DECIMALS).tolist(),
        "weights": np.round(fitted.coef_, DECIMALS).tolist(),
    }
    WEIGHTS.write_text(json.dumps(trained) + "\n", encoding="utf-8")
    print(f"{len(texts)} examples, {fitted.score(vectors, labels):.3f} of them right: {WEIGHTS}")


if __name__ == "__main__":
    main()
