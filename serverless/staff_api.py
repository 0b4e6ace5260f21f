"""Lambda entry point for tills and operators: `zappa_settings.json` names `serverless.staff_api.app`."""

from serverless import startup
from serverless.apps import staff_app
from serverless.logs import configure
from serverless.wiring import wiring

configure()
app = staff_app(wiring())
startup.ready()
