"""What the server costs by itself: an application that sends the posted body back, under the same gunicorn settings."""

import os

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication


class Echo(BaseApplication):  # type: ignore[misc]
    """A bare Flask application with two workers."""

    def load_config(self) -> None:
        settings = {
            "bind": f"127.0.0.1:{os.environ['PORT']}",
            "workers": 2,
            "threads": 4,
            "worker_class": "gthread",
            "preload_app": True,
        }
        for name, value in (settings | {"keepalive": 15, "control_socket_disable": True}).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = Flask(__name__)

        @app.post("/v1/classify")
        def echo() -> Response:
            return Response(request.get_data(), mimetype="application/json")

        @app.get("/readyz")
        def ready() -> str:
            return "ready"

        return app


if __name__ == "__main__":
    Echo().run()
