"""A model server that behaves as its model's name says, for demo, development and tests; it understands nothing.

It speaks OpenAI's chat completions (`POST /v1/chat/completions`) and Anthropic's messages (`POST /v1/messages`) on the
loopback address. The model's name chooses one of thirteen behaviours, see behaviours.py.

In a test::

    model = start()                                # port 0: any free port
    model.settings("anthropic", "drip")            # the product's settings that lead to a behaviour
    model.say(reply="We can be there {{slot:s1}}.", job_type="leak_repair")   # what the well-behaved ones answer
    model.requests[-1].body                        # what was asked, word for word
    assert model.complaints == []                  # requests that a real server would not have taken
    model.reset(); model.stop()

Over HTTP: `GET /log` lists the requests, `PUT /answer` sets the answer, `POST /reset` forgets both.
On its own: `python -m sandbox.llm`.
"""

from sandbox.llm.behaviours import BEHAVIOURS
from sandbox.llm.server import Asked, ModelServer

__all__ = ["BEHAVIOURS", "Asked", "ModelServer", "start"]


def start(port: int = 0) -> ModelServer:
    """Answer on a loopback port."""
    return ModelServer(port)
