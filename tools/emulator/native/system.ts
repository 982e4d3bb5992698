import { strict } from '../strict'
import { answer, type NativeHost } from './host'
import { closeSplash, insets } from './webview'

/** The namespaces of `plus` that tell about the phone, or make it do something. */
export function openSystem(host: NativeHost) {
  const { device, screen } = host
  const { metrics, actions } = device
  const namespaces = {
    os: {
      name: device.isIos ? 'iOS' : 'Android',
      version: device.osVersion,
      language: device.locale,
      vendor: device.vendor,
    },
    screen: {
      scale: metrics.scale,
      resolutionWidth: metrics.width,
      resolutionHeight: metrics.height,
      getCurrentSize: () =>
        host.toLogic({ resolutionWidth: metrics.width, resolutionHeight: metrics.height }),
    },
    navigator: {
      getUIStyle: () => device.uiStyle,
      getStatusBarStyle: () => screen.state.statusBar.text,
      setStatusBarStyle: (text: 'light' | 'dark') => {
        screen.state.statusBar.text = text
        screen.change()
      },
      getStatusbarHeight: () => metrics.statusBar,
      isImmersedStatusbar: () => true,
      getSafeAreaInsets: () => insets(host, undefined),
      getOrientation: () => 0,
      closeSplashscreen: () => closeSplash(host),
    },
    device: {
      uuid: 'emulated-device',
      model: device.isIos ? 'iPhone' : 'Pixel',
      vendor: device.vendor,
      vibrate: (ms: number) => void actions.push(`vibrate ${ms}`),
      beep: (times: number) => void actions.push(`beep ${times}`),
      setWakelock: (on: boolean) => void actions.push(`wakelock ${String(on)}`),
      dial: (number: string) => void actions.push(`dial ${number}`),
    },
    networkinfo: {
      ...{ CONNECTION_UNKNOW: 0, CONNECTION_NONE: 1, CONNECTION_ETHERNET: 2, CONNECTION_WIFI: 3 },
      ...{ CONNECTION_CELL2G: 4, CONNECTION_CELL3G: 5, CONNECTION_CELL4G: 6, CONNECTION_CELL5G: 7 },
      getCurrentType: () => device.network.code,
    },
    runtime: runtimeOf(host),
    io: {
      convertLocalFileSystemURL: (path: string) => `/${path}`,
      convertAbsoluteFileSystem: (path: string) => path.replace(/^\//, ''),
      // There are no files but the databases: uni only looks for its own temporary ones.
      resolveLocalFileSystemURL: (path: string, _done: unknown, failed?: (error: unknown) => void) =>
        answer(host, failed, { code: 14, message: `there is no ${path}` }),
    },
  }
  const { report } = host
  return Object.fromEntries(
    Object.entries(namespaces).map(([name, members]) => [name, strict(`plus.${name}`, members, { report })]),
  )
}

function runtimeOf(host: NativeHost) {
  const { device, manifest, quit } = host
  const { actions } = device
  return {
    appid: manifest.id,
    version: manifest.version.name,
    versionCode: manifest.version.code,
    innerVersion: '1.9.9.82000',
    uniVersion: '5.07',
    launcher: 'default',
    origin: 'default',
    channel: '',
    arguments: '',
    getProperty: (_id: string, done: (result: unknown) => void) =>
      answer(host, done, {
        appid: manifest.id,
        version: manifest.version.name,
        versionCode: manifest.version.code,
      }),
    setBadgeNumber: (count: number) => {
      setBadge(host, count)
    },
    getBadgeNumber: () => device.badge,
    openURL: (url: string) => void actions.push(`open ${url}`),
    openWeb: (url: string) => void actions.push(`open ${url}`),
    isApplicationExist: () => false,
    quit: () => quit(false),
    restart: () => quit(true),
  }
}

/** What an Android package must ask for on these phones; DCloud packs Huawei's by itself. */
const BADGE_PERMISSION: Readonly<Record<string, string>> = {
  vivo: 'com.vivo.notification.permission.BADGE_ICON',
  HONOR: 'com.hihonor.android.launcher.permission.CHANGE_BADGE',
}

/** Sets the number on the icon. Xiaomi's needs a notification, so one is posted, in Chinese and without a payload. */
function setBadge({ device, manifest }: NativeHost, count: number): void {
  const needed = BADGE_PERMISSION[device.vendor]
  const permissions = manifest.plus.distribute?.google?.permissions ?? []
  if (needed !== undefined && !permissions.some((permission) => permission.includes(needed))) return
  if (/^(?:xiaomi|redmi|poco)$/i.test(device.vendor)) {
    for (const { id, options } of device.tray.shown) if (options.badge === true) device.tray.remove(id)
    const words = { title: manifest.name, content: `您有${String(count)}条未读消息` }
    if (count > 0) device.tray.show({ ...words, payload: '', from: 'app', options: { badge: true } })
  }
  device.badge = count
}
