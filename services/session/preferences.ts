import type { Permission } from '../presentation/presentation'
import type { ClientPorts } from './client-ports'
import { readSettings, writeSettings, type Settings } from '../storage/settings'

/** What the user chose on this device, here and in the system: settings, and the permission to notify. */
export class Preferences {
  readonly #ports: Pick<ClientPorts, 'keyValue' | 'view' | 'system'>
  /** The gateway is told of it. */
  readonly #onPermission: () => void
  #settings: Settings
  /** As it was last shown. */
  #permission: Permission | null = null

  constructor(ports: Pick<ClientPorts, 'keyValue' | 'view' | 'system'>, onPermission: () => void) {
    this.#ports = ports
    this.#onPermission = onPermission
    this.#settings = readSettings(ports.keyValue)
  }

  get settings(): Settings {
    return this.#settings
  }

  show(): void {
    this.#ports.view.settings(this.#settings)
    void this.showPermission()
  }

  /** Throws StorageError when they hold only until the app ends. */
  update(patch: Partial<Settings>): void {
    this.take({ ...this.#settings, ...patch })
    writeSettings(this.#ports.keyValue, this.#settings)
  }

  /** Another tab saved these. */
  take(settings: Settings): void {
    this.#settings = settings
    this.#ports.view.settings(settings)
  }

  async requestPermission(): Promise<void> {
    await this.#ports.system.requestPermission()
    await this.showPermission()
  }

  canOpenSystemSettings(): boolean {
    return this.#ports.system.openSettings !== undefined
  }

  openSystemSettings(): void {
    this.#ports.system.openSettings?.()
  }

  /** It can be changed in the system's settings, and only there once it was denied. */
  async showPermission(): Promise<void> {
    const { system, view } = this.#ports
    const permission = await system.permission()
    const changed = this.#permission !== null && permission !== this.#permission
    this.#permission = permission
    view.permission(permission, system.unsupported())
    if (changed) this.#onPermission()
  }
}
