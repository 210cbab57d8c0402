"""<Record>: the caller's voicemail, its sound, its transcript and the callbacks about them."""

import io
import wave
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sandbox.carrier.calls import HungUp
from sandbox.carrier.handsets import Caller
from sandbox.carrier.records import Recording
from sandbox.carrier.wire import new_sid, now, rfc2822

if TYPE_CHECKING:
    from sandbox.carrier.voice import Leg

RATE = 8000
MAX_SOUND_SECONDS = 30  # longer recordings say so, but their file stays small


def sound(seconds: int) -> bytes:
    """A WAV file of a soft hum, so that players have something to play."""
    tone = bytes(128 + (6 if sample % 40 < 20 else -6) for sample in range(RATE))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(tone * min(seconds, MAX_SOUND_SECONDS))
    return out.getvalue()


def record(leg: "Leg", url: str, verb: ET.Element) -> tuple[str, ET.Element] | None:
    """Record what the caller says; silence goes on with the next verb, without asking the action."""
    person = leg.person
    behaviour = getattr(person, "behaviour", "stays")
    if behaviour not in ("leaves_voicemail", "hangs_up_at_beep"):
        leg.pause(float(verb.get("timeout", "5")))
        return None
    seconds = person.seconds if isinstance(person, Caller) and behaviour == "leaves_voicemail" else 0
    seconds = min(seconds, int(verb.get("maxLength", "3600")))
    _listen(leg, seconds)
    recording = Recording(leg.call.account_sid, leg.call.sid, seconds, sound(seconds))
    with leg.world.lock:
        leg.world.recordings[recording.sid] = recording
    words = person.voicemail if isinstance(person, Caller) and seconds else ""
    leg.call.voicemail = {"sid": recording.sid, "url": recording.url, "seconds": seconds, "text": words}
    leg.call.tell(f"Voicemail: {words}" if words else "Hung up without leaving a message")
    leg.call.status = "completed"
    _announce(leg, url, verb, recording)
    told = {**_names(recording), "RecordingDuration": str(seconds), "Digits": "hangup"}
    leg.fetch(urljoin(url, verb.get("action", "")), told, verb.get("method", "POST"))
    raise HungUp  # the caller has put the receiver down: the answer to the action has no ears


def _names(recording: Recording) -> dict[str, str]:
    return {"RecordingSid": recording.sid, "RecordingUrl": recording.url}


def _listen(leg: "Leg", seconds: int) -> None:
    """Let the message be spoken; hanging up in the middle keeps what was said."""
    with suppress(HungUp):
        leg.pause(seconds)


def _announce(leg: "Leg", url: str, verb: ET.Element, recording: Recording) -> None:
    """The recording is ready; its transcript follows when it was asked for."""
    ready = {
        "RecordingStatus": "completed",
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": "1",
        "RecordingStartTime": rfc2822(now()) or "",
        "RecordingSource": "RecordVerb",
        "ErrorCode": "0",
    }
    leg.later(verb.get("recordingStatusCallback"), url, _names(recording) | ready)
    words = (leg.call.voicemail or {}).get("text", "")
    works = isinstance(leg.person, Caller) and leg.person.transcribed and bool(words)
    transcript = {
        "TranscriptionSid": new_sid("TR"),
        "TranscriptionType": "fast",
        "TranscriptionStatus": "completed" if works else "failed",
        "TranscriptionText": words if works else "",
        "TranscriptionUrl": f"{recording.url}/Transcriptions",
    }
    leg.later(verb.get("transcribeCallback"), url, _names(recording) | transcript)
