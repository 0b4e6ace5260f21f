"""Lambda entry point for people: `zappa_settings.json` names `serverless.member_api.app`."""

from serverless import startup
from serverless.apps import member_app
from serverless.logs import configure
from serverless.wiring import wiring

configure()
app = member_app(wiring())
startup.ready()
