"""Has every click be carried out to its end, whatever is clicked meanwhile. It knows no page.

Streamlit ends a run as soon as the next event of its browser comes, at the first thing that the run draws or asks of
the session. That is right for what is drawn, for it is drawn anew. A click that is carried out when the next one comes
would end half way, its edit done and not said; one that is about to be would never be.
"""

from __future__ import annotations

from streamlit.runtime.scriptrunner import ScriptRunner, get_script_run_ctx


def carry_out_every_click() -> None:
    """From now on events wait while what was clicked is carried out.

    It needs Streamlit's option ``runner.fastReruns`` to be off: then one thread carries out the events of a session one
    after the other, and those that wait become one without losing a click.
    """
    give_way = ScriptRunner._maybe_handle_execution_control_request

    def give_way_while_drawing(runner: ScriptRunner) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        if context is None or context.has_script_started:
            give_way(runner)

    setattr(ScriptRunner, give_way.__name__, give_way_while_drawing)
