import { onTestFinished } from 'vitest'
import type { ApnsFakeOptions } from '@herald/push-fakes/apns-fake'
import { MemoryStorage } from '../../../services/storage/memory'
import type { OpenSocket, Socket } from '../../../services/socket/socket'
import { CoreClient, openWithWs } from '../process/core-client'
import { BUNDLE, startApns, TOKEN } from '../providers/apns/apns-under-test'
import { startWholeGateway, type WholeGateway } from './whole-gateway'

/** What an iPhone registers. */
export const byApns = (token = TOKEN, changes: object = {}) => ({
  ...{ provider: 'apns', app: BUNDLE, token },
  ...changes,
})

export const OTHER_TOKEN = 'b2'.repeat(32)

/** The whole gateway with the real APNs provider and its strict fake, and ann with a registered iPhone. */
export async function startWithApns(options: ApnsFakeOptions = {}) {
  const apns = await startApns(options)
  onTestFinished(() => apns.close())
  const gateway = await startWholeGateway({ providers: [apns.provider] })
  const token = await gateway.addUser('ann')
  await gateway.register(token, 'ann-phone', [byApns()])
  return { apns, fake: apns.fake, gateway, token }
}

/** The real client core of one device; `frozen` swallows every frame in both directions, as a stopped process does. */
export class Phone {
  readonly storage = new MemoryStorage()
  readonly #gateway: WholeGateway
  readonly #token: string
  readonly #device: string
  readonly #server: string
  #client: CoreClient | undefined
  #socket: Socket | undefined
  /** Frames that came while the app was frozen: they wait in the socket until it thaws. */
  #waiting: (() => void)[] = []
  frozen = false
  /** Frames of the app that are lost on the way, by type. */
  readonly lost = new Set<string>()
  /** Feeds of which no message comes through. */
  readonly lostFeeds = new Set<string>()

  constructor(gateway: WholeGateway, token: string, device: string, server = gateway.url) {
    this.#gateway = gateway
    this.#token = token
    this.#device = device
    this.#server = server
    onTestFinished(() => {
      this.#client?.stop()
    })
  }

  get client(): CoreClient {
    if (!this.#client) throw new Error('the app was not started')
    return this.#client
  }

  /** Starts the app and waits until the gateway knows that it is there. */
  async start(user = 'ann'): Promise<CoreClient> {
    this.#client = await CoreClient.start(this.#server, this.#token, this.#device, this.storage, this.#open)
    await this.whenLive(user)
    return this.#client
  }

  async whenLive(user = 'ann'): Promise<void> {
    const { presence } = this.#gateway
    for (;;) {
      const isHeard = ['foreground', 'background'].includes(presence.of(user, this.#device)?.state ?? '')
      if (this.client.state.name === 'live' && isHeard) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** The network takes the socket away; the app dials again at once. */
  cut(): void {
    this.#socket?.close(1000, '')
  }

  /** The process runs on, and finds what its socket holds. */
  thaw(): void {
    this.frozen = false
    for (const hand of this.#waiting.splice(0)) hand()
  }

  readonly #open: OpenSocket = (url, handlers, subprotocol) => {
    const hand = (work: () => void): void => {
      if (this.frozen) this.#waiting.push(work)
      else work()
    }
    const socket = openWithWs(
      url,
      {
        open: () => {
          hand(() => {
            handlers.open()
          })
        },
        message: (text) => {
          const frame = JSON.parse(text) as { type: string; feed?: string }
          if (frame.type === 'messages' && this.lostFeeds.has(frame.feed ?? '')) return
          hand(() => {
            handlers.message(text)
          })
        },
        closed: (code, reason) => {
          hand(() => {
            handlers.closed(code, reason)
          })
        },
      },
      subprotocol,
    )
    this.#socket = socket
    return {
      send: (text) => {
        const { type } = JSON.parse(text) as { type: string }
        if (!this.frozen && !this.lost.has(type)) socket.send(text)
      },
      close: (code, reason) => {
        socket.close(code, reason)
      },
    }
  }
}
