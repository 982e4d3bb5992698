import fc from 'fast-check'
import { expect, it } from 'vitest'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount, type Account } from './both-servers'
import { ChatPhone } from './chat-phone'

const DEVICES = ['phone', 'tablet'] as const
type Device = (typeof DEVICES)[number]

const device = fc.constantFrom(...DEVICES)

/** What people, networks and systems do. */
const anyHappening = fc.oneof(
  fc.record({ what: fc.constant('bob says'), device }),
  fc.record({ what: fc.constantFrom('says', 'reads', 'is cut', 'is restarted', 'sleeps', 'wakes'), device }),
)
type Happening = typeof anyHappening extends fc.Arbitrary<infer Value> ? Value : never

const HAPPENINGS = 14
const PATIENCE_MS = 60_000

/** Bob, and Ann with two devices, of which each may be off at any time. */
class Stage {
  readonly devices = new Map<Device, ChatPhone>()
  readonly alerts = new Map<Device, string[]>(DEVICES.map((name) => [name, []]))
  readonly said: string[] = []

  constructor(
    readonly server: Parameters<typeof newAccount>[0],
    readonly ann: Account,
    readonly bob: Account,
    readonly bobs: ChatPhone,
  ) {}

  async start(name: Device): Promise<void> {
    const before = this.devices.get(name)
    before?.kill()
    this.alerts.get(name)?.push(...(before?.alerted ?? []))
    this.devices.set(name, await ChatPhone.start(this.server, this.ann, before?.kept, { resource: name }))
  }

  of(name: Device): ChatPhone {
    const found = this.devices.get(name)
    if (!found) throw new Error(`no ${name}`)
    return found
  }

  async happen({ what, device: name }: Happening): Promise<void> {
    const phone = this.of(name)
    const word = String(this.said.length)
    if (what === 'bob says') {
      this.bobs.say(this.ann.jid, word)
      this.said.push(`< ${word}`)
    } else if (what === 'says') {
      phone.say(this.bob.jid, word)
      this.said.push(`> ${word}`)
    } else if (what === 'reads') await phone.readAll(this.bob.jid)
    else if (what === 'is cut') phone.cut()
    else if (what === 'is restarted') await this.start(name)
    else if (what === 'sleeps') phone.source.suspend()
    else phone.source.setAppState('foreground')
  }
}

describeOnBoth('two devices of an account', (server) => {
  it.each([7, 1113654098])(
    'hold the same after whatever happened, nothing lost and nothing twice, by seed %i',
    async (seed) => {
      const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
      const stage = new Stage(server, ann, bob, await ChatPhone.start(server, bob))
      for (const name of DEVICES) await stage.start(name)
      const [happenings = []] = fc.sample(
        fc.array(anyHappening, { minLength: HAPPENINGS, maxLength: HAPPENINGS }),
        { seed, numRuns: 1 },
      )
      for (const happening of happenings) await stage.happen(happening)
      // In the end all is awake, and there is a last word that everybody hears.
      for (const name of DEVICES) stage.of(name).source.setAppState('foreground')
      await stage.happen({ what: 'bob says', device: 'phone' })
      const expected = [...stage.said].sort()
      for (const name of DEVICES)
        await until(
          () => stage.of(name).talk(bob.jid).sort(),
          (talk) => talk.length >= expected.length,
          name,
          PATIENCE_MS,
        )
      for (const name of DEVICES) expect(stage.of(name).talk(bob.jid).sort()).toEqual(expected)
      const theirs = expected.map((line) => line.replace(/^./, (way) => (way === '<' ? '>' : '<'))).sort()
      await until(
        () => stage.bobs.talk(ann.jid),
        (talk) => talk.length >= theirs.length,
        'bob',
        PATIENCE_MS,
      )
      expect(stage.bobs.talk(ann.jid).sort()).toEqual(theirs)
      await stage.of('phone').readAll(bob.jid)
      for (const name of DEVICES) {
        await stage.of(name).reads(bob.jid, 0)
        const alerts = [...(stage.alerts.get(name) ?? []), ...stage.of(name).alerted]
        expect(alerts).toEqual([...new Set(alerts)])
        expect(stage.of(name).record.outbox).toEqual([])
      }
    },
    120_000,
  )
})
