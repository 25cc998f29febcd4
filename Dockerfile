# The product in one image; web, worker and beat are the same image with another command.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SENESCHAL_DATA=/data SENESCHAL_LOG_FORMAT=json
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
RUN useradd --system --user-group --home-dir /app seneschal \
    && install -d -o seneschal -g seneschal -m 700 /data /checkpoints
COPY manage.py ./
COPY apps apps
COPY controlplane controlplane
COPY cli cli
COPY examples examples
COPY templates templates
COPY static static
USER seneschal
VOLUME /data /checkpoints
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--blocking-threads", "4", "--respawn-failed-workers", "controlplane.wsgi:application"]
