"""pywebpush: one push."""
import json
import sys

from pywebpush import WebPushException, webpush

given = json.loads(sys.argv[1])
try:
    answer = webpush(
        given["subscription"],
        given["data"],
        vapid_private_key=given["key"],
        vapid_claims={"sub": "mailto:ops@example.com"},
        ttl=60,
        headers={"urgency": "high", "topic": "abc"},
    )
    print(json.dumps({"ok": True, "status": answer.status_code}))
except WebPushException as error:
    print(json.dumps({"ok": False, "status": error.response.status_code}))
