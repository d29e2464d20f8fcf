"""Root minds permissions, too."""
import ctypes

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24
LIBC = ctypes.CDLL(None)


def plain_user():
    """In a child, before it becomes the program; for others than root nothing."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
