/** `uni.getAppAuthorizeSetting().notificationAuthorized`. */
export type NotificationAuthorized = 'authorized' | 'denied' | 'not determined' | 'config error'

/** What the owner allows the app. */
export class Permissions {
  /** May be set at any time, as in the system's settings. */
  notificationAuthorized: NotificationAuthorized
  /** What the owner answers the next dialog; `never` is "don't ask again", `none` leaves it open. */
  answer: 'allow' | 'deny' | 'never' | 'none' = 'allow'
  /** The dialogs that were shown. */
  readonly asked: string[] = []

  constructor(notificationAuthorized: NotificationAuthorized) {
    this.notificationAuthorized = notificationAuthorized
  }

  /** iOS shows its dialog once in an app's life. */
  askIos(): void {
    if (this.notificationAuthorized !== 'not determined') return
    this.asked.push('notifications')
    if (this.answer === 'none') return
    this.notificationAuthorized = this.answer === 'allow' ? 'authorized' : 'denied'
  }

  /** Android's runtime permissions. */
  askAndroid(names: readonly string[]): {
    granted: string[]
    deniedPresent: string[]
    deniedAlways: string[]
  } {
    const result = { granted: [] as string[], deniedPresent: [] as string[], deniedAlways: [] as string[] }
    const isNotify = (name: string) => name === 'android.permission.POST_NOTIFICATIONS'
    for (const name of names) {
      if (isNotify(name) && this.notificationAuthorized === 'authorized') {
        result.granted.push(name)
        continue
      }
      this.asked.push(name)
      if (this.answer === 'none') continue
      const list = { allow: result.granted, deny: result.deniedPresent, never: result.deniedAlways }
      list[this.answer].push(name)
      if (isNotify(name)) this.notificationAuthorized = this.answer === 'allow' ? 'authorized' : 'denied'
    }
    return result
  }
}
