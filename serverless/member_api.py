"""Lambda entry point for people: `zappa_settings.json` names `serverless.member_api.app`."""

from serverless import patterns, startup  # noqa: F401  # patterns: before marshmallow is imported
from serverless.apps.member import member_app
from serverless.logs import configure
from serverless.wiring import wiring

configure()
app = member_app(wiring())
startup.ready()
