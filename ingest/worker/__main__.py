"""The guarded parse worker: reads and cuts one file at a time in a process of its own, which can be killed.

Run as ``python -m ingest.worker``. It has no connection to any network, where the system lets that be cut: on Linux it
is in a network namespace of its own, which holds no connection (namespaces(7)).
"""

import ctypes
import json
import os
import sys

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h


def main(tokenizer_file: str, token_limit: str, limits: str) -> None:
    uncut = cut_network()

    from ingest.worker.parsing import serve  # only now: its libraries start threads

    serve(tokenizer_file, int(token_limit), json.loads(limits), uncut)


def cut_network() -> str:
    """Cut this process, which must not have started a thread yet, and all that it starts off from the network.

    Returns nothing, or why the system does not let it.
    """
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None:
        return "this system has no network namespaces"
    # With a user namespace anyone may; but in one, root may no longer read other people's files.
    if unshare(_NEW_NETWORK) == 0 or unshare(_NEW_USER | _NEW_NETWORK) == 0:
        return ""
    return os.strerror(ctypes.get_errno())


if __name__ == "__main__":
    main(*sys.argv[1:])
