import type { ChannelManager } from './channels'

/** A message in the notification tray. */
export interface PlusPushMessage {
  readonly payload?: unknown
}

/** The part of `plus.push` that is used; the published typings give listeners a string. */
export interface PlusPush {
  addEventListener(type: 'click', listener: (message: PlusPushMessage) => void): void
  getAllMessage(): PlusPushMessage[]
  remove(message: PlusPushMessage): void
  clear(): void
  getClientInfoAsync(success: () => void, fail: () => void): void
}

/** What `uni.createPushMessage` takes: `channelId` is missing in the published typings. */
export interface CreatePushMessageOptions {
  title?: string
  content: string
  payload: string
  sound: 'system' | 'none'
  when: Date
  channelId?: string
  success(): void
  fail(error: { errMsg?: string }): void
}

/** `notificationAuthorized` of `uni.getAppAuthorizeSetting()`. */
export type Authorized = 'authorized' | 'denied' | 'not determined' | 'config error'

/** The part of `uni` that is used. */
export interface UniPush {
  createPushMessage(options: CreatePushMessageOptions): void
  getAppAuthorizeSetting(): { notificationAuthorized: Authorized }
  openAppAuthorizeSetting(options: { fail(): void }): unknown
  getChannelManager(): ChannelManager | null
}

/** The part of `plus.android` that is used. */
export interface PlusAndroid {
  requestPermissions(
    permissions: string[],
    success: (result: { granted: string[]; deniedPresent: string[]; deniedAlways: string[] }) => void,
    fail: (error: unknown) => void,
  ): void
}
