import { HeraldError } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import type { Bus } from '../contracts/bus'
import type { DeviceKey } from '../contracts/devices'
import type {
  ChatNode,
  NewChatNode,
  NewNudge,
  Nudge,
  NudgeRecord,
  Nudges,
  NudgeSettlement,
} from '../contracts/nudges'
import type { Claim, PushCount } from '../contracts/push-ledger'
import type { StoreEngine } from './rows'

const refusals = { no_device: 'device_not_found', full: 'chat_account_limit' } as const

/** Nodes and nudges: rows that are claimed, changed and looked at by name. */
export class StoredNudges implements Nudges {
  readonly #engine: StoreEngine
  readonly #bus: Pick<Bus, 'tell'>

  constructor(engine: StoreEngine, bus: Pick<Bus, 'tell'>) {
    this.#engine = engine
    this.#bus = bus
  }

  async register(node: NewChatNode): Promise<ChatNode> {
    const result = await this.#engine.write('putChatNode', node)
    if (typeof result === 'string') throw new HeraldError(refusals[result])
    return result
  }

  async unregister({ user, device }: DeviceKey, account: string): Promise<void> {
    await this.#engine.write('endChatNode', { user, device, account })
  }

  nodeOf(node: string): Promise<ChatNode | undefined> {
    return this.#engine.read('chatNode', node)
  }

  nodesOf(user: string): Promise<ChatNode[]> {
    return this.#engine.read('chatNodes', user)
  }

  async note(nudge: NewNudge): Promise<boolean> {
    const isNoted = await this.#engine.write('noteNudge', { ...nudge, id: randomUUID() })
    if (isNoted) this.#bus.tell('work', {})
    return isNoted
  }

  async claim(claim: Claim & { limit: number }): Promise<readonly Nudge[]> {
    return this.#engine.write('claimNudges', claim)
  }

  async settle(settlements: readonly NudgeSettlement[]): Promise<void> {
    await this.#engine.write('settleNudges', settlements)
  }

  async keepHandle(id: string, handle: string): Promise<void> {
    await this.#engine.write('keepNudgeHandle', { id, handle })
  }

  recent({ user, device }: DeviceKey, since: number, limit: number): Promise<readonly number[]> {
    return this.#engine.read('recentNudges', { user, device }, since, limit)
  }

  count({ user, device }: DeviceKey, since: number): Promise<PushCount> {
    return this.#engine.read('countNudges', { user, device }, since)
  }

  listOf(user: string, limit: number): Promise<NudgeRecord[]> {
    return this.#engine.read('nudges', user, limit)
  }

  forget(before: number, limit: number): Promise<number> {
    return this.#engine.write('forgetNudges', { before, limit })
  }
}
