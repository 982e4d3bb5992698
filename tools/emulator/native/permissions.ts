import { missing, strict } from '../strict'
import { answer, type NativeHost } from './host'

type Done = (result: unknown) => void

/** `plus.android`: its permissions, and of native objects no more than the way to what the screen reader says. */
export function openAndroid(host: NativeHost) {
  const { permissions } = host.device
  const [activity, window, view] = [{}, {}, {}]
  const invoke = (target: unknown, method: string, ...args: unknown[]): unknown => {
    if (target === activity && method === 'getWindow') return window
    if (target === window && method === 'getDecorView') return view
    if (target === view && method === 'announceForAccessibility')
      return void host.device.actions.push(`announce ${String(args[0])}`)
    return missing(`plus.android.invoke(…, '${method}')`, host.report)
  }
  const android = {
    runtimeMainActivity: () => activity,
    invoke,
    requestPermissions: (names: readonly string[], success?: Done) =>
      answer(host, success, permissions.askAndroid(names)),
    checkPermission: (name: string, success?: Done) => {
      const isNotify = name === 'android.permission.POST_NOTIFICATIONS'
      const granted = isNotify && permissions.notificationAuthorized === 'authorized'
      answer(host, success, { checkResult: granted ? 0 : -1 })
    },
  }
  return strict('plus.android', android, { report: host.report })
}

/** The parts of the weex module `plus` that tell what the owner allows. */
export function authorizeSettings(host: NativeHost) {
  const { device } = host
  const { permissions } = device
  return {
    getAppAuthorizeSetting: () => {
      // Without the module iOS says that the package is wrong (uniapp.dcloud.net.cn/api/system/getappauthorizesetting).
      const isWrong = device.isIos && device.withoutModules.includes('Push')
      const notificationAuthorized = isWrong ? 'config error' : permissions.notificationAuthorized
      // iOS knows what of a notification is allowed, Android does not.
      const parts = device.isIos ? ['Alert', 'Badge', 'Sound'] : []
      return host.toLogic({
        albumAuthorized: 'not determined',
        bluetoothAuthorized: 'not determined',
        cameraAuthorized: 'not determined',
        locationAuthorized: 'not determined',
        locationAccuracy: 'unsupported',
        microphoneAuthorized: 'not determined',
        notificationAuthorized,
        ...Object.fromEntries(parts.map((part) => [`notification${part}Authorized`, notificationAuthorized])),
      })
    },
    openAppAuthorizeSetting: (done: Done) => {
      device.actions.push('open app settings')
      answer(host, done, { type: 'success' })
    },
  }
}
