import { DeviceBodySchema, FollowBodySchema, HeraldError, MAX_PAGE, type Message } from '@herald/protocol'
import * as v from 'valibot'
import type { HttpAnswer, HttpRequest } from '@/services/api/http'
import { toAnswer, type GatewayLife } from './gateway-life'

/** What a browser subscribes with. */
export const WEB_PUSH_KEY = 'B'.repeat(87)

/** The HTTP of the gateway as far as an app asks for it; what stands behind each route is the real thing. */
export async function askOverHttp(life: GatewayLife, request: HttpRequest): Promise<HttpAnswer> {
  try {
    const body = await answer(life, request)
    return { status: body === undefined ? 204 : 200, text: body === undefined ? '' : JSON.stringify(body) }
  } catch (error) {
    return toAnswer(error)
  }
}

async function answer(life: GatewayLife, request: HttpRequest): Promise<unknown> {
  const { log, subscriptions, devices } = life.opened
  const secret = (request.headers.Authorization ?? '').replace('Bearer ', '')
  const { user, token } = await life.authenticate(secret)
  if (!user) throw new HeraldError('token_invalid')
  const url = new URL(request.url)
  const [, , first, second, third] = url.pathname.split('/').map(decodeURIComponent)
  const route = `${request.method} ${first ?? ''}`
  if (route === 'GET me') return { user, token, feeds: await subscriptions.feedsOf(user.id) }
  if (route === 'GET push') return { providers: life.providerList(), webPush: { publicKey: WEB_PUSH_KEY } }
  if (first === 'me' && second === 'devices' && third !== undefined) {
    if (request.method === 'DELETE') {
      await devices.end(user.id, third)
      life.presence.forget(user.id, third)
      return undefined
    }
    const body = v.parse(DeviceBodySchema, request.body)
    await devices.put(user.id, third, token, body)
    const push = body.push.map(({ provider, app }) => ({ provider, on: life.isOn(provider, app) }))
    return { device: third, recipient: life.recipientOf(user.id), push }
  }
  if (first === 'me' && second === 'feeds' && third !== undefined) {
    if (request.method === 'DELETE') return subscriptions.unfollow(user.id, third)
    return subscriptions.follow(user.id, third, v.parse(FollowBodySchema, request.body).muted)
  }
  if (first === 'feeds' && second !== undefined && third === 'messages') {
    const head = await log.head(second)
    if (!head) throw new HeraldError('read_forbidden')
    const [before, after] = [url.searchParams.get('before'), url.searchParams.get('after')]
    const page = after === null ? { before: Number(before) } : { after: Number(after) }
    const messages: readonly Message[] = await log.read(second, { ...page, limit: MAX_PAGE })
    return { ...head, messages }
  }
  if (route === 'GET messages') {
    const found = await log.find(second ?? '')
    if (!found) throw new HeraldError('message_not_found')
    return found
  }
  throw new HeraldError('not_found')
}
