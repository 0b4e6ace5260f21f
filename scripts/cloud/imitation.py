"""What moto, which plays AWS on this machine, cannot do. Told in every plan, and never faked."""

CANNOT_CALL = frozenset({"UpdateStage", "GetPolicy past the alias"})
LIMITS = (
    "functions are not run; scripts/local/ runs what was deployed, on Lambda's runtime client",
    "rules do not fire, the stream is not read, no alarm goes off, no mail is sent",
    "limits of an API's stage are not changed once it is made (UpdateStage)",
    "transactions of the table: tenants are set up on a local engine (docs/deployment.md)",
    "who may call a function itself is not told apart from who may call its alias",
    "a mapping calls the version that its alias pointed to, and does not follow the alias",
    "IAM is not enforced; whether roles suffice is held on this machine by scripts/local/iam.py",
    "certificates, name servers and TLS",
)
