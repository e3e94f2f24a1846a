"""How many processes of this machine read as this one does."""

from __future__ import annotations

import os
import sys


def neighbours() -> int:
    """This process and those that begin together with it: ranks times `DataLoader` workers.

    From what torchrun and torch tell every process: LOCAL_WORLD_SIZE, and the number of a worker's
    siblings. 1 where nobody tells. Only the start is divided by it: later, what each has on its
    way follows from what it finds.
    """
    ranks = os.environ.get("LOCAL_WORLD_SIZE", "")
    count = int(ranks) if ranks.isascii() and ranks.isdigit() else 1
    # Asked only where somebody has imported it: a worker has.
    data = sys.modules.get("torch.utils.data")
    worker = None if data is None else data.get_worker_info()
    return max(1, count) * (1 if worker is None else worker.num_workers)
