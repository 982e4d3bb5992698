import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  ClearAlert,
  MessageAlert,
  Outcome,
  Provider,
  PushTarget,
} from '../../../gateway/providers/provider'

/**
 * What the next push meets.
 * - `gone`: the service says that the token is dead.
 * - `refused`: it refuses this push for good.
 * - `credentials`: it refuses us, as it does after a key was revoked.
 * - `busy`: it is overloaded or under repair, and says so.
 * - `quota`: the app has used up what it may send.
 * - `hang`: it takes the push and never answers.
 * - `drop`: it takes the push, and the connection breaks before the answer.
 * - `nonsense`: its answer is none that it documents.
 * - `redirect`: it answers with a redirect to an address that would take the push.
 */
export type Fault =
  'gone' | 'refused' | 'credentials' | 'busy' | 'quota' | 'hang' | 'drop' | 'nonsense' | 'redirect'

/** A push as the device got it, the newest of each collapse id only. */
export interface ShownPush {
  readonly title?: string | undefined
  readonly body?: string | undefined
  /** What the client reads: text, or what its JSON says where the service hands on objects. */
  readonly payload: unknown
}

/** A provider beside the fake of its service. */
export interface ProviderUnderTest {
  readonly provider: Provider
  /** Another one for the same fake, with credentials that it refuses. */
  readonly stranger: Provider
  /** A registration that the fake knows. */
  readonly target: PushTarget
  /** One whose token no service would take. */
  readonly badTarget: PushTarget
  /** What must not be in any reason: keys, secrets, access tokens. The token of `target` is added. */
  readonly secrets: readonly string[]
  /** Pushes that reached a device of `target`'s app, `check` included if it rings anybody. */
  shown(): readonly ShownPush[]
  /** How many pushes came to the service, whatever became of them; those of `check` are not counted. */
  received(): number
  arrange(fault: Fault): void | Promise<void>
  /** The service is gone: nothing listens there any more. */
  stop(): Promise<void>
  /** Ends both providers and the fake. */
  close(): Promise<void>
}

export interface SuiteOptions {
  /** Faults that this service does not have. */
  readonly without?: readonly Fault[]
  /** The service shows no text of its own, so that there is nothing to cut. */
  readonly noText?: boolean
}

const HOUR_MS = 3_600_000
const BADGE = 3

const payloadOf = (id: string, type: 'message' | 'clear'): string =>
  JSON.stringify({
    herald: 1,
    to: 'recipient-hash',
    badge: BADGE,
    type,
    ...(type === 'clear' ? { ids: [id] } : { id }),
  })

/** A push that rings; `id` is that of its message. */
export function messageAlert(changes: Partial<MessageAlert> = {}): MessageAlert {
  const collapseId = changes.collapseId ?? randomUUID()
  return {
    type: 'message',
    pushId: randomUUID(),
    collapseId,
    badge: BADGE,
    payload: payloadOf(collapseId, 'message'),
    expires: Date.now() + HOUR_MS,
    title: 'Disk full',
    body: 'db1 has 1 % left',
    priority: 3,
    thread: 'topic:alerts',
    sound: true,
    ...changes,
  }
}

/** The push that takes one back. */
export function clearAlert(changes: Partial<ClearAlert> = {}): ClearAlert {
  const collapseId = changes.collapseId ?? randomUUID()
  return {
    type: 'clear',
    pushId: randomUUID(),
    collapseId,
    badge: 0,
    payload: payloadOf(collapseId, 'clear'),
    expires: Date.now() + HOUR_MS,
    ref: undefined,
    ...changes,
  }
}

const never = (): AbortSignal => new AbortController().signal

const read = (payload: unknown): unknown => (typeof payload === 'string' ? JSON.parse(payload) : payload)

/** Waits for what other parts of this process do, never for a time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** What every provider promises, whatever its service. */
export function providerSuite(
  name: string,
  start: () => Promise<ProviderUnderTest>,
  { without = [], noText = false }: SuiteOptions = {},
): void {
  describe(`provider suite: ${name}`, () => {
    let test: ProviderUnderTest
    beforeEach(async () => {
      test = await start()
    })
    afterEach(async () => {
      await test.close()
    })

    /** As `Provider.send` does with `prepare`, the way that escalation calls them. */
    async function send(
      alert: MessageAlert | ClearAlert,
      { target = test.target, signal = never(), provider = test.provider } = {},
    ): Promise<Outcome> {
      const handle = await provider.prepare?.(signal)
      const outcome = await provider.send(target, handle === undefined ? alert : { ...alert, handle }, signal)
      if ('why' in outcome) expectPlain(outcome.why, target)
      return outcome
    }

    function expectPlain(text: string, target: PushTarget): void {
      expect(text).not.toBe('')
      for (const secret of [target.token, ...test.secrets].filter((one) => one.length > 8)) {
        expect(text).not.toContain(secret)
      }
    }

    const has = (fault: Fault) => it.skipIf(without.includes(fault))

    it('hands over a push, and its payload unchanged', async () => {
      const alert = messageAlert()
      expect(await send(alert)).toMatchObject({ type: 'accepted' })
      expect(test.shown()).toHaveLength(1)
      const [shown] = test.shown()
      expect(read(shown?.payload)).toEqual(read(alert.payload))
      if (!noText) expect(shown).toMatchObject({ title: alert.title, body: alert.body })
    })

    it('hands over many at once, each one once', async () => {
      const alerts = Array.from({ length: 20 }, () => messageAlert())
      const outcomes = await Promise.all(alerts.map((alert) => send(alert)))
      expect(outcomes.map(({ type }) => type)).toEqual(alerts.map(() => 'accepted'))
      const ids = test.shown().map(({ payload }) => (read(payload) as { id: string }).id)
      expect(ids.toSorted()).toEqual(alerts.map(({ collapseId }) => collapseId).toSorted())
      expect(test.received()).toBe(20)
    })

    it('takes text in every script, and line breaks and quotes', async () => {
      const alert = messageAlert({ title: '磁盘已满 "db1" 💾', body: 'مرحبا\n\t\\ 👩‍👩‍👧 ½' })
      expect(await send(alert)).toMatchObject({ type: 'accepted' })
      if (!noText) expect(test.shown()[0]).toMatchObject({ title: alert.title, body: alert.body })
    })

    it.skipIf(noText)(
      'shows a message without a body, though some services refuse an empty text',
      async () => {
        expect(await send(messageAlert({ body: '' }))).toMatchObject({ type: 'accepted' })
        expect(test.shown()).toMatchObject([{ title: 'Disk full' }])
      },
    )

    it.skipIf(noText)('cuts text that is too long for the service, never within a character', async () => {
      // Lengths that differ by one, so that a cut in the middle of a pair is met by one of them.
      for (const shift of ['', 'a', 'ab', 'abc']) {
        const alert = messageAlert({
          title: `${shift}${'题💾'.repeat(300)}`,
          body: `${shift}${'文💾'.repeat(4000)}`,
        })
        expect(await send(alert)).toMatchObject({ type: 'accepted' })
        const shown = test.shown().at(-1)
        expect(read(shown?.payload)).toEqual(read(alert.payload))
        expectCut(shown?.title, alert.title)
        expectCut(shown?.body, alert.body)
      }
    })

    function expectCut(shown: string | undefined, whole: string): void {
      const text = (shown ?? '').replace(/(?:…|\.\.\.)$/, '')
      expect(text.length).toBeGreaterThan(8)
      expect(whole.startsWith(text)).toBe(true)
      // A lone half of a pair does not survive UTF-8.
      expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text)
      expect(text).not.toMatch(/�/)
    }

    it('takes back what was shown, where the service can', async () => {
      const alert = messageAlert()
      const first = await send(alert)
      const outcome = await send(
        clearAlert({ collapseId: alert.collapseId, ref: first.type === 'accepted' ? first.ref : undefined }),
      )
      expect(outcome).toMatchObject(
        test.provider.clears ? { type: 'accepted' } : { type: 'refused', blame: 'push' },
      )
    })

    it('refuses a token that cannot be one, and rings nobody', async () => {
      const outcome = await send(messageAlert(), { target: test.badTarget })
      expect(['refused', 'gone']).toContain(outcome.type)
      if (outcome.type === 'refused') expect(outcome.blame).toBe('push')
      expect(test.shown()).toEqual([])
    })

    has('gone')('tells a dead token', async () => {
      await test.arrange('gone')
      expect(await send(messageAlert())).toMatchObject({ type: 'gone' })
    })

    has('refused')('tells a push that is refused for good', async () => {
      await test.arrange('refused')
      expect(await send(messageAlert())).toMatchObject({ type: 'refused', blame: 'push' })
      expect(await send(messageAlert())).toMatchObject({ type: 'accepted' })
    })

    has('credentials')('tells credentials that are refused, and never blames the token', async () => {
      await test.arrange('credentials')
      expect(await send(messageAlert())).toMatchObject({ type: 'refused', blame: 'credentials' })
      expect(await send(messageAlert(), { provider: test.stranger })).toMatchObject({
        type: 'refused',
        blame: 'credentials',
      })
      expect(test.shown()).toEqual([])
    })

    has('busy')('tells a service that is busy', async () => {
      await test.arrange('busy')
      expect(await send(messageAlert())).toMatchObject({ type: 'retry', unknown: false, provider: true })
      expect(test.received()).toBe(1)
      expect(await send(messageAlert())).toMatchObject({ type: 'accepted' })
    })

    has('quota')('tells a quota, and until when', async () => {
      await test.arrange('quota')
      const outcome = await send(messageAlert())
      expect(outcome).toMatchObject({ type: 'quota' })
      if (outcome.type === 'quota') expect(outcome.until).toBeGreaterThan(Date.now())
    })

    has('hang')('ends its wait when told, and says that it does not know', async () => {
      await test.arrange('hang')
      const wait = new AbortController()
      const sending = send(messageAlert(), { signal: wait.signal })
      await until(() => test.received() === 1)
      wait.abort()
      expect(await sending).toMatchObject({ type: 'retry', unknown: true })
      expect(await send(messageAlert())).toMatchObject({ type: 'accepted' })
    })

    it('sends nothing once it was told to stop', async () => {
      const outcome = await test.provider.send(test.target, messageAlert(), AbortSignal.abort())
      expect(outcome).toMatchObject({ type: 'retry' })
      expect(test.received()).toBe(0)
    })

    has('drop')('does not know what became of a push whose connection broke', async () => {
      await test.arrange('drop')
      expect(await send(messageAlert())).toMatchObject({ type: 'retry', unknown: true, provider: true })
      expect(await send(messageAlert())).toMatchObject({ type: 'accepted' })
    })

    has('nonsense')('does not take nonsense for an answer', async () => {
      await test.arrange('nonsense')
      expect(await send(messageAlert())).toMatchObject({ type: 'retry', unknown: true })
      expect(await send(messageAlert())).toMatchObject({ type: 'accepted' })
    })

    has('redirect')('follows no redirect', async () => {
      await test.arrange('redirect')
      expect(await send(messageAlert())).toMatchObject({ type: 'retry' })
      expect(test.shown()).toEqual([])
      expect(test.received()).toBe(1)
    })

    it('is told apart from a dead service: the push can be tried again', async () => {
      await test.stop()
      const alert = messageAlert()
      const handle = test.provider.prepare === undefined ? undefined : 'prepared-before'
      const outcome = await test.provider.send(test.target, { ...alert, ...(handle && { handle }) }, never())
      expect(outcome).toMatchObject({ type: 'retry', provider: true })
    })

    it('checks its credentials and rings nobody', async () => {
      expect(await test.provider.check(never())).toMatchObject({ ok: true })
      expect(test.shown()).toEqual([])
    })

    it('says in words what is wrong with its credentials', async () => {
      const { ok, detail } = await test.stranger.check(never())
      expect(ok).toBe(false)
      expectPlain(detail, test.target)
    })

    it('does not call credentials good when it could not ask', async () => {
      await test.stop()
      const { ok, detail } = await test.provider.check(never())
      expect(ok).toBe(false)
      expectPlain(detail, test.target)
    })

    it('can be closed, more than once, and then sends nothing', async () => {
      await send(messageAlert())
      await test.provider.close()
      await test.provider.close()
      const outcome = await test.provider.send(test.target, messageAlert(), never())
      expect(outcome).toMatchObject({ type: 'retry', provider: false })
      expect(test.received()).toBe(1)
    })
  })
}
