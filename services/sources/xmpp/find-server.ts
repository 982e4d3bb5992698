interface HttpAnswer {
  readonly status: number
  readonly text: string
}

type Get = (url: string) => Promise<HttpAnswer>

const RELATION = 'urn:xmpp:alt-connections:websocket'

/** Where a domain says that its websocket is (XEP-0156 §3); null: it does not say, or nothing secure. */
export async function findWebsocket(get: Get, domain: string): Promise<string | null> {
  try {
    const { status, text } = await get(`https://${domain}/.well-known/host-meta.json`)
    return status === 200 ? readHostMeta(JSON.parse(text)) : null
  } catch {
    // No answer, one that a browser keeps to itself (CORS), or no JSON: the person is asked for the address.
    return null
  }
}

function readHostMeta(meta: unknown): string | null {
  const links = (meta as { links?: unknown } | null)?.links
  if (!Array.isArray(links)) return null
  const found = (links as unknown[]).map((link) => (link ?? {}) as { rel?: unknown; href?: unknown })
  const hrefs = found.flatMap(({ rel, href }) => (rel === RELATION && typeof href === 'string' ? [href] : []))
  return hrefs.find((href) => /^wss:\/\//i.test(href)) ?? null
}
