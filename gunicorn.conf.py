"""How gunicorn serves pages, APIs and webhooks."""

import gc
import os
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5600')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))
worker_class = "gthread"
threads = 8
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
control_socket_disable = True


def when_ready(_server: Any) -> None:
    """Keep the memory that the workers share from being copied by the garbage collector's marks."""
    gc.collect()
    gc.freeze()
