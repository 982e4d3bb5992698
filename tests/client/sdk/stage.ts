import type { PlatformHooks } from '@/services/platform/platform-port'
import type { ClickTarget } from '@/services/presentation/presentation'
import { createHerald } from '@/sdk/create-herald'
import type { Herald, HeraldOptions } from '@/sdk/types'
import { coreOf } from '@/sdk/parts'
import { adoptGivenStore } from '@/sdk/vuex'
import { settle } from '../fake-clock'
import { FakeBrowser } from '../session/fake-client'

let stages = 0

/** A host's app with a Herald of its own namespace, on a model of the gateway. */
export interface Stage {
  readonly browser: FakeBrowser
  readonly herald: Herald
  /** What a platform was told of. */
  readonly hooks: PlatformHooks
  /** A notification of the system is clicked. */
  readonly click: (target: ClickTarget) => void
  /** Lets everything that is under way come to rest. */
  readonly rest: () => Promise<void>
}

/** Makes the Herald of a host that has given these options. */
export function stage(options: Partial<HeraldOptions> = {}, browser = new FakeBrowser()): Stage {
  const namespace = options.namespace ?? `host-${(stages += 1)}`
  const seen: { hooks?: PlatformHooks; click?: (target: ClickTarget) => void } = {}
  const herald = createHerald(
    {
      server: 'https://gateway',
      ...options,
      namespace,
      platform: (hooks) => {
        seen.hooks = hooks
        const platform = browser.platform('lone')
        return {
          ...platform,
          token: options.token,
          banner: hooks.pageBanner,
          system: Object.assign(platform.system, {
            onClick: (click: (target: ClickTarget) => void) => {
              seen.click = click
            },
          }),
        }
      },
    },
    adoptGivenStore,
  )
  if (!seen.hooks) throw new Error('it did not start')
  return {
    browser,
    herald,
    hooks: seen.hooks,
    click: (target) => seen.click?.(target),
    async rest() {
      await browser.rest('lone')
      coreOf(herald).view.flush()
      await settle()
    },
  }
}

/** A stage on which somebody has signed in. */
export async function signedInStage(options: Partial<HeraldOptions> = {}): Promise<Stage> {
  const made = stage(options)
  await made.herald.signIn({ token: 'pasted' })
  await made.rest()
  return made
}

/** The Herald of a host on H5: its code that connects comes by `loadClient`. */
export function held(
  options: Partial<HeraldOptions>,
  loadClient: NonNullable<HeraldOptions['loadClient']>,
): Pick<Stage, 'herald' | 'browser'> {
  const browser = new FakeBrowser()
  const herald = createHerald({
    server: 'https://gateway',
    ...options,
    namespace: `host-${(stages += 1)}`,
    platform: () => browser.platform('lone'),
    loadClient,
  })
  return { herald, browser }
}
