"""JPush's own SDK for Python, which knows its own addresses only: the URLs are led to the fake."""
import json
import sys

import jpush
from jpush import common

given = json.loads(sys.argv[1])
get_url = common.get_url
common.get_url = lambda *args: get_url(*args).replace("https://api.jpush.cn", given["url"])

push = jpush.JPush(given["appKey"], given["masterSecret"]).create_push()
cid = push.get_cid(1, "push").payload["cidlist"][0]
push.cid = cid
push.platform = ["android", "ios", "hmos"]
push.audience = {"registration_id": [given["registrationId"]]}
push.notification = jpush.notification(
    android=jpush.android(**given["android"]),
    ios=jpush.ios(**given["ios"]),
    hmos=given["hmos"],
)
push.options = given["options"]
try:
    first = push.send().payload
    again = push.send().payload
    print(json.dumps({"ok": True, "first": first["msg_id"], "again": again["msg_id"]}))
except common.JPushFailure as error:
    print(json.dumps({"ok": False, "code": error.error_code, "message": str(error)}))
