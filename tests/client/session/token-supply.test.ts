import { describe, expect, test } from 'vitest'
import type { SessionRecord } from '@/services/session/session-record'
import { TokenSupply } from '@/services/session/token-supply'
import { FakeClock, settle } from '../fake-clock'

const session = (user: string, life = user): SessionRecord => ({
  ...{ server: 'https://gateway', token: `${user}.1`, tokenId: `jwt:${user}`, origin: 'pasted', life },
  user: { id: user, name: user },
})

/** A promise that the test settles. */
function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function open(signedIn: SessionRecord | null) {
  const state = { current: signedIn, taken: [] as string[], nobody: 0, asked: 0 }
  const clock = new FakeClock()
  let host = deferred<string | null>()
  let gateway = deferred<SessionRecord>()
  const supply = new TokenSupply({
    clock,
    random: () => 0.5,
    log: () => undefined,
    provider() {
      state.asked += 1
      host = deferred()
      return host.promise
    },
    current: () => state.current,
    open() {
      gateway = deferred()
      return gateway.promise
    },
    take: ({ token }) => Promise.resolve(void state.taken.push(token)),
    onNobody: () => Promise.resolve(void (state.nobody += 1)),
  })
  const signOut = (): void => {
    state.current = null
    supply.rest()
  }
  return { supply, state, clock, signOut, host: () => host, gateway: () => gateway }
}

describe('the answer of a host', () => {
  test('brings nobody back who signed out while the gateway was asked whose token it is', async () => {
    const { supply, state, signOut, host, gateway } = open(session('ann'))
    void supply.ask()
    host().resolve('ann.2')
    await settle()
    signOut()
    gateway().resolve(session('ann'))
    await settle()
    expect(state.taken).toEqual([])
  })

  test('is not asked for again when it failed after the sign-out', async () => {
    const { supply, state, clock, signOut, host } = open(session('ann'))
    void supply.ask()
    signOut()
    host().reject(new Error('no network'))
    await settle()
    clock.advance(120_000)
    await settle()
    expect(state.asked).toBe(1)
  })

  test.each(['ann.2', null])(
    'about one person (%s) touches nobody who signed in meanwhile',
    async (answer) => {
      const { supply, state, host, gateway } = open(session('ann'))
      void supply.ask()
      state.current = session('bob')
      host().resolve(answer)
      await settle()
      gateway().resolve(session('ann'))
      await settle()
      expect(state).toMatchObject({ taken: [], nobody: 0 })
    },
  )

  test('of before a sign-out does not stand for the next question', async () => {
    const { supply, state, signOut, host, gateway } = open(session('ann'))
    void supply.ask()
    const first = host()
    signOut()
    void supply.ask()
    expect(state.asked).toBe(2)
    first.resolve('ann.2')
    host().resolve('bob.1')
    await settle()
    gateway().resolve({ ...session('bob'), token: 'bob.1' })
    await settle()
    expect(state.taken).toEqual(['bob.1'])
  })
})

describe('an app whose network is back', () => {
  test('asks again soon when the question that was under way fails, however often it had failed before', async () => {
    const { supply, state, clock, host } = open(session('ann'))
    void supply.ask()
    const end = clock.now() + 300_000
    while (clock.now() < end) {
      clock.advance(1000)
      await settle()
    }
    supply.awake()
    const { asked } = state
    host().reject(new Error('lost with the network'))
    await settle()
    clock.advance(1000)
    await settle()
    expect(state.asked).toBe(asked + 1)
  })
})
