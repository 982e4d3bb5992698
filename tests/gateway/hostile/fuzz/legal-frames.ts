import type { ClientFrame, Hello } from '@herald/protocol'
import type { Chance } from '../../simulation/chance'

/** One who may join, and what can be said of the feeds. */
export interface SocketUser {
  readonly id: string
  readonly token: string
  readonly feeds: readonly { readonly feed: string; readonly epoch: string; readonly head: number }[]
}

export interface SocketWorld {
  readonly users: readonly SocketUser[]
}

const STATES = ['foreground', 'background'] as const
const PLATFORMS = ['h5', 'android', 'ios', 'mp-weixin', 'harmony', 'other'] as const

/** Devices of one user: few, so that sockets take each other's place too. */
const DEVICES = 12

export function userOf(chance: Chance, { users }: SocketWorld): SocketUser {
  const user = chance.of(users)
  if (user === undefined) throw new Error('there is no user')
  return user
}

/** A well-formed hello, of a token that is seldom wrong. */
export function makeHello(chance: Chance, world: SocketWorld): Hello {
  const user = userOf(chance, world)
  const cursors = Object.fromEntries(
    user.feeds
      .filter(() => chance.hits(0.6))
      .map(({ feed, epoch, head }) => [
        feed,
        { epoch: chance.hits(0.9) ? epoch : 'other', seq: chance.between(0, head + 2) },
      ]),
  )
  return {
    type: 'hello',
    token: chance.hits(0.97) ? user.token : `hld_${'x'.repeat(chance.between(0, 50))}`,
    device: {
      id: `fuzz-device-${chance.between(0, DEVICES - 1)}`,
      platform: chance.of(PLATFORMS) ?? 'other',
      ...(chance.hits(0.2) && { app: '0.1.0', locale: 'zh-Hans', timeZone: 'Asia/Shanghai' }),
    },
    state: chance.of(STATES) ?? 'foreground',
    cursors,
  }
}

/** What a device says after its welcome. */
export function legalFrame(chance: Chance, world: SocketWorld): ClientFrame {
  const known = chance.of(userOf(chance, world).feeds)
  const { feed, epoch, head } = known ?? { feed: 'all', epoch: 'none', head: 1 }
  const seq = (): number => chance.between(1, head + 3)
  switch (chance.weighted({ ping: 3, ack: 4, read: 3, state: 2 })) {
    case 'ping':
      return { type: 'ping' }
    case 'state':
      return { type: 'state', state: chance.of(STATES) ?? 'foreground' }
    case 'ack':
      return { type: 'ack', feed, epoch, seq: chance.hits(0.98) ? seq() : Number.MAX_SAFE_INTEGER }
    case 'read':
      return {
        type: 'read',
        ...{ feed, epoch },
        ranges: Array.from({ length: chance.delay(1, 30) }, () => {
          const first = seq()
          return [first, first + chance.between(0, 5)] as const
        }),
      }
  }
}
