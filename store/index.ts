import { createStore, useStore, type Store } from 'vuex'
import { connectionModule, type ConnectionState } from './modules/connection'
import { notificationsModule, type NotificationsState } from './modules/notifications'
import { sessionModule, type SessionState } from './modules/session'
import { settingsModule, type SettingsState } from './modules/settings'

/** Everything that pages may read. */
export interface RootState {
  notifications: NotificationsState
  connection: ConnectionState
  session: SessionState
  settings: SettingsState
}

/** The app's one store. Pages read it, and change it only by the functions of store/*.ts. */
export const store: Store<RootState> = createStore<RootState>({
  modules: {
    notifications: notificationsModule,
    connection: connectionModule,
    session: sessionModule,
    settings: settingsModule,
  },
})

/** The store inside a component, with its type. */
export function useAppStore(): Store<RootState> {
  return useStore<RootState>()
}
