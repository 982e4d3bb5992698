"""aioapns, which knows two addresses only: its connections are led to the fake."""
import asyncio
import json
import logging
import ssl
import sys

from aioapns import APNs, NotificationRequest
from aioapns.common import PushType

logging.disable(logging.CRITICAL)
given = json.loads(sys.argv[1])


async def send():
    loop = asyncio.get_running_loop()
    create_connection = loop.create_connection

    def to_fake(protocol_factory, host=None, port=None, **more):
        return create_connection(protocol_factory, "127.0.0.1", given["port"], **{**more, "server_hostname": "localhost"})

    loop.create_connection = to_fake
    context = ssl.create_default_context(cadata=given["ca"])
    context.set_alpn_protocols(["h2"])
    client = APNs(
        key=given["key"], key_id=given["keyId"], team_id=given["teamId"], topic=given["topic"], ssl_context=context
    )
    request = NotificationRequest(
        device_token=given["token"],
        message=given["message"],
        notification_id=given["id"],
        time_to_live=3600,
        priority=10,
        collapse_key=given["collapse"],
        push_type=PushType.ALERT if given["pushType"] else None,
    )
    answer = await client.send_notification(request)
    return {"ok": answer.is_successful, "status": answer.status, "reason": answer.description}


print(json.dumps(asyncio.run(send())))
