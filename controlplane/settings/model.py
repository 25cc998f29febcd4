"""Every setting of Seneschal: its environment variable, its default and what it means."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PostgresDsn, RedisDsn, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from controlplane.embedded.account import account_for_servers
from controlplane.embedded.datafolder import default_path, published_connections

PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """What can be set from outside; `docs/settings.md` is printed from here."""

    model_config = SettingsConfigDict(
        env_prefix="SENESCHAL_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    process: Literal["web", "worker", "beat", "manage", "owner"] = Field(
        default="manage",
        description=(
            "What this process is. `web` alone keeps a pool of database connections; `owner` "
            "(migrations, partitions, grants) connects with DATABASE_OWNER_URL."
        ),
    )
    data: Path | None = Field(
        default=None,
        description=(
            "The data folder: embedded databases, logs, generated secrets. Default `.seneschal` "
            "in the project's folder, or a folder below `/var/lib/seneschal` when started by root "
            "and the servers' unprivileged user cannot reach the project's folder."
        ),
    )
    database_url: PostgresDsn | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description=(
            "PostgreSQL 15 or newer, as `postgresql://user:password@host:port/name`, connecting "
            "as a runtime role. When set, no PostgreSQL is started by `make run`."
        ),
    )
    database_owner_url: PostgresDsn | None = Field(
        default=None,
        validation_alias="DATABASE_OWNER_URL",
        description=(
            "The same database, connecting as the role that owns its tables: migrations, "
            "partitions and the runtime roles' grants. Default: DATABASE_URL."
        ),
    )
    redis_url: RedisDsn | None = Field(
        default=None,
        validation_alias="REDIS_URL",
        description=(
            "Redis or Valkey, as `redis://:password@host:port/0`. It wakes workers and holds the "
            "cache; nothing in it has to survive. When set, no Redis is started by `make run`."
        ),
    )
    warehouse_url: PostgresDsn | None = Field(
        default=None,
        description=(
            "Superuser connection to the server on which the demo company's warehouse is built. "
            "Default: the second embedded cluster. Nothing but the demo uses it."
        ),
    )
    demo: bool | None = Field(
        default=None,
        description=(
            "Load the demo company into a new database. Default: only into an embedded one."
        ),
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description=(
            "Signs sessions and links; 50 random characters or more. Default: the one that "
            "`make run` generated into the data folder."
        ),
    )
    host: str = Field(default="127.0.0.1", description="Address on which the web server listens.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        description="Port on which the web server listens; 0 takes any free one.",
    )
    allowed_hosts: str = Field(
        default="localhost,127.0.0.1,[::1]",
        description="Host names, separated by commas, under which browsers may reach Seneschal.",
    )
    allowed_networks: str = Field(
        default="",
        description=(
            "Networks, as CIDR separated by commas, within which a system may be connected "
            "although they are private, loopback or link-local: `10.20.0.0/16,127.0.0.1/32`. "
            "Public addresses need no entry; with the demo company loopback needs none either."
        ),
    )
    secure: bool = Field(
        default=False,
        description=(
            "Behind HTTPS: cookies for HTTPS only, redirect from HTTP, strict transport security. "
            "Set it everywhere but on a loopback address."
        ),
    )
    trusted_proxy: bool = Field(
        default=False,
        description="Believe `X-Forwarded-Proto: https` of the proxy in front.",
    )
    debug: bool = Field(
        default=False, description="Show tracebacks in the browser. Never where others can reach."
    )
    style_guide: bool = Field(
        default=False, description="Show `/style-guide`, every part of the look on one page."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="Log lines for people or for machines."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least important log lines that are written."
    )
    web_threads: int = Field(
        default=4,
        ge=1,
        le=256,
        description="Threads of the web server that answer requests; also its database pool.",
    )
    web_processes: int = Field(default=1, ge=1, le=64, description="Processes of the web server.")
    worker_processes: int = Field(
        default=2, ge=1, le=256, description="Processes of the worker: jobs done at the same time."
    )
    job_seconds: int = Field(
        default=3600,
        ge=60,
        description=(
            "Longest time a job may take, in seconds. A wake-up that is not acknowledged within "
            "twice this time is delivered again."
        ),
    )
    audit_key: str | None = Field(
        default=None,
        pattern=r"^file:.",
        description=(
            "The private key that signs checkpoints of the audit book, as `file:/path`; keep it "
            "out of the database's backups. Default `keys/audit.pem` in the data folder, made "
            "when it is first needed."
        ),
    )
    reconcile_seconds: int = Field(
        default=300,
        ge=10,
        le=86_400,
        description=(
            "Every so many seconds each connected system is compared with what is declared, "
            "whether or not anybody asked: hand-made changes and lost messages end here."
        ),
    )
    checkpoint_folder: Path | None = Field(
        default=None,
        description=(
            "Where signed checkpoints of the audit book are copied, best on another machine. "
            "Default a folder beside the data folder, named like it with `-checkpoints`."
        ),
    )
    email_url: str = Field(
        default="console",
        description=(
            "Where mail is sent: `smtp://user:password@host:port`, `smtps://…`, or `console` for "
            "the log."
        ),
    )
    email_from: str = Field(
        default="Seneschal <seneschal@localhost>", description="Sender of the mails."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then what running embedded servers published."""
        given = env_settings()
        running = published_connections(data_folder(given.get("data")))
        if "DATABASE_URL" in given:  # a database of one's own is never mixed with the embedded
            running = {name: url for name, url in running.items() if "DATABASE" not in name}
        return init_settings, env_settings, InitSettingsSource(settings_cls, dict(running))

    @property
    def folder(self) -> Path:
        """The data folder in use."""
        return data_folder(self.data)


def data_folder(chosen: Path | str | None) -> Path:
    """Return the data folder: the chosen one, or the default of this machine."""
    return Path(chosen or default_path(PROJECT, account_for_servers())).absolute()


def variable(name: str) -> str:
    """Return the environment variable that sets the field *name*."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else f"SENESCHAL_{name.upper()}"


def read() -> Settings:
    """Return the settings of this process.

    Raises SystemExit with one sentence per wrong variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "\n".join(
            f"{_variable_of(problem['loc'])}: {problem['msg']}" for problem in error.errors()
        )
        raise SystemExit(f"A setting is wrong.\n{wrong}") from None


def _variable_of(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    return variable(name) if name in Settings.model_fields else name
