import { asyncApi, type Api } from './api'
import type { MiniHost } from './host'

/** The base library that is claimed: `wx.getSystemInfoSync().SDKVersion`. */
const SDK_VERSION = '3.17.0'

export interface LaunchOptions {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly scene: number
  readonly referrerInfo: object
}

/** Functions that are told of something, as `wx.onX` and `wx.offX` keep them. */
export class Subscribers {
  readonly #host: MiniHost
  readonly #byName = new Map<string, Api[]>()

  constructor(host: MiniHost) {
    this.#host = host
  }

  fire(name: string, event?: unknown): void {
    for (const listener of this.#byName.get(name) ?? []) {
      this.#host.time.run(() => listener(this.#host.realm.copy(event)))
    }
  }

  /** `wx.onX` and `wx.offX`; without an argument the latter forgets all. */
  pair(name: string): [string, Api][] {
    return [
      [`on${name}`, (listener) => void this.#byName.set(name, [...this.#of(name), listener as Api])],
      [
        `off${name}`,
        (listener) =>
          void this.#byName.set(
            name,
            listener === undefined ? [] : this.#of(name).filter((one) => one !== listener),
          ),
      ],
    ]
  }

  #of(name: string): Api[] {
    return this.#byName.get(name) ?? []
  }
}

const EVENTS = [
  ...['AppShow', 'AppHide', 'Error', 'UnhandledRejection', 'PageNotFound', 'ThemeChange', 'WindowResize'],
  ...['NetworkStatusChange', 'MemoryWarning', 'KeyboardHeightChange', 'UserCaptureScreen'],
]

/** What WeChat knows of itself, the phone and the network. */
export function openSystem(host: MiniHost, subscribers: Subscribers, launch: () => LaunchOptions) {
  const { device, realm } = host
  const window = () => ({
    pixelRatio: 3,
    screenWidth: device.windowSize.width,
    screenHeight: device.windowSize.height + 84,
    windowWidth: device.windowSize.width,
    windowHeight: device.windowSize.height,
    statusBarHeight: 44,
    screenTop: 84,
    safeArea: { left: 0, right: device.windowSize.width, top: 44, bottom: device.windowSize.height + 50 },
  })
  const phone = () => {
    const isIos = device.options.platform === 'ios'
    return {
      brand: isIos ? 'iPhone' : 'Xiaomi',
      model: isIos ? 'iPhone 15' : 'Xiaomi 14',
      system: isIos ? 'iOS 17.4' : 'Android 14',
      platform: device.options.platform,
      benchmarkLevel: 30,
      abi: 'arm64',
      deviceAbi: 'arm64',
      cpuType: 'unknown',
      memorySize: 8192,
    }
  }
  const base = () => ({
    SDKVersion: SDK_VERSION,
    enableDebug: false,
    host: { env: 'WeChat', appId: 'wx0000000000000000', version: 0 },
    language: device.options.locale.replace('-', '_'),
    version: '8.0.50',
    theme: device.darkMode ? 'dark' : 'light',
    fontSizeSetting: 16,
    fontSizeScaleFactor: 1,
    mode: 'default',
  })
  const everything = () => ({ ...phone(), ...base(), ...window(), deviceOrientation: 'portrait' })
  const answers = (answer: () => object): Api => {
    return () => realm.copy(answer())
  }
  const network = () => ({ networkType: device.network.type === 'ethernet' ? 'wifi' : device.network.type })
  const api: Record<string, Api> = {
    ...Object.fromEntries(EVENTS.flatMap((name) => subscribers.pair(name))),
    getSystemInfoSync: answers(everything),
    getSystemInfo: asyncApi(host, 'getSystemInfo', everything),
    getSystemInfoAsync: asyncApi(host, 'getSystemInfoAsync', everything),
    getWindowInfo: answers(window),
    getDeviceInfo: answers(phone),
    getAppBaseInfo: answers(base),
    getAppAuthorizeSetting: answers(() => ({ notificationAuthorized: 'authorized' })),
    getSystemSetting: answers(() => ({ wifiEnabled: true, deviceOrientation: 'portrait' })),
    getAccountInfoSync: answers(() => ({
      miniProgram: { appId: 'wx0000000000000000', envVersion: 'release', version: '1.0.0' },
    })),
    getLaunchOptionsSync: answers(launch),
    getEnterOptionsSync: answers(launch),
    getMenuButtonBoundingClientRect: answers(() => ({
      ...{ width: 87, height: 32, top: 48, bottom: 80, right: device.windowSize.width - 7 },
      left: device.windowSize.width - 94,
    })),
    getNetworkType: asyncApi(host, 'getNetworkType', network),
    nextTick: (callback) => {
      host.time.later(() => (callback as () => void)())
    },
    preloadAssets: asyncApi(host, 'preloadAssets', () => ({})),
  }
  host.onEnd.push(
    device.network.onChange(() => {
      subscribers.fire('NetworkStatusChange', { isConnected: device.network.reachable, ...network() })
    }),
  )
  return api
}
