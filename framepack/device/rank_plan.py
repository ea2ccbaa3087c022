"""The plan of what lies where in memory on several cards that work on one shot: arithmetic, as ``memory_plan`` is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from framepack.device.memory_plan import Budget, MemoryPlan, PartSizes, Work, plan_memory


def plan_for_ranks(budgets: Sequence[Budget], sizes: PartSizes, work: Work, shares: Sequence[float] = ()) -> MemoryPlan:
    """One plan for all ranks, each of which has a budget and a share of the tokens of its own.

    Without ``shares``, in the order of ``budgets``, each has that of ``work``.

    What stays on one has to stay on all, since what comes is fetched by all together, a part by each. Everything else
    is as the tightest rank needs it. Raises NotEnoughMemory where one of them has too little.
    """
    each = [replace(work, share=share) for share in shares[: len(budgets)]] or [work] * len(budgets)
    plans = [plan_memory(budget, sizes, one) for budget, one in zip(budgets, each, strict=True)]
    tightest = min(plans, key=lambda plan: plan.budget.device)
    resident = frozenset.intersection(*(plan.resident for plan in plans))
    tiles = [plan.tile for plan in plans if plan.tile is not None]
    return replace(
        tightest,
        resident=resident,
        buffers=max(plan.buffers for plan in plans),
        host_copies=all(plan.host_copies for plan in plans),
        # The first rank alone runs the encoders.
        text_resident=plans[0].text_resident,
        vae_stays=all(plan.vae_stays for plan in plans),
        tile=min(tiles, default=None),
    )
