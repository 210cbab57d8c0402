"""The people at both ends of a call and what they do."""

import queue
import threading
from dataclasses import dataclass, field
from typing import Literal

Behaviour = Literal[
    "no_answer",
    "busy",
    "declines",
    "unreachable",
    "voicemail",
    "presses_1",
    "presses_other",
    "hangs_up_in_whisper",
    "by_hand",
]
BEHAVIOURS: dict[str, str] = {
    "no_answer": "Nobody picks up",
    "presses_1": "Picks up, presses 1 and talks",
    "busy": "Busy",
    "declines": "Declines the call",
    "voicemail": "The phone's own voicemail picks up",
    "hangs_up_in_whisper": "Picks up, hangs up while being told who calls",
    "presses_other": "Picks up and presses another key",
    "unreachable": "Switched off",
    "by_hand": "I decide while it rings",
}
CallerBehaviour = Literal[
    "leaves_voicemail",
    "stays",
    "hangs_up_ringing",
    "hangs_up_at_greeting",
    "hangs_up_at_beep",
    "hangs_up_before_bridge",
]
CALLER_BEHAVIOURS: dict[str, str] = {
    "leaves_voicemail": "Waits and leaves a voicemail",
    "stays": "Waits and says nothing",
    "hangs_up_ringing": "Hangs up while it rings",
    "hangs_up_at_greeting": "Hangs up during the greeting",
    "hangs_up_at_beep": "Hangs up at the beep",
    "hangs_up_before_bridge": "Hangs up just before being put through",
}


@dataclass
class Handset:
    """A telephone outside the network, usually the contractor's.

    `answers_after` and `talk_seconds` are seconds of the call. A whisper that ends without a key is reported as
    `screened_as` (nobody could settle which: `completed` with DialBridged false, or `no-answer`). `digits` is what
    its owner presses, `forwards_to` a number that takes the calls it does not answer.
    """

    phone: str
    behaviour: str = "no_answer"
    answers_after: float = 6.0
    talk_seconds: int = 35
    digits: str = "1"
    screened_as: Literal["completed", "no-answer"] = "completed"
    forwards_to: str | None = None
    commands: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue, repr=False)

    @property
    def outcome(self) -> str:
        """What ringing this phone comes to, as DialCallStatus would say it."""
        return {"no_answer": "no-answer", "busy": "busy", "declines": "busy", "unreachable": "failed"}.get(
            self.behaviour, "completed"
        )

    @property
    def rings(self) -> float:
        """How long it rings before something happens; endless when nobody picks up."""
        endless = {"no_answer": 1e9, "busy": 0.5, "unreachable": 0.5}
        return endless.get(self.behaviour, self.answers_after)

    def keys(self) -> str:
        """What is pressed when the line asks for a key."""
        return {"presses_1": self.digits, "presses_other": "2"}.get(self.behaviour, "")

    def command(self, seconds: float, gone: threading.Event) -> str | None:
        """The next order given by hand (`answer`, `decline`, `key:1`, `hangup`), waited for in real time."""
        for _ in range(max(1, round(seconds / 0.1))):
            if gone.is_set():
                return None
            try:
                return self.commands.get(timeout=0.1)
            except queue.Empty:
                continue
        return None

    @property
    def hangs_up(self) -> bool:
        """Whether the receiver goes down before anything is pressed."""
        return self.behaviour == "hangs_up_in_whisper"


@dataclass
class Caller:
    """The customer on the line.

    `patience` is how long it may ring (seconds) for one who hangs up; `action_requested` is whether the network still
    asks Dial's action then (no source settles it). `digits` answers each menu in turn.
    """

    behaviour: str = "leaves_voicemail"
    voicemail: str = "Hi, my kitchen sink is leaking, please call me back."
    seconds: int = 9
    transcribed: bool = True
    patience: float = 10.0
    action_requested: bool = False
    digits: list[str] = field(default_factory=list)

    @property
    def gives_up_after(self) -> float:
        """Seconds of ringing that this caller bears."""
        return self.patience if self.behaviour == "hangs_up_ringing" else 1e9

    def keys(self) -> str:
        """The next answer to a menu; nothing when there is none."""
        return self.digits.pop(0) if self.digits else ""
