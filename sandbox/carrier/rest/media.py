"""Recordings and the files that came with texts: entries as JSON, contents behind a redirect."""

from sandbox.carrier.records import Media, Recording
from sandbox.carrier.rest.routing import ACCOUNT, Answer, Request, pages, route
from sandbox.carrier.wire import Refused

STORAGE = "media.twiliocdn.com"


def _redirect(request: Request, sid: str) -> Answer:
    """The content lies on another host; the credentials must not travel there."""
    request.headers["Location"] = f"{request.world.storage_url}/{request.account.sid}/{sid}"
    return 307, None


def _recording(request: Request, sid: str) -> Recording:
    recording = request.world.recordings.get(sid.partition(".")[0])
    if recording is None or recording.account_sid != request.account.sid:
        raise Refused(404, 20404)
    return recording


@route("GET", f"{ACCOUNT}/Recordings.json")
def list_recordings(request: Request) -> Answer:
    """Recordings of the account, newest first, of one call if asked."""
    wanted = request.query.get("CallSid")
    found = [
        one
        for one in list(request.world.recordings.values())
        if one.account_sid == request.account.sid and wanted in (None, one.call_sid)
    ]
    return pages(request, "recordings", found[::-1])


@route("GET", f"{ACCOUNT}/Recordings/{{sid}}")
def fetch_recording(request: Request, sid: str) -> Answer:
    """The entry for `.json`, the sound for `.wav`, `.mp3` or no ending."""
    recording = _recording(request, sid)
    return (200, recording.to_json()) if sid.endswith(".json") else _redirect(request, recording.sid)


@route("DELETE", f"{ACCOUNT}/Recordings/{{sid}}.json")
def delete_recording(request: Request, sid: str) -> Answer:
    """Forget a recording."""
    with request.world.lock:
        del request.world.recordings[_recording(request, sid).sid]
    return 204, None


def _media(request: Request, message_sid: str, sid: str) -> Media:
    item = request.world.media.get(sid.partition(".")[0])
    if item is None or item.account_sid != request.account.sid or item.message_sid != message_sid:
        raise Refused(404, 20404)
    return item


@route("GET", f"{ACCOUNT}/Messages/{{message}}/Media.json")
def list_media(request: Request, message: str) -> Answer:
    """The files of one message."""
    found = [
        one
        for one in list(request.world.media.values())
        if one.message_sid == message and one.account_sid == request.account.sid
    ]
    return pages(request, "media_list", found)


@route("GET", f"{ACCOUNT}/Messages/{{message}}/Media/{{sid}}")
def fetch_media(request: Request, message: str, sid: str) -> Answer:
    """The entry for `.json`, else the file."""
    item = _media(request, message, sid)
    return (200, item.to_json()) if sid.endswith(".json") else _redirect(request, item.sid)


@route("DELETE", f"{ACCOUNT}/Messages/{{message}}/Media/{{sid}}.json")
def delete_media(request: Request, message: str, sid: str) -> Answer:
    """Forget a file."""
    with request.world.lock:
        del request.world.media[_media(request, message, sid).sid]
    return 204, None
