"""Lambda entry point for people: `zappa_settings.json` names `serverless.member_api.handler`."""

from serverless import patterns, startup  # noqa: F401  # patterns: before marshmallow is imported
from serverless.apps.member import member_app
from serverless.http import entry
from serverless.logs import configure
from serverless.wiring import wiring

configure()
handler = entry(member_app(wiring()))
startup.ready(wiring())
