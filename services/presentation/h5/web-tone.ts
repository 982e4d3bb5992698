import type { AlertTone, TonePort } from '../presentation'

/** Two falling notes, in Hz; the second begins NOTE_GAP_S after the first. */
const NOTES = [880, 660]
const NOTE_GAP_S = 0.12
const NOTE_LENGTH_S = 0.35
const VOLUME = 0.15

/** What the browser gives. */
export interface WebToneEnv {
  readonly AudioContext: typeof AudioContext | undefined
  readonly navigator: {
    vibrate?(pattern: VibratePattern): boolean
    readonly userActivation?: { readonly hasBeenActive: boolean } | undefined
  }
}

/**
 * A short chime made by Web Audio, so that there is no file to load, and a vibration. Both need that the user touched
 * the page once: before, browsers refuse and write a warning into the console, so nothing is tried.
 */
export class WebTone implements TonePort {
  readonly #env: WebToneEnv
  #context: AudioContext | null = null

  constructor(env: WebToneEnv) {
    this.#env = env
  }

  play({ sound, vibration }: AlertTone, priority: number): void {
    if (this.#env.navigator.userActivation?.hasBeenActive !== true) return
    if (sound) void this.#chime()
    if (vibration) this.#env.navigator.vibrate?.(priority >= 4 ? [200, 100, 200] : 100)
  }

  async #chime(): Promise<void> {
    try {
      if (!this.#env.AudioContext) return
      this.#context ??= new this.#env.AudioContext()
      const context = this.#context
      if (context.state !== 'running') await context.resume()
      NOTES.forEach((hertz, at) => {
        playNote(context, hertz, context.currentTime + at * NOTE_GAP_S)
      })
    } catch {
      // No sound device, or autoplay is refused by a setting: the banner is on the screen all the same.
      this.#context = null
    }
  }
}

function playNote(context: AudioContext, hertz: number, start: number): void {
  const oscillator = context.createOscillator()
  const gain = context.createGain()
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0, start)
  gain.gain.linearRampToValueAtTime(VOLUME, start + 0.01)
  gain.gain.exponentialRampToValueAtTime(0.001, start + NOTE_LENGTH_S)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(start)
  oscillator.stop(start + NOTE_LENGTH_S)
}
