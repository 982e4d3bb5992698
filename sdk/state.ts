// What is in the state, and what is read out of it.
import { hasGateway } from '../services/session/session-record'
import type { HeraldState } from '../store/state'

export type { MessageFilter } from '../services/inbox/message-list'
export { unreadOf } from '../services/inbox/message-list'
export type * from '../store/state'
export type { Permission, UnsupportedReason } from '../services/presentation/presentation'
export type { PushView } from '../services/push/push-port'
export type { Settings } from '../services/storage/settings'

/** Whether whoever is signed in has a gateway, and not only a chat account. */
export const isWithGateway = ({ session }: Pick<HeraldState, 'session'>): boolean => hasGateway(session)
