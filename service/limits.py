"""How much one caller may ask: the size of a request, and, where the operator sets it, how often."""

import os

import limits as rates
from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

BODY_BYTES = 1_000_000  # a request's body, or a line of an NDJSON stream: some 8,000 sentences


def install(app: Flask) -> None:
    """`ONDIT_RATE_LIMIT` ("60/minute") limits each address; `ONDIT_RATE_STORAGE` ("redis://…") shares the count.

    Without a storage each worker process counts for itself: with 2 workers up to twice the rate gets through.
    """
    rate = os.environ.get("ONDIT_RATE_LIMIT")
    if rate:
        try:
            rates.parse_many(rate)
        except ValueError:
            raise ValueError(f"ONDIT_RATE_LIMIT {rate!r}, expected something like 60/minute") from None
        storage = os.environ.get("ONDIT_RATE_STORAGE", "memory://")
        limiter = Limiter(get_remote_address, app=app, default_limits=[rate], storage_uri=storage, headers_enabled=True)
        limiter.request_filter(lambda: request.endpoint != "classify.classify")  # probes and pages are free
