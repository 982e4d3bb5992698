import { describe, expect, it } from 'vitest'
import { DeviceTone } from '@/services/presentation/app/plus-device'
import { WebTone } from '@/services/presentation/h5/web-tone'
import { NoNotifications, VibrationTone } from '@/services/presentation/mp/mini-program'

const BOTH = { sound: true, vibration: true }

/** An AudioContext that is suspended until it is resumed, as before a gesture. */
function fakeAudio(resume: () => Promise<void> = async () => undefined) {
  const calls = { contexts: 0, notes: 0, resumed: 0 }
  const param = {
    value: 0,
    setValueAtTime: () => param,
    linearRampToValueAtTime: () => param,
    exponentialRampToValueAtTime: () => param,
  }
  const node = {
    connect: (next: unknown) => next,
    gain: param,
    frequency: param,
    start: () => calls.notes++,
    stop: () => undefined,
  }
  class FakeAudioContext {
    state = 'suspended'
    readonly currentTime = 0
    readonly destination = node

    constructor() {
      calls.contexts++
    }

    async resume(): Promise<void> {
      calls.resumed++
      await resume()
      this.state = 'running'
    }

    createOscillator = () => node
    createGain = () => node
  }
  return { calls, AudioContext: FakeAudioContext as unknown as typeof AudioContext }
}

function fakeNavigator(hasBeenActive: boolean | undefined) {
  const vibrated: unknown[] = []
  const navigator = {
    vibrate: (pattern: VibratePattern) => {
      vibrated.push(pattern)
      return true
    },
    userActivation: hasBeenActive === undefined ? undefined : { hasBeenActive },
  }
  return { vibrated, navigator }
}

describe('the tone of the web app', () => {
  it('chimes and vibrates once the user touched the page, with one audio context', async () => {
    const { calls, AudioContext } = fakeAudio()
    const { vibrated, navigator } = fakeNavigator(true)
    const tone = new WebTone({ AudioContext, navigator })
    tone.play(BOTH, 3)
    tone.play({ sound: true, vibration: false }, 3)
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toEqual({ contexts: 1, notes: 4, resumed: 2 })
    expect(vibrated).toEqual([100])
  })

  it.each([false, undefined])('tries nothing before, where browsers would write a warning: %s', (active) => {
    const { calls, AudioContext } = fakeAudio()
    const { vibrated, navigator } = fakeNavigator(active)
    new WebTone({ AudioContext, navigator }).play(BOTH, 5)
    expect(calls.contexts).toBe(0)
    expect(vibrated).toEqual([])
  })

  it('bears a refusal, and a browser that has neither', async () => {
    const { AudioContext } = fakeAudio(() => Promise.reject(new DOMException('no', 'NotAllowedError')))
    const { navigator } = fakeNavigator(true)
    new WebTone({ AudioContext, navigator }).play(BOTH, 3)
    new WebTone({ AudioContext: undefined, navigator: { userActivation: navigator.userActivation } }).play(
      BOTH,
      3,
    )
    await new Promise((resolve) => setImmediate(resolve))
  })
})

it('the tone of the App is the phone’s own', () => {
  const calls: string[] = []
  const tone = new DeviceTone({
    beep: (times) => calls.push(`beep ${String(times)}`),
    vibrate: (ms) => calls.push(`vibrate ${String(ms)}`),
  })
  tone.play(BOTH, 3)
  tone.play({ sound: false, vibration: true }, 5)
  tone.play({ sound: false, vibration: false }, 5)
  expect(calls).toEqual(['beep 1', 'vibrate 200', 'vibrate 500'])
})

it('a mini-program only vibrates, and has no notifications', async () => {
  const calls: string[] = []
  const tone = new VibrationTone({
    vibrateShort: () => calls.push('short'),
    vibrateLong: (options) => {
      options.fail()
      calls.push('long')
    },
  })
  tone.play(BOTH, 3)
  tone.play(BOTH, 4)
  tone.play({ sound: true, vibration: false }, 4)
  expect(calls).toEqual(['short', 'long'])
  const none = new NoNotifications()
  await Promise.all([none.notify(), none.close(), none.closeSummary(), none.closeAll()])
  expect([await none.permission(), await none.requestPermission(), none.unsupported()]).toEqual([
    'unsupported',
    'unsupported',
    'platform',
  ])
})
