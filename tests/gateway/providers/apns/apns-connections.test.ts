import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApnsProvider } from '../../../../gateway/providers/apns/apns-provider'
import type { Outcome } from '../../../../gateway/providers/provider'
import { startApnsFake } from '@herald/push-fakes/apns-fake'
import { startRelay } from '../frozen-relay'
import { clearAlert, messageAlert, until } from '../provider-suite'
import { BUNDLE, HandClock, makeKey, settingsFor, startApns, target, TOKEN } from './apns-under-test'

const MINUTE_MS = 60_000
const never = () => new AbortController().signal
const SANDBOX_TOKEN = 'b2'.repeat(32)

type Running = Awaited<ReturnType<typeof startApns>>
let running: Running | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(options: Parameters<typeof startApns>[0] = {}): Promise<Running> {
  return (running = await startApns(options))
}

const send = ({ provider }: Running, changes = {}, signal = never()): Promise<Outcome> =>
  provider.send(target(), messageAlert(changes), signal)
const sendMany = (one: Running, count: number): Promise<Outcome[]> =>
  Promise.all(Array.from({ length: count }, () => send(one)))
const accepted = (outcomes: Outcome[]): number => outcomes.filter(({ type }) => type === 'accepted').length

/** A promise that a test keeps. */
function gate() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

describe('a connection to APNs', () => {
  it('carries one push until that was taken, then as many as APNs grants', async () => {
    const apns = await start({ maxConcurrentStreams: 10 })
    expect(accepted(await sendMany(apns, 200))).toBe(200)
    expect(apns.fake.mostStreams.before).toBe(1)
    expect(apns.fake.mostStreams.after).toBe(10)
    expect(apns.fake.requests).toBe(200)
  })

  it('carries one push at first, even if APNs announces room for more before it grants it', async () => {
    const apns = await start({ announcedStreams: 100 })
    expect(accepted(await sendMany(apns, 50))).toBe(50)
    expect(apns.fake.mostStreams.before).toBe(1)
  })

  it('that was told to go away is ended, even if APNs keeps its end open', async () => {
    const apns = await start()
    const relay = await startRelay(Number(new URL(apns.fake.url).port))
    const settings = settingsFor(apns.fake, apns.key)
    const url = `https://localhost:${relay.port}`
    const provider = new ApnsProvider({ ...settings, production: { ...settings.production, url } })
    apns.fake.script({ type: 'goaway', taken: true })
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    await until(() => relay.open === 0)
    await Promise.all([provider.close(), relay.close()])
  })

  it('stays at one push while the first ones are refused', async () => {
    const apns = await start()
    apns.fake.script(
      { type: 'answer', status: 413, reason: 'PayloadTooLarge' },
      { type: 'answer', status: 413, reason: 'PayloadTooLarge' },
    )
    expect(accepted(await sendMany(apns, 20))).toBe(18)
    expect(apns.fake.mostStreams.before).toBe(1)
  })

  it('is shared, and joined by a second when it is full', async () => {
    const apns = await start({ maxConcurrentStreams: 2 })
    await send(apns)
    expect(apns.fake.connections).toBe(1)
    const { opened, open } = gate()
    apns.fake.script({ type: 'wait', until: opened }, { type: 'wait', until: opened })
    const held = sendMany(apns, 2)
    await until(() => apns.fake.requests === 3)
    expect(await send(apns)).toMatchObject({ type: 'accepted' })
    expect(apns.fake.connections).toBe(2)
    open()
    expect(accepted(await held)).toBe(2)
  })

  it('follows what APNs grants while it lasts', async () => {
    const apns = await start({ maxConcurrentStreams: 50 })
    await send(apns)
    apns.fake.limitStreams(3)
    // The new limit is on its way; a push and its answer come after it.
    await send(apns)
    apns.fake.mostStreams.after = 0
    expect(accepted(await sendMany(apns, 30))).toBe(30)
    expect(apns.fake.mostStreams.after).toBeLessThanOrEqual(3)
  })

  it('that is told to go away answers what it has, and the rest goes to another', async () => {
    const apns = await start({ maxConcurrentStreams: 4 })
    await send(apns)
    const { opened, open } = gate()
    apns.fake.script({ type: 'wait', until: opened }, { type: 'goaway', taken: true, reason: 'Shutdown' })
    const [before, last] = [send(apns), send(apns)]
    expect(await last).toMatchObject({ type: 'accepted' })
    expect(await send(apns)).toMatchObject({ type: 'accepted' })
    expect(apns.fake.connections).toBe(2)
    open()
    expect(await before).toMatchObject({ type: 'accepted' })
    expect(apns.fake.pushes).toHaveLength(4)
  })

  it('that goes away without having seen a push says so: it is safe to send at once', async () => {
    const apns = await start()
    await send(apns)
    const { opened, open } = gate()
    apns.fake.script({ type: 'wait', until: opened }, { type: 'goaway', taken: false })
    const [before, after] = [send(apns), send(apns)]
    expect(await after).toMatchObject({ type: 'retry', unknown: false, provider: false })
    open()
    expect(await before).toMatchObject({ type: 'accepted' })
    expect(await send(apns)).toMatchObject({ type: 'accepted' })
  })

  it('that goes away on its very first push does not drag the others along', async () => {
    const apns = await start()
    apns.fake.script({ type: 'goaway', taken: false })
    expect(await send(apns)).toMatchObject({ type: 'retry', unknown: false })
    expect(await send(apns)).toMatchObject({ type: 'accepted' })
  })

  it.each([true, false])(
    'D4-10: that dies leaves the outcome unknown (taken: %s), and the same push again shows once',
    async (taken) => {
      const apns = await start()
      await send(apns)
      apns.fake.script({ type: 'kill', taken })
      const alert = messageAlert()
      const sendAlert = () => apns.provider.send(target(), alert, never())
      expect(await sendAlert()).toMatchObject({ type: 'retry', unknown: true, provider: true })
      expect(await sendAlert()).toMatchObject({ type: 'accepted' })
      const sent = apns.fake.pushes.filter(({ id }) => id === alert.pushId)
      expect(sent).toHaveLength(taken ? 2 : 1)
      expect(apns.fake.tray(TOKEN).filter(({ collapseId }) => collapseId === alert.collapseId)).toHaveLength(
        1,
      )
    },
  )

  it('that is half open is found out by a ping, and the next push takes another', async () => {
    const key = makeKey()
    const fake = await startApnsFake({
      keys: [key.atApple],
      devices: [{ token: TOKEN, environment: 'production', topic: BUNDLE }],
    })
    const relay = await startRelay(Number(new URL(fake.url).port))
    const settings = settingsFor(fake, key)
    const provider = new ApnsProvider({
      ...settings,
      production: { ...settings.production, url: `https://localhost:${relay.port}` },
    })
    const wait = new AbortController()
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    relay.freeze()
    const lost = provider.send(target(), messageAlert(), wait.signal)
    wait.abort()
    expect(await lost).toMatchObject({ type: 'retry', unknown: true, provider: true })
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    expect(relay.connections).toBe(2)
    await relay.close()
    await provider.close()
    await fake.close()
  })

  it('gives up all pushes that wait on one signal when it aborts, and none that waits on another', async () => {
    const apns = await start()
    await send(apns)
    const { opened, open } = gate()
    apns.fake.script(...Array.from({ length: 4 }, () => ({ type: 'wait', until: opened }) as const))
    const [wait, other] = [new AbortController(), new AbortController()]
    const lost = [1, 2, 3].map(() => send(apns, {}, wait.signal))
    const kept = send(apns, {}, other.signal)
    await until(() => apns.fake.requests === 5)
    wait.abort()
    for (const outcome of await Promise.all(lost))
      expect(outcome).toMatchObject({
        type: 'retry',
        unknown: true,
        provider: true,
        why: expect.stringMatching(/in time/) as string,
      })
    open()
    expect(await kept).toMatchObject({ type: 'accepted' })
  })

  it('leaves no listener on a signal when its pushes are answered, and never had more than one', async () => {
    const apns = await start()
    await send(apns)
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    expect(accepted(await Promise.all([1, 2, 3].map(() => send(apns, {}, signal))))).toBe(3)
    expect(add).toHaveBeenCalledOnce()
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual([add.mock.calls[0]?.[1]])
    await send(apns, {}, signal)
    expect(add).toHaveBeenCalledTimes(2)
  })

  it('is not tried again and again when none can be made', async () => {
    const key = makeKey()
    const fake = await startApnsFake({ keys: [key.atApple] })
    const untrusted = await startApnsFake()
    const provider = new ApnsProvider({ ...settingsFor(fake, key), ca: untrusted.ca })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => provider.send(target(), messageAlert(), never())),
    )
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ type: 'retry', unknown: false, provider: true })
      expect('why' in outcome && outcome.why).toMatch(/no connection to APNs: .*certificate/)
    }
    await Promise.all([provider.close(), fake.close(), untrusted.close()])
  })

  it('is given up while it is made, when the wait is over', async () => {
    const silent = await startRelay(1)
    const key = makeKey()
    const fake = await startApnsFake()
    const settings = settingsFor(fake, key)
    const provider = new ApnsProvider({
      ...settings,
      production: { ...settings.production, url: `https://localhost:${silent.port}` },
    })
    silent.freeze()
    const wait = new AbortController()
    const sending = provider.send(target(), messageAlert(), wait.signal)
    wait.abort()
    expect(await sending).toMatchObject({ type: 'retry', unknown: false, provider: true })
    await Promise.all([provider.close(), silent.close(), fake.close()])
  })

  it('is made anew after a refusal of the key, once it is older than what Apple may have changed', async () => {
    const clock = new HandClock()
    const apns = await start({ clock })
    await send(apns)
    const refusal = { type: 'answer', status: 403, reason: 'TopicDisallowed' } as const
    apns.fake.script(refusal)
    expect(await send(apns)).toMatchObject({ type: 'refused', blame: 'credentials' })
    await send(apns)
    expect(apns.fake.connections).toBe(1)
    clock.pass(2 * MINUTE_MS)
    apns.fake.script(refusal)
    await send(apns)
    await send(apns)
    expect(apns.fake.connections).toBe(2)
  })

  it('is closed with the provider: what is under way is answered, what waits is not sent', async () => {
    const apns = await start({ maxConcurrentStreams: 1 })
    await send(apns)
    const { opened, open } = gate()
    apns.fake.script({ type: 'wait', until: opened })
    const underWay = send(apns)
    await until(() => apns.fake.requests === 2)
    const closing = apns.provider.close()
    open()
    expect(await underWay).toMatchObject({ type: 'accepted' })
    await closing
    expect(await send(apns)).toMatchObject({ type: 'retry', unknown: false, provider: false })
  })
})

describe('the provider token of APNs', () => {
  it('is one for hundreds of pushes, and rotated without a connection breaking', async () => {
    const clock = new HandClock()
    const apns = await start({ clock })
    await sendMany(apns, 50)
    clock.pass(51 * MINUTE_MS)
    expect(accepted(await sendMany(apns, 50))).toBe(50)
    expect(apns.fake.connections).toBe(1)
    expect(apns.fake.refused).toEqual([])
  })

  it('is made anew once when APNs says that it has expired', async () => {
    const clock = new HandClock()
    const apns = await start({ clock })
    await send(apns)
    clock.pass(30 * MINUTE_MS)
    const refusal = { type: 'answer', status: 403, reason: 'ExpiredProviderToken' } as const
    apns.fake.script(refusal)
    expect(await send(apns)).toMatchObject({ type: 'accepted' })
    // Too young to have expired: it is a clock that is wrong, and a person has to look.
    apns.fake.script(refusal)
    expect(await send(apns)).toMatchObject({ type: 'refused', blame: 'credentials', why: /clock/ })
    expect(apns.fake.requests).toBe(4)
  })

  it('is made anew when the clock of this machine jumps, on new connections', async () => {
    const clock = new HandClock()
    clock.wall -= 3 * 3_600_000
    const apns = await start({ clock: { now: () => Date.now(), monotonic: () => 0 } })
    const provider = new ApnsProvider(settingsFor(apns.fake, apns.key), clock)
    const wrong = await provider.send(target(), messageAlert(), never())
    expect(wrong).toMatchObject({ type: 'refused', blame: 'credentials' })
    clock.wall += 3 * 3_600_000
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    await provider.close()
  })
})

describe('the two gates of APNs', () => {
  it('D4-09: are told apart by the registration, and a token at the wrong one is refused, not dropped', async () => {
    const [key, sandboxKey] = [makeKey(), makeKey('SANDBOX123', { environment: 'sandbox' })]
    const devices = [
      { token: TOKEN, environment: 'production', topic: BUNDLE },
      { token: SANDBOX_TOKEN, environment: 'sandbox', topic: BUNDLE },
    ] as const
    const production = await startApnsFake({ keys: [key.atApple, sandboxKey.atApple], devices })
    const sandbox = await startApnsFake({
      environment: 'sandbox',
      keys: [key.atApple, sandboxKey.atApple],
      devices,
    })
    const provider = new ApnsProvider(settingsFor(production, key, { fake: sandbox, key: sandboxKey }))
    const sendTo = (token: string, environment: 'production' | 'sandbox') =>
      provider.send(target({ token, environment }), messageAlert(), never())
    expect(await sendTo(TOKEN, 'production')).toMatchObject({ type: 'accepted' })
    expect(await sendTo(SANDBOX_TOKEN, 'sandbox')).toMatchObject({ type: 'accepted' })
    expect(await sendTo(SANDBOX_TOKEN, 'production')).toMatchObject({
      type: 'refused',
      blame: 'push',
      why: expect.stringMatching(/BadDeviceToken.*environment/) as string,
    })
    expect(production.pushes.length + sandbox.pushes.length).toBe(2)
    expect(await provider.check(never())).toEqual({
      ok: true,
      detail: 'production: the credentials are good. sandbox: the credentials are good',
    })
    await Promise.all([provider.close(), production.close(), sandbox.close()])
  })

  it('are both checked, and one good key is enough', async () => {
    const key = makeKey('KEY1234567', { environment: 'production' })
    const production = await startApnsFake({ keys: [key.atApple] })
    const sandbox = await startApnsFake({ environment: 'sandbox', keys: [key.atApple] })
    const provider = new ApnsProvider(settingsFor(production, key, { fake: sandbox, key }))
    const { ok, detail } = await provider.check(never())
    expect(ok).toBe(true)
    expect(detail).toMatch(/^production: the credentials are good\. sandbox: BadEnvironmentKeyIdInToken: /)
    await Promise.all([provider.close(), production.close(), sandbox.close()])
  })
})

describe('a push to APNs', () => {
  it('of another app is refused before it is sent', async () => {
    const apns = await start()
    const outcome = await apns.provider.send(target({ app: 'com.example.other' }), messageAlert(), never())
    expect(outcome).toMatchObject({ type: 'refused', blame: 'push' })
    expect(apns.fake.requests).toBe(0)
  })

  it('D4-06: is taken back: the badge goes down, and one that an offline device never got is replaced', async () => {
    const apns = await start()
    const device = { token: TOKEN, environment: 'production', topic: BUNDLE } as const
    apns.fake.setDevice({ ...device, offline: true })
    const alert = messageAlert({ badge: 1 })
    await apns.provider.send(target(), alert, never())
    await apns.provider.send(target(), clearAlert({ collapseId: alert.collapseId, badge: 0 }), never())
    apns.fake.setDevice(device)
    expect(apns.fake.tray(TOKEN)).toEqual([])
    expect(apns.fake.badge(TOKEN)).toBe(0)
  })
})
