"""python -m service serve | classify."""

import os
import sys
from typing import BinaryIO

import click
import msgspec

from models import store
from models.classifier import Answer, Verdict
from models.languages import UnsupportedLanguage

COLOURS = {"confirmed": "green", "speculation": "yellow", "no_claim": "bright_black"}


@click.group()
def main() -> None:
    """Ondit tells what an article confirms from what it only says is said."""


@main.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, envvar="PORT", show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option(
    "--workers",
    default=min(2, os.cpu_count() or 1),
    envvar="ONDIT_WORKERS",
    show_default=True,
    type=click.IntRange(1),
    help="Processes.",
)
@click.option(
    "--threads",
    default=16,
    envvar="ONDIT_THREADS",
    show_default=True,
    type=click.IntRange(1),
    help="Threads in each process.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the page and the API until stopped."""
    from service import server

    where = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    click.echo(f"Ondit is at {where}/ once it says `Listening`. Try:\n")
    article = "Fans think she may leave the show. She stays, her agent said."
    click.echo(f"  curl {where}/v1/classify -H 'Content-Type: text/plain' --data-binary '{article}'\n")
    try:
        server.serve(host, port, workers, threads)
    except (store.ModelError, ValueError) as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="The answer of the API instead of coloured text.")
@click.option("--language", help="Code of the article's language, where it should not be detected.")
def classify(file: BinaryIO, as_json: bool, language: str | None) -> None:
    """Read the article in FILE (`-` for standard input) and print what it does with each sentence."""
    try:
        text = file.read().decode("utf-8-sig")
        if not text.strip() or "\0" in text:
            raise click.ClickException(
                f"{file.name}: {'a NUL character' if text.strip() else 'no text'}, expected an article"
            )
        classifier = store.load()
        answer = classifier.classify(text, language)
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{file.name}: byte 0x{error.object[error.start]:02x} at {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except (store.ModelError, UnsupportedLanguage) as error:
        raise click.ClickException(f"{error}") from None
    if as_json:
        model = {"version": classifier.version, "digest": classifier.digest}
        reply = {"language": answer.language, "model": model, "sentences": answer.sentences, "summary": answer.summary}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(reply), indent=1) + b"\n")
    else:
        _print(text, answer)


def _print(text: str, answer: Answer) -> None:
    at = 0
    for verdict in answer.sentences:
        if "\n" in text[at : verdict.start]:
            click.echo()
        label = f"{verdict.label.replace('_', ' '):12}{verdict.probability:4.0%}  {verdict.source:10}"
        click.echo(click.style(label, fg=COLOURS[verdict.label]) + _underlined(verdict))
        at = verdict.end
    click.echo("\n" + ", ".join(f"{count} {label.replace('_', ' ')}" for label, count in answer.summary.items()))


def _underlined(verdict: Verdict) -> str:
    """The sentence with its cues underlined."""
    parts, at = [], 0
    for cue in verdict.cues:
        parts += [verdict.text[at : cue.start], click.style(verdict.text[cue.start : cue.end], underline=True)]
        at = cue.end
    return "".join([*parts, verdict.text[at:]])


if __name__ == "__main__":
    main(prog_name="python -m service")
