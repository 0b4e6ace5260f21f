"""Every operation once, as it is meant, and its answer against the OpenAPI document."""

import pytest

from tests.handlers.document import DOCUMENT
from tests.handlers.objects import BUILDERS
from tests.handlers.scene import Scene, door_of, operation_of, raw_body


@pytest.mark.parametrize("endpoint", BUILDERS)
def test_a_good_answer_is_as_the_document_describes_it(scene: Scene, endpoint: str) -> None:
    shop, sample = scene.shop, BUILDERS[endpoint](scene.shop)
    door = door_of(shop, endpoint)
    rule = next(rule for rule in door.app.url_map.iter_rules() if rule.endpoint == endpoint)
    path = rule.rule.replace("<", "{").replace(">", "}")
    key = sample.headers.get("Idempotency-Key", "")
    credentials = sample.credentials(sample.method, sample.path, sample.query, raw_body(sample), key)

    response = door.app.test_client().open(
        sample.path,
        method=sample.method,
        query_string=dict(sample.query),
        data=raw_body(sample),
        headers={**sample.headers, **credentials},
    )

    assert response.status_code == operation_of(door.app, endpoint).status
    DOCUMENT[path][sample.method].validate_response(response)
