import {
  ChatAccountBodySchema,
  ChatAccountQuerySchema,
  ChatRegistrationSchema,
  ChatServerChecksSchema,
  HeraldError,
  NudgesSchema,
} from '@herald/protocol'
import { requireDeviceId } from '../device-id'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Newest nudges that are shown of a user. */
const MAX_NUDGES = 50

/** Chat accounts of devices. */
export function chatAccountRoutes({ chat }: HttpServices): Route[] {
  return [
    route({
      method: 'PUT',
      path: '/v1/me/devices/{id}/xmpp',
      right: 'read',
      summary:
        'Register a chat account of this device, so that its XMPP server can have it alerted (XEP-0357)',
      body: ChatAccountBodySchema,
      answers: {
        200: { meaning: 'What to enable push at the server with.', schema: ChatRegistrationSchema },
      },
      errors: ['device_not_found', 'chat_server_unknown', 'chat_account_limit', 'storage_unavailable'],
      async handle({ params, body: { account, domain }, caller: { user } }) {
        const device = requireDeviceId(params.id)
        if (!chat) throw new HeraldError('chat_server_unknown')
        return { status: 200, body: await chat.register({ user: user.id, device }, account, domain) }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/devices/{id}/xmpp',
      right: 'read',
      summary: 'Forget a chat account of a device: its server is told so when it next has something',
      query: ChatAccountQuerySchema,
      answers: { 204: { meaning: 'The device has no such account.' } },
      errors: ['invalid_body', 'storage_unavailable'],
      async handle({ params, query: { account }, caller: { user } }) {
        await chat?.unregister({ user: user.id, device: requireDeviceId(params.id) }, account)
        return { status: 204 }
      },
    }),
  ]
}

/** The chat servers that the gateway is a component of, as an administrator sees them. */
export function chatServerRoutes({ chat, directory }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/chat-servers/check',
      right: 'admin',
      summary: 'Ask each chat server whether what is sent to the gateway reaches it',
      answers: { 200: { meaning: 'How each connection is, within 5 s.', schema: ChatServerChecksSchema } },
      async handle() {
        return { status: 200, body: { chatServers: (await chat?.check()) ?? [] } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users/{id}/nudges',
      right: 'admin',
      summary: 'What chat servers said of a user’s accounts, and what became of it on each device',
      answers: { 200: { meaning: 'The newest first.', schema: NudgesSchema } },
      errors: ['user_not_found'],
      async handle({ params }) {
        const { id: user } = await directory.getUser(params.id ?? '')
        const { accounts, nudges } = (await chat?.historyOf(user, MAX_NUDGES)) ?? { accounts: [], nudges: [] }
        return { status: 200, body: { user, accounts, nudges } }
      },
    }),
  ]
}
