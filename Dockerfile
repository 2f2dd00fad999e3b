# Two stages: one installs and compiles, the other holds only what serving needs.
ARG PYTHON=python:3.11.7-slim-bookworm
FROM ${PYTHON} AS build
WORKDIR /ondit
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes --only-binary :all: -r requirements.txt
COPY models models
COPY service service
RUN find /venv -type d -name tests -prune -exec rm -rf {} + \
 && python -m compileall -q -j 0 /venv/lib /ondit

FROM ${PYTHON}
RUN useradd --no-create-home --uid 10001 ondit
COPY --from=build /venv /venv
COPY --from=build /ondit/models /ondit/models
COPY --from=build /ondit/service /ondit/service
WORKDIR /ondit
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 ONDIT_LOGS=json
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=2)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]
