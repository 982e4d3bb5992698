import type { ClientPorts } from './client-ports'

type DeviceDataPorts = Pick<
  ClientPorts,
  'storage' | 'keyValue' | 'system' | 'banner' | 'log' | 'view' | 'forgetPush'
>

/** What this device has of a user beside the session: storage, notification centre, banner, push worker. */
export class DeviceData {
  readonly #ports: DeviceDataPorts

  constructor(ports: DeviceDataPorts) {
    this.#ports = ports
  }

  /** Takes all of it away. What fails here is tried again at the next start and before the next sign-in. */
  async wipe(): Promise<void> {
    const { storage, keyValue, system, banner, log, view, forgetPush } = this.#ports
    banner.hide()
    // The chat account: its archive is not asked again for what was stored.
    keyValue.remove('chat')
    try {
      await Promise.all([storage.clear(), system.closeAll(), forgetPush()])
    } catch (error) {
      view.connection({ storageFailed: true })
      log('session.wipe_failed', { error: String(error) })
    }
  }

  /** Saves something small. What is not kept holds until the app ends; the strip on the page says that nothing is kept. */
  keep(write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#ports.view.connection({ storageFailed: true })
      this.#ports.log('session.not_kept', { error: String(error) })
    }
  }
}
