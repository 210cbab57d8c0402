"""What the carrier shall do with a call, in its own XML (twilio.md A2 to A5)."""

from functools import lru_cache

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
WHISPER_SECONDS = 6
CALL = "CALL-SID"


def dial(contractor: str, *, call_sid: str, caller_id: str, ring_seconds: int, is_screened: bool) -> str:
    """Ring the contractor while the caller hears ringing; a screened leg is asked to press 1 before it is bridged."""
    document = VoiceResponse()
    legs = Dial(
        timeout=ring_seconds,
        answer_on_bridge=True,
        action=f"/webhooks/twilio/call/status/{call_sid}",
        caller_id=caller_id,
    )
    legs.number(contractor, url="/webhooks/twilio/call/whisper" if is_screened else None)
    document.append(legs)
    return str(document)


def whisper(business: str, caller: str) -> str:
    """Say who calls and ask for the key that proves a person."""
    document = VoiceResponse()
    gather = Gather(num_digits=1, timeout=WHISPER_SECONDS, action="/webhooks/twilio/call/whisper-key")
    gather.say(f"Call for {business} from {spelled(caller)}. Press 1.")
    document.append(gather)
    document.hangup()
    return str(document)


def voicemail(words: str, *, call_sid: str, seconds: int, is_recorded: bool) -> str:
    """Greet a caller whom nobody answered and take a message."""
    return _voicemail(words, seconds, is_recorded=is_recorded).replace(CALL, call_sid)


@lru_cache(maxsize=1024)
def _voicemail(words: str, seconds: int, *, is_recorded: bool) -> str:
    """The document for any call: it is the same for every caller of a business but for the call's name."""
    call_sid = CALL
    document = VoiceResponse()
    document.say(words)
    if is_recorded:
        base = f"/webhooks/twilio/voicemail/{call_sid}"
        document.record(
            max_length=seconds,
            play_beep=True,
            action=f"{base}/recorded",
            recording_status_callback=f"{base}/recording",
            transcribe=True,
            transcribe_callback=f"{base}/transcription",
        )
    else:
        document.hangup()
    return str(document)


def goodbye(words: str = "") -> str:
    """Say something, if anything, and end the call."""
    document = VoiceResponse()
    if words:
        document.say(words)
    document.hangup()
    return str(document)


def reject() -> str:
    """Do not answer at all."""
    document = VoiceResponse()
    document.reject()
    return str(document)


def alert(words: str, *, action: str) -> str:
    """Read an emergency to somebody on call and take his key; without one the ladder goes on."""
    keys = "Press 1 to take it. Press 2 to pass it on. Press 3 to hear this again. Press 9 to stop these calls."
    return question(f"{words} {keys}", action=action)


def question(words: str, *, action: str) -> str:
    """Ask for one key; silence ends the call."""
    document = VoiceResponse()
    gather = Gather(num_digits=1, timeout=8, action=action)
    gather.say(words)
    document.append(gather)
    document.hangup()
    return str(document)


def spelled(phone: str) -> str:
    """Digits with spaces, so that they are read one by one."""
    return " ".join(phone.removeprefix("+1").removeprefix("+"))
