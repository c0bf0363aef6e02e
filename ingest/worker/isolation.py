"""A process cut off from the network: foreign documents are read where nothing can be fetched or sent.

On Linux, in a network namespace of its own, which holds no connection (namespaces(7)); elsewhere not at all.
"""

import ctypes
import os

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h


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
