"""A client that others wrote, at the orders of a test: JSON lines in, JSON lines out."""

import asyncio
import json
import ssl
import sys

from slixmpp import ClientXMPP


class Client(ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in ("xep_0030", "xep_0045", "xep_0184", "xep_0308", "xep_0333", "xep_0424"):
            self.register_plugin(plugin)
        self["xep_0184"].auto_ack = True
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.heard)
        self.add_event_handler("groupchat_message", self.heard_in_room)
        self.add_event_handler("receipt_received", lambda m: tell("receipt", m["receipt"]))
        self.add_event_handler("marker_displayed", lambda m: tell("displayed", m["displayed"]["id"]))

    def get_ssl_context(self):
        # The server's certificate is the test's own.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def started(self, _):
        self.send_presence()
        tell("ready", "")
        # Whoever holds no task has it collected while it waits.
        self.reading = asyncio.ensure_future(self.read())

    async def read(self):
        reader = asyncio.StreamReader()
        await asyncio.get_event_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while line := await reader.readline():
            self.obey(json.loads(line))

    def obey(self, order):
        if "recalled" in order:
            self["xep_0424"].send_retraction(order["to"], order["recalled"])
            return
        if "nick" in order:
            self.enter(order["to"], order["nick"])
            return
        if "room" in order:
            message = self.make_message(mto=order["room"], mtype="groupchat", mbody=order["body"])
            message["id"] = order["id"]
            message.send()
            return
        message = self.make_message(mto=order["to"], mtype="chat")
        if "body" in order:
            message["body"] = order["body"]
            message["id"] = order["id"]
            if "replaced" in order:
                message["replace"]["id"] = order["replaced"]
            message["request_receipt"] = True
            message.enable("markable")
        else:
            message["displayed"]["id"] = order["displayed"]
        message.send()

    def enter(self, room, nick):
        self.add_event_handler(f"muc::{room}::self-presence", lambda _: tell("entered", room))
        self["xep_0045"].join_muc(room, nick, maxhistory="0")

    def heard(self, message):
        if message["body"] and message["type"] != "groupchat":
            tell("body", message["body"], message["id"])

    def heard_in_room(self, message):
        if message["body"]:
            tell("said", f"{message['mucnick']}: {message['body']}", message["id"])


def tell(what, text, name=""):
    print(json.dumps({"what": what, "text": text, "id": name}), flush=True)


jid, password, port = sys.argv[1:]
client = Client(jid, password)
client.connect(("127.0.0.1", int(port)))
client.process(forever=True)
