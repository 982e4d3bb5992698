// What is in the state, and what is read out of it.
export type { MessageFilter } from '../services/inbox/message-list'
export { unreadOf } from '../services/inbox/message-list'
export type * from '../store/state'
export type { Permission, UnsupportedReason } from '../services/presentation/presentation'
export type { PushView } from '../services/push/push-port'
export type { Settings } from '../services/storage/settings'
