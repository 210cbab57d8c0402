"""Lets the product know the sandbox's language model for the length of a test, and reads what came of asking it."""

from typing import Any

from flask import Flask

from app.conversations import Turn
from config import Settings
from sandbox.llm import Asked, ModelServer

WIRES = ("openai_compatible", "anthropic")


class LanguageModel:
    """The model as a test sees it: switched on for the product, told what to say, asked what it was asked."""

    def __init__(self, web: Flask, server: ModelServer) -> None:
        self.web, self.server = web, server
        self.without: Settings = web.extensions["settings"]

    def on(self, behaviour: str = "ok", wire: str = "openai_compatible", **settings: Any) -> None:
        """The product's model behaves like that from now on."""
        told = Settings(_env_file=None, **(self.server.settings(wire, behaviour) | settings))
        chosen = {name: getattr(told, name) for name in Settings.model_fields if name.startswith("llm_")}
        self.web.extensions["settings"] = self.without.model_copy(update=chosen)

    def off(self) -> None:
        self.web.extensions["settings"] = self.without

    def says(self, **fields: Any) -> None:
        self.server.say(**fields)

    @property
    def requests(self) -> list[Asked]:
        return self.server.requests


def last_turn(story: Any) -> Turn:
    """The newest turn of a story."""
    return max(story.all(Turn), key=lambda turn: turn.id)
