"""Lambda entry point for tills and operators: `zappa_settings.json` names `serverless.staff_api.app`."""

from serverless import patterns, startup  # noqa: F401  # patterns: before marshmallow is imported
from serverless.apps.staff import staff_app
from serverless.logs import configure
from serverless.wiring import wiring

configure()
app = staff_app(wiring())
startup.ready()
