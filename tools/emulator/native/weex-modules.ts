import { missing, strict } from '../strict'
import { answer, listenersApi, type NativeHost } from './host'
import { authorizeSettings } from './permissions'
import { openRequests } from './request'
import { openSockets } from './socket'
import { openTabView } from './tab-view'

/** `weex`: the native modules that DCloud's runtime itself calls. */
export function openWeex(host: NativeHost): object {
  const { report } = host
  const modules: Record<string, object> = {
    plus: systemModule(host),
    globalEvent: listenersApi(host.weexEvents),
    stream: openRequests(host),
    'uni-webSocket': openSockets(host),
    'uni-tabview': openTabView(host),
    clipboard: clipboardModule(host),
  }
  const named = new Map(
    Object.entries(modules).map(([name, members]) => [
      name,
      strict(`weex.requireModule('${name}')`, members, { report }),
    ]),
  )
  const requireModule = (name: string) => named.get(name) ?? missing(`weex.requireModule('${name}')`, report)
  const config = { preload: false, env: { scale: host.device.metrics.scale } }
  return strict('weex', { requireModule, config }, { report })
}

function clipboardModule(host: NativeHost) {
  let text = ''
  return {
    setString: (value: string) => {
      text = value
      host.device.actions.push(`copy ${value}`)
    },
    getString: (done: (result: unknown) => void) => answer(host, done, { result: 'success', data: text }),
  }
}

function systemModule(host: NativeHost) {
  const { device, manifest } = host
  const language = device.locale
  return {
    ...authorizeSettings(host),
    getLanguage: () => language,
    setLanguage: () => undefined,
    // 2: started behind, for instance by a push with `content-available`.
    getAppState: () => (device.behind ? 2 : 0),
    getRedirectInfo: () => host.toLogic({}),
    getSystemSetting: () =>
      host.toLogic({
        bluetoothEnabled: false,
        locationEnabled: false,
        wifiEnabled: device.network.type === 'wifi',
        deviceOrientation: 'portrait',
      }),
    getSystemInfoSync: () =>
      host.toLogic({
        appId: manifest.id,
        appName: manifest.name,
        appVersion: manifest.version.name,
        appVersionCode: manifest.version.code,
        appWgtVersion: manifest.version.name,
        deviceBrand: device.isIos ? 'apple' : 'google',
        deviceModel: device.isIos ? 'iPhone' : 'Pixel',
        deviceId: 'emulated-device',
        deviceType: 'phone',
        deviceOrientation: 'portrait',
        osName: device.platform,
        osVersion: device.osVersion,
        osLanguage: language,
        osTheme: device.uiStyle,
        hostTheme: device.uiStyle,
        romName: '',
        romVersion: '',
        uniPlatform: 'app',
        uniRuntimeVersion: '5.07',
        uniCompileVersion: '5.07',
      }),
  }
}
