import { strict, unsimulated } from '../strict'
import { listenersApi, type NativeHost } from './host'
import { openIos } from './ios-classes'
import { openNativeObjects } from './native-object'
import { openAndroid } from './permissions'
import { openPush } from './push'
import { openSqlite } from './sqlite'
import { openStorage } from './storage'
import { openSystem } from './system'
import { openUserInterface } from './user-interface'
import type { openWebviews } from './webview'

/** What `plus` has on a phone and the emulator has nothing of (html5plus.org/doc/h5p.html). */
const UNSIMULATED = [
  ...['accelerometer', 'ad', 'audio', 'barcode', 'bluetooth', 'cache', 'camera', 'contacts', 'downloader'],
  ...['fingerprint', 'gallery', 'geolocation', 'ibeacon', 'invocation', 'maps', 'messaging', 'net', 'oauth'],
  ...['orientation', 'payment', 'proximity', 'share', 'speech', 'statistic', 'stream', 'uploader', 'video'],
  ...['zip'],
]

/** `plus` of the logic side. */
export function openPlus(host: NativeHost, webviews: ReturnType<typeof openWebviews>): object {
  const { report, device } = host
  const { permissions } = host.manifest
  const named = <T extends object>(name: string, members: T) => strict(`plus.${name}`, members, { report })
  // A module that was not packed is missing, as it is on a phone.
  const isPacked = (name: string) => name in permissions && !device.withoutModules.includes(name)
  const modules = {
    ...(isPacked('Push') ? { push: named('push', openPush(host)) } : {}),
    ...(isPacked('SQLite') ? { sqlite: named('sqlite', openSqlite(host)) } : {}),
  }
  const plus = {
    ...Object.fromEntries(UNSIMULATED.map((name) => [name, unsimulated(`plus.${name}`, report)])),
    ...openSystem(host),
    ...modules,
    ...(device.isIos ? { ios: openIos(host) } : { android: openAndroid(host) }),
    globalEvent: named('globalEvent', listenersApi(host.events)),
    key: named('key', {
      ...listenersApi(host.keys),
      hideSoftKeybord: () => undefined,
      showSoftKeybord: () => undefined,
    }),
    nativeObj: openNativeObjects(host),
    nativeUI: named('nativeUI', openUserInterface(host)),
    storage: named('storage', openStorage(host)),
    webview: webviews.api,
  }
  return strict('plus', plus, { report, absent: [device.isIos ? 'android' : 'ios', 'push', 'sqlite'] })
}
