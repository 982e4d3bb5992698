import type { Hello, Welcome } from '@herald/protocol'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { LiveNotes } from '../../../gateway/presence/live-notes'
import { Presence } from '../../../gateway/presence/presence'
import { SocketEndpoint } from '../../../gateway/ws/endpoint'
import { Hub } from '../../../gateway/ws/hub'
import type { JoinQueue } from '../../../gateway/ws/join-queue'
import type { SocketContext, SocketObserver } from '../../../gateway/ws/context'
import { openAnyStore, type OpenedTestStore } from '../temporary-store'
import { helloOf, TestSocket } from './test-socket'

interface ServerOptions {
  readonly heartbeatMs?: number
  readonly folder?: string
  readonly origins?: readonly string[]
  readonly maxCount?: number
  readonly isFull?: () => boolean
  /** Whether an address has all the connections that it may have. */
  readonly isTaken?: () => boolean
  readonly joins?: JoinQueue
  readonly maxUserSockets?: number
  /** A store that another server has too. */
  readonly opened?: OpenedTestStore
  /** Names it among those that share a store. */
  readonly gateway?: string
}

/** The real store, hub and endpoint on a port of their own, with a user and a token to read as. */
export async function startSocketServer(options: ServerOptions = {}) {
  const retention = { maxAgeMs: 1e12, maxCount: options.maxCount ?? 1e9 }
  const opened =
    options.opened ??
    (await openAnyStore({ retention, ...(options.folder ? { folder: options.folder } : {}) }))
  const { log, directory, subscriptions, devices, pushes, bus } = opened
  const { observer, events } = recordingObserver()
  const acks = new AckBuffer(opened.acks, observer.fault)
  const presence = new Presence(40_000, Date.now)
  const live = new LiveNotes(devices, observer.fault)
  const hub = new Hub({ log, bus, gateway: options.gateway ?? 'one', onDelivered: observer.delivered })
  const context: SocketContext = {
    log,
    subscriptions,
    acks,
    presence,
    live,
    pushes,
    hub,
    heartbeatMs: options.heartbeatMs ?? 25_000,
    now: Date.now,
    observer,
    authenticate: (token) => directory.authenticate(token),
  }
  const http = createServer()
  const endpoint = new SocketEndpoint(http, {
    ...context,
    bus,
    ...(options.joins && { joins: options.joins }),
    ...(options.maxUserSockets !== undefined && { maxUserSockets: options.maxUserSockets }),
    isOriginAllowed: (origin) => origin === undefined || (options.origins ?? []).includes(origin),
    addressOf: ({ socket }) => socket.remoteAddress ?? '',
    refused: (code, address, tokenId) => {
      events.push({ refused: { code, address, tokenId } })
    },
    claim: () => options.isTaken?.() !== true,
    admit: () => (options.isFull?.() ? Promise.reject(new TooMany()) : Promise.resolve()),
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `ws://127.0.0.1:${String((http.address() as AddressInfo).port)}/v1/socket`
  onTestFinished(async () => {
    await endpoint.close(0)
    http.closeAllConnections()
    http.close()
  })

  const token = await readerToken(opened, 'ann')
  const join = async (changes: Partial<Hello> = {}): Promise<{ socket: TestSocket; welcome: Welcome }> => {
    const socket = await new TestSocket(url).opened()
    socket.send(helloOf(token.token, changes))
    return { socket, welcome: await socket.nextOf('welcome') }
  }
  const publish = async (feed: string, count = 1, body = 'x'): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => log.append(feed, { body, priority: 3 })))
  }
  const epoch = async (feed: string): Promise<string> => (await log.head(feed))?.epoch ?? ''
  return { ...opened, endpoint, acks, presence, live, url, token, join, publish, epoch, events }
}

async function readerToken({ directory }: Awaited<ReturnType<typeof openAnyStore>>, user: string) {
  if (!(await directory.listUsers()).some(({ id }) => id === user)) await directory.createUser(user)
  return directory.createToken(user, { label: 'phone', publish: [], read: true, admin: false })
}

function recordingObserver() {
  const events: unknown[] = []
  const observer: SocketObserver = {
    opened: () => undefined,
    answered: () => undefined,
    joined: (details) => events.push({ joined: details }),
    received: () => undefined,
    delivered: () => undefined,
    acked: () => undefined,
    closed: (details) => events.push({ closed: details }),
    fault: (error) => events.push({ fault: error }),
  }
  return { observer, events }
}

class TooMany extends Error {
  readonly retryAfterS = 7
}
