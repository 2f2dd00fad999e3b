"""gunicorn around the application, with its traps closed."""

import atexit
import gc
import os
import shutil
import socket
import struct
import tempfile
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# gthread waits without end for the rest of a request once its first byte is in; the kernel's own timeout on the
# listeners, which accepted connections inherit, ends that.
READ_SECONDS = 30


class Server(BaseApplication):  # type: ignore[misc]
    """The service on a port: workers forked from a process that has the model in memory already, so they share it."""

    def __init__(self, host: str, port: int, workers: int, threads: int) -> None:
        self.settings: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "preload_app": True,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # a heartbeat must not wait for a disk
            "control_socket_disable": True,
            "keepalive": 15,
            "graceful_timeout": 30,
            "accesslog": "-" if os.environ.get("ONDIT_ACCESS_LOG") else None,
            "when_ready": _limit_reading,
            "post_worker_init": _report_readiness,
            "on_reload": _take_up_current_model,
            "child_exit": _forget_metrics,
        }
        if os.environ.get("ONDIT_LOGS") == "json":
            self.settings["logconfig_dict"] = _json_logs()
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        from service import create_app

        app = create_app()
        gc.freeze()  # what is loaded now is never garbage: collecting would touch, and so copy, what the workers share
        return app


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until told to stop. SIGHUP takes up a promoted model version, SIGTERM ends after the last answer."""
    # Has to be there before prometheus-client is imported: it decides then whether counts are shared.
    folder = tempfile.mkdtemp(prefix="ondit-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    atexit.register(_remove, folder, os.getpid())
    Server(host, port, workers, threads).run()


def _limit_reading(arbiter: Arbiter) -> None:
    for listener in arbiter.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))


def _report_readiness(worker: Worker) -> None:
    worker.wsgi.config["READY"] = lambda: worker.alive


def _take_up_current_model(arbiter: Arbiter) -> None:
    """An exception here would end the master process: keep serving the version that is in memory instead."""
    try:
        arbiter.app.callable = arbiter.app.load()
        arbiter.log.info("serving model %s", arbiter.app.callable.config["CLASSIFIER"].version)
    except Exception as error:
        arbiter.log.error("the current model version cannot be loaded, still serving the one before: %s", error)


def _forget_metrics(arbiter: Arbiter, worker: Worker) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _remove(folder: str, owner: int) -> None:
    """Remove what was counted; workers end by the same way, and must not."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _json_logs() -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "class": "pythonjsonlogger.json.JsonFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {
                "level": "INFO" if os.environ.get("ONDIT_ACCESS_LOG") else "WARNING",
                "handlers": ["stderr"],
                "propagate": False,
            },
        },
    }
