"""The page of training runs: ask for one, see what its data hold, watch it, compare it with others, put it to use."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from rag.desk.protocols import Desk
from rag.jobs.types import Job
from rag.training.runs.types import Run
from ui import texts
from ui.chat.components import draw
from ui.chat.pages.training import charts, reader_views, views
from ui.chat.pages.training.form import draw_new_run
from ui.chat.session import get_desk, reader, reader_locale, reader_zone
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError

_RUNS, _NEW = "Runs", "New run"
_PART, _OPEN = "training-part", "run"
_NEXT = "training-next"
"""What the widgets are set to in the next run of the script: they cannot be set once they are drawn."""
_POLL_SECONDS = 1.0
_LEAD = (
    "Train the model that writes the answers on examples of your own: how to say things, not what is true. "
    "Facts belong into documents, which can be cited and changed."
)
_LOSS = (
    "Loss says how surprised the model is by each next token, so lower is better. What is held out is not learned "
    "from: if its loss rises while the training loss falls, the model is learning its samples by heart."
)


def draw_training() -> None:
    """The page, in a container of its own width."""
    desk = get_desk()
    with st.container(key="curators"):
        st.title("Fine-tuning", anchor=False)
        st.caption(_LEAD)
        st.session_state.update(st.session_state.pop(_NEXT, {}))
        try:
            runs = desk.training.list(reader())
            part: str | None = _NEW
            if runs:
                st.session_state.setdefault(_PART, _RUNS)
                part = st.segmented_control(
                    "Part", [_RUNS, _NEW], required=True, key=_PART, label_visibility="collapsed"
                )
            if part == _RUNS:
                _draw_runs(desk, runs)
            elif asked := draw_new_run(desk):
                _open_next(asked)
        except RefdeskError as error:
            draw("notice", "training-trouble", notice_view(error))


def _open_next(*names: str) -> None:
    st.session_state[_NEXT] = {_PART: _RUNS, _OPEN: list(names)}
    st.rerun()


def _draw_runs(desk: Desk, runs: Sequence[Run]) -> None:
    served = desk.training.served(reader())
    _draw_served(desk, runs, served)
    names = views.names_apart(runs)
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    draw("table", "runs", views.runs_view(runs, served, zone=zone, locale=locale, now=now))
    if _OPEN not in st.session_state and _OPEN not in st.query_params:
        st.session_state[_OPEN] = [runs[0].name]
    opened = st.multiselect(
        "Open a run, or several to compare them",
        list(names),
        format_func=names.__getitem__,
        key=_OPEN,
        bind="query-params",
        placeholder="Choose runs",
    )
    chosen = [run for run in runs if run.name in opened]
    if len(chosen) > 1:
        _draw_comparison(chosen, names)
    elif chosen:
        _draw_run(desk, chosen[0], served)


def _draw_served(desk: Desk, runs: Sequence[Run], served: str | None) -> None:
    """Which run the chat uses, and the way back."""
    used = next((run for run in runs if run.name == served), None)
    if used is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"The chat's answers are written by {views.title(used)}.")
        if desk.training.can_go_back(reader()) and st.button("Back to what wrote before", icon=":material/undo:"):
            _serve(partial(desk.training.serve_previous, reader()), "Loading what wrote before")


def _draw_run(desk: Desk, run: Run, served: str | None) -> None:
    if run.job and run.under_way:
        st.fragment(_follow, run_every=_POLL_SECONDS)(run.name, run.job)
    elif run.is_ready:
        _draw_checked(desk, run)
    elif run.is_trained:
        _draw_result(desk, run, in_use=run.name == served)
    else:
        _draw_ended(desk, run)


def _follow(name: str, before: Job) -> None:
    """What is under way, looked at again without the rest of the page for as long as it is in the same state."""
    desk = get_desk()
    desk.jobs.see_to(reader())
    run = desk.training.get(reader(), name)
    job = run.job if run else None
    if run is None or job is None or (job.id, job.state) != (before.id, before.state):
        st.rerun()  # the whole page
    else:
        card = views.card(run, job, run.log)
        if draw("jobs", "training-job", {"jobs": [card]}).get("stop"):
            desk.training.stop(reader(), name)
            st.rerun()
        _draw_curves({"": run}, key="live")


def _draw_checked(desk: Desk, run: Run) -> None:
    checked = run.checked
    warnings = views.warnings_view(checked)
    if warnings:
        draw("table", f"warnings-{run.name}", warnings)
    draw("table", f"checked-{run.name}", views.checked_view(checked))
    if checked["left_out"]:
        with st.expander(f"{texts.counted(checked['left_out'], 'row')} left out"):
            draw("table", f"left-out-{run.name}", views.left_out_view(checked))
    if not checked["held_out"]:
        st.caption(
            "There are too few samples to hold some out: nothing will say how good it is on what it has not seen."
        )
    with st.container(horizontal=True):
        if st.button("Start training", icon=":material/play_arrow:"):
            desk.training.start(reader(), run.name)
            st.rerun()
        marked = any(views.CONVERT in warning for warning in checked["warnings"])
        if marked and run.request and st.button("Make chats of them, and check again"):
            values = {**run.request.values, "convert_markup": True}
            asked = desk.training.add(reader(), replace(run.request, values=values))
            desk.training.delete(reader(), run.name)
            _open_next(asked)
        if st.button("Discard", icon=":material/delete:"):
            _delete(desk, run)


def _draw_ended(desk: Desk, run: Run) -> None:
    """A run that has ended before its end."""
    log = run.log
    reached = max((int(row["step"]) for row in log), default=0)
    if run.error:
        what = "This run has failed." if run.training else "The data could not be checked."
        draw("notice", f"failed-{run.name}", {"what": what, "where": views.trouble(run.error)})
    elif run.state == "interrupted":
        what = "The process that did this run has ended, with the machine or for want of memory."
        remedy = "It goes on from its last checkpoint." if reached else "It begins again."
        draw("notice", f"failed-{run.name}", {"what": what, "remedy": remedy})
    elif run.request is None:
        st.markdown("This run was begun on the command line. It goes on there, with the same call and `--resume`.")
    else:
        st.markdown(f"Stopped after step {reached:,}. It goes on exactly there." if reached else "Stopped.")
    _draw_curves({"": run}, key=f"curves-{run.name}")
    with st.container(horizontal=True):
        if run.can_go_on and st.button("Go on", icon=":material/play_arrow:"):
            desk.training.start(reader(), run.name)
            st.rerun()
        _draw_delete(desk, run)


def _draw_result(desk: Desk, run: Run, *, in_use: bool) -> None:
    report = run.report
    for sentence in views.verdict(report):
        st.markdown(sentence)
    with st.container(horizontal=True):
        if (
            not in_use
            and not reader_views.is_reader(report)
            and st.button("Use in the chat", icon=":material/swap_horiz:")
        ):
            _serve(partial(desk.training.serve, reader(), run.name), "Loading the trained model")
        file = run.folder / "report.md"
        if file.exists():
            st.download_button(
                "Report", file.read_bytes(), f"{run.name}.md", icon=":material/download:", on_click="ignore"
            )
        if not in_use:
            _draw_delete(desk, run)
    draw("table", f"figures-{run.name}", views.figures_view(report))
    _draw_curves({"": run}, key=f"curves-{run.name}")
    if report.get("answers"):
        st.subheader("Before and after", anchor=False)
        draw("table", f"answers-{run.name}", views.answers_view({run.name: report}))
    with st.expander("Settings and all figures"):
        draw("table", f"facts-{run.name}", views.facts_view(report))
        st.text(f"Everything is in {run.folder}.")


def _serve(change: Callable[[], None], what: str) -> None:
    try:
        with st.spinner(what):
            change()
    except RefdeskError as error:
        draw("notice", "serving-trouble", notice_view(error))
    else:
        st.rerun()


def _draw_delete(desk: Desk, run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown("The run and all that it has learned will be gone for good.")
        if st.button("Delete for good"):
            _delete(desk, run)


def _delete(desk: Desk, run: Run) -> None:
    desk.training.delete(reader(), run.name)
    st.session_state[_NEXT] = {_OPEN: []}
    st.rerun()


def _draw_curves(runs: dict[str, Run], key: str) -> None:
    points = [point for name, run in runs.items() for point in views.curve_points(run.log, name)]
    if points:
        spec = charts.loss_curves(list(runs))
        st.vega_lite_chart(points, spec, key=key, alt="Loss over the steps of training")
        st.caption(_LOSS if len(runs) == 1 else f"{_LOSS} Lines: held out; dashes: in training.")


def _draw_comparison(runs: Sequence[Run], names: dict[str, str]) -> None:
    begun = [run for run in runs if run.settings]
    if len(begun) < len(runs):
        st.caption("Runs that have not begun are left out.")
    if len(begun) < 2:
        return
    key = "-".join(run.name for run in begun)
    draw("table", f"results-{key}", views.results_view(begun, names))
    _draw_curves({names[run.name]: run for run in begun}, key=f"curves-{key}")
    st.subheader("Settings that differ", anchor=False)
    draw("table", f"differences-{key}", views.differences_view(begun, names))
    reports = {names[run.name]: run.report for run in begun if run.report.get("answers")}
    if reports:
        st.subheader("Before and after", anchor=False)
        draw("table", f"answers-{key}", views.answers_view(reports))
