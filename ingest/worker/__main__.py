"""The guarded parse worker: reads and cuts one file at a time in a process of its own, which can be killed.

Run as ``python -m ingest.worker``. It has no connection to any network, where the system lets that be cut.
"""

import json
import sys

from ingest.worker.isolation import cut_network


def main(tokenizer_file: str, token_limit: str, limits: str) -> None:
    uncut = cut_network()

    from ingest.worker.parsing import serve  # its libraries start threads

    serve(tokenizer_file, int(token_limit), json.loads(limits), uncut)


if __name__ == "__main__":
    main(*sys.argv[1:])
