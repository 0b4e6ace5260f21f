"""One folder per outside system: may import `domain` and that system's library, never each other."""

import sys

# Where pyOpenSSL is installed (the Alipay SDK brings it), botocore loads it through this module at every
# start, for nothing: a fifth of the client's start-up. None makes the import fail as if it were not there.
# Here, because it has to come before the first import of botocore, whichever module that is in.
sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]  # documented by Python
