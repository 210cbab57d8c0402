"""How gunicorn serves the event stream: thousands of open answers in one process of green threads."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5601')}"
workers = 1
worker_class = "gevent"
worker_connections = 5000
graceful_timeout = 5  # open streams never end by themselves
timeout = 60
control_socket_disable = True
