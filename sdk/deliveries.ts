import { patternCovers, type Deliveries } from '@herald/protocol'
import { deliveries } from '../services/api/deliveries'
import { signedInAccount } from './account'

export { codeOf } from '../services/api/api-error'

/** Whether this session may see what became of a feed's messages: as an administrator, or as one of its senders. */
export async function maySeeDeliveries(feed: string): Promise<boolean> {
  const { admin, publish } = await (await signedInAccount()).scopes()
  return admin || publish.some((pattern) => patternCovers(pattern, feed))
}

/** What became of a message, device by device; `after` is the `more` of the page before. Throws ApiError. */
export async function loadDeliveries(id: string, after: string | null): Promise<Deliveries> {
  return (await signedInAccount()).ask((api) => deliveries(api, id, after))
}
