"""The whole product on one machine: engine, sandbox, API, jobs."""
