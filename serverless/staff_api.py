"""Lambda entry point for tills and operators: `zappa_settings.json` names `serverless.staff_api.handler`."""

from serverless import patterns, startup  # noqa: F401  # patterns: before marshmallow is imported
from serverless.apps.staff import staff_app
from serverless.http import entry
from serverless.logs import configure
from serverless.wiring import wiring

configure()
handler = entry(staff_app(wiring()))
startup.ready(wiring())
