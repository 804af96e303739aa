"""Taking the network from a process that reads what strangers send."""

import ctypes

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000


def unplug() -> None:
    """Leave the machine's network for an empty one, where the kernel allows it; no reader is meant to use either."""
    unshare = ctypes.CDLL(None).unshare
    if unshare(_NEW_NETWORK) != 0:
        unshare(_NEW_USER | _NEW_NETWORK)
