import type { PageKey } from '../../locale/pages'
import type { Permission, UnsupportedReason } from '../state'

/** What a page says about the right to notify, and the one button that may mend it. */
export interface PermissionWords {
  readonly title: PageKey
  readonly text: PageKey
  readonly fix: 'request' | 'openSettings' | null
}

/** @param canOpenSettings whether the platform can open its settings of this app. */
export function permissionWords(
  permission: Permission,
  unsupported: UnsupportedReason | null,
  canOpenSettings: boolean,
): PermissionWords {
  switch (permission) {
    case 'granted':
      return { title: 'permission.granted', text: 'permission.grantedText', fix: null }
    case 'default':
      return { title: 'permission.default', text: 'permission.defaultText', fix: 'request' }
    case 'denied':
      return {
        title: 'permission.denied',
        text: canOpenSettings ? 'permission.deniedText' : 'permission.deniedBrowser',
        fix: canOpenSettings ? 'openSettings' : null,
      }
    case 'unsupported':
      return { title: 'permission.unsupported', text: UNSUPPORTED[unsupported ?? 'browser'], fix: null }
  }
}

const UNSUPPORTED: Readonly<Record<UnsupportedReason, PageKey>> = {
  insecure: 'permission.insecure',
  home_screen: 'permission.homeScreen',
  browser: 'permission.browser',
  platform: 'permission.platform',
  module: 'permission.module',
}
