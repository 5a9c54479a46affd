"""The faults of tools/mutants.py: a name, the file below provisioner/, what is replaced by what, and the tests to run."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """tests: a file below tests/, then an expression for pytest -k."""

    name: str
    file: str
    old: str
    new: str
    tests: str


SEATS, CHECKS, VERIFY = "contract/test_seats.py", "contract/test_checks.py", "contract/test_verify.py"
MUTANTS = [
    # --- what a command ends with
    Mutant(
        "cannot tell ends with 1",
        "cli/check.py",
        '    if "cannot tell" in outcomes:\n        return EXIT_ERROR\n',
        "",
        f"{CHECKS} cannot_tell",
    ),
    Mutant(
        "not yet ends with 0",
        "cli/check.py",
        'EXIT_OK if outcomes == {"done"} else EXIT_NOT_YET',
        "EXIT_OK",
        f"{CHECKS} done_is_0",
    ),
    Mutant(
        "a failed verification ends with 0",
        "cli/verify.py",
        "EXIT_NOT_YET if failures else EXIT_OK",
        "EXIT_OK",
        f"{VERIFY} mistake",
    ),
    Mutant(
        "what is not done is remembered",
        "cli/check.py",
        'v.outcome == "done" and v.id not in',
        "v.id not in",
        f"{CHECKS} explained",
    ),
    Mutant("watch tells what did not change", "cli/check.py", "if current != previous:", "if True:", f"{CHECKS} watch_tells"),
    # --- what a machine says
    Mutant(
        "an answer may be several lines",
        "checks/probe_client.py",
        "answer=text.line(result.answer, MAX_TEXT)",
        "answer=result.answer",
        f"{CHECKS} one_line",
    ),
    Mutant("escape sequences pass", "core/text.py", "if not text.isprintable():", "if False:", f"{CHECKS} terminal"),
    Mutant(
        "a script's words are not cleaned",
        "cli/output.py",
        "else text.block(str(p)) for p in parts",
        "else str(p) for p in parts",
        f"{CHECKS} script_says",
    ),
    # --- verdicts
    Mutant("what nobody saw is a verdict", "checks/net.py", 'o.result.border == "unseen"', "False", f"{CHECKS} cannot_tell"),
    Mutant(
        "no control is needed",
        "checks/net.py",
        "        _require_controls(observations)\n",
        "        pass\n",
        f"{CHECKS} itself_is",
    ),
    Mutant(
        "what must survive is not tried",
        "checks/pytest_plugin.py",
        'pytest.skip("nothing was to be disturbed")',
        "return",
        f"{CHECKS} done_is_0",
    ),
    Mutant("a copy has one chance", "checks/pytest_plugin.py", "CHANCES = 3", "CHANCES = 1", f"{CHECKS} made_again"),
    Mutant("a module that failed is found again", "checks/run.py", "    _forget(exercises)\n", "", f"{CHECKS} itself_is"),
    # --- hints
    Mutant(
        "a hint fits in part",
        "checks/hints.py",
        "all(o.good for o in net.observe(*expectations))",
        "any(o.good for o in net.observe(*expectations))",
        f"{CHECKS} in_part",
    ),
    Mutant(
        "a hint's command does not count",
        "checks/hints.py",
        "check=False).code:",
        "check=False).code < 0:",
        f"{CHECKS} what_fits",
    ),
    # --- seats
    Mutant(
        "another driver's machine is removed unasked",
        "lifecycle.py",
        'record.phase == "ready" and not agreed',
        "False",
        f"{SEATS} agreed_to",
    ),
    Mutant(
        "a start that was cut off is gone on with",
        "lifecycle.py",
        'if record.phase != "ready":',
        "if False:",
        f"{SEATS} killed",
    ),
    Mutant(
        "a reset forgets what was told",
        "lifecycle.py",
        "record.hints, record.solved, record.saves =",
        "_ =",
        f"{SEATS} learner_was_told",
    ),
    Mutant(
        "a start that was interrupted leaves its machine",
        "lifecycle.py",
        "            driver.attach(seat).end()\n            if is_new",
        "            if is_new",
        f"{SEATS} ctrl_c",
    ),
    Mutant(
        "a copy stays",
        "lifecycle.py",
        "    finally:\n        layer_builder.discard(copy)\n",
        "    finally:\n        pass\n",
        f"{CHECKS} on_a_copy",
    ),
    Mutant(
        "what a killed check left stays",
        "lifecycle.py",
        "    if seat.fork.folder.exists():\n        layer_builder.discard(seat.fork)\n",
        "",
        f"{SEATS} leaves_its_copy",
    ),
    Mutant("a machine at work is let go on", "recovery.py", " or seat.is_locked:", ":", f"{SEATS} at_work"),
    Mutant(
        "a machine that stands still stays so",
        "recovery.py",
        "            machine.revive()\n\n",
        "            pass\n\n",
        f"{SEATS} stands_still",
    ),
    Mutant(
        "a seat has no lock",
        "seats/seat.py",
        "        with hold_lock(self._lock_file, purpose):\n            yield\n",
        "        yield\n",
        f"{CHECKS} waits_for",
    ),
    # --- layers
    Mutant(
        "identity is stored",
        "seats/identity.py",
        "rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce\n",
        "",
        "contract/test_fake.py nothing_of_a_seat or killed_up",
    ),
    Mutant(
        "upon a layer that was made anew",
        "lifecycle.py",
        "if layer and layer_store.of_build(home, layer, build) is None:",
        "if False:",
        f"{SEATS} made_anew",
    ),
    Mutant(
        "any build of a layer will do",
        "provision/layer_store.py",
        'if build in ("", build_id(f))',
        "if True",
        f"{SEATS} made_anew",
    ),
    Mutant(
        "which build it stands on is forgotten",
        "lifecycle.py",
        "record.layer, record.build_id = origin.key, layer_store.build_id(origin.folder)",
        'record.layer, record.build_id = origin.key, ""',
        f"{SEATS} made_anew",
    ),
    Mutant(
        "a locked preparation is swept",
        "provision/layer_builder.py",
        "                lock_stack.enter_context(FileLock(home.layers / lock, timeout=0))\n",
        "                pass\n",
        f"{SEATS} under_way",
    ),
    Mutant(
        "a killed preparation stays",
        "provision/layer_builder.py",
        "                discard(Seat(folder))\n                if record:",
        "                if record:",
        f"{SEATS} swept",
    ),
    Mutant(
        "a layer that was refused is used again",
        "provision/layer_builder.py",
        "                layer_store.refuse(layer, reason)\n",
        "",
        f"{SEATS} refused",
    ),
    Mutant(
        "a layer goes below a seat",
        "provision/layer_store.py",
        "if folder.name in in_use(home) or not all(",
        "if not all(",
        f"{SEATS} below_a_seat",
    ),
    # --- the back end
    Mutant(
        "QEMU may start programs",
        "backends/qemu/arguments.py",
        "spawn=deny",
        "spawn=allow",
        "unit/test_arguments.py starts_no_program",
    ),
    # --- verification
    Mutant("one good verdict is enough", "verify/results.py", "good = all(", "good = any(", f"{VERIFY} undoes"),
    Mutant(
        "timed runs go beside others",
        "verify/executor.py",
        "return state in self._states and is_compatible and is_alone",
        "return state in self._states and is_alone",
        "unit/test_executor.py by_themselves",
    ),
    Mutant(
        "there are no slots",
        "verify/slots.py",
        "for number in range(count):",
        "for number in range(99):",
        "unit/test_slots.py who_comes",
    ),
    Mutant("a run has one chance", "verify/workshop.py", "CHANCES = 2", "CHANCES = 1", f"{VERIFY} once_more"),
    Mutant(
        "where a run stopped is not known before it begins",
        "verify/perform.py",
        "        self._current_step = run.steps[0]  # also if no machine ever started\n",
        "",
        f"{VERIFY} once_more",
    ),
    Mutant(
        "submissions share a place",
        "provision/throwaway.py",
        "            lock.acquire(timeout=0)\n",
        "            pass\n",
        f"{CHECKS} side_by_side",
    ),
    Mutant(
        "a submission's machine stays",
        "verify/submission.py",
        "            with signals.deferred():\n                throwaway.clear(seat)\n",
        "            pass\n",
        f"{CHECKS} machine_of_its_own",
    ),
    Mutant(
        "what a killed verification left stays",
        "provision/throwaway.py",
        "                clear(seat)\n",
        "                pass\n",
        f"{CHECKS} killed_side_by_side",
    ),
]
