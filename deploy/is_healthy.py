"""Whether this container's own web process answers; exits 1 where it does not."""

import os
import sys
import urllib.request

host = os.environ["ALLOWED_HOSTS"].split(",")[0]
# Named as the proxy would name it: another host would be refused.
request = urllib.request.Request("http://127.0.0.1:8000/healthz", headers={"Host": host})
try:
    urllib.request.urlopen(request, timeout=4).close()
except OSError as error:
    sys.exit(f"not healthy: {error}")
