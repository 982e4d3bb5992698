import { writeXml, XmlError, XmlReader, type XmlElement } from '@herald/protocol'

/** The subprotocol of XMPP over WebSocket (RFC 7395 §3.1). */
export const XMPP_SUBPROTOCOL = 'xmpp'

const FRAMING_NS = 'urn:ietf:params:xml:ns:xmpp-framing'

/** A page of an archive comes message by message; nothing of a chat is larger. */
const MAX_LENGTH = 262_144
const MAX_DEPTH = 64

/** Opens a stream, also anew after signing in (RFC 7395 §3.3). */
export const openFrame = (domain: string): string =>
  writeXml('open', { xmlns: FRAMING_NS, to: domain, version: '1.0' })

/** Ends the session, which cannot be resumed after it. To go to the background the socket is closed without. */
export const closeFrame = (): string => writeXml('close', { xmlns: FRAMING_NS })

/** Whether the server opens or closes the stream. */
export const isFraming = ({ ns, name }: XmlElement, which: 'open' | 'close'): boolean =>
  ns === FRAMING_NS && name === which

/** The one element of a frame (RFC 7395 §3.3.3). Throws XmlError. */
export function readFrame(text: string): XmlElement {
  const elements: XmlElement[] = []
  const reader = new XmlReader({
    ...{ mode: 'frame', maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH },
    onElement: (element) => elements.push(element),
  })
  reader.write(text)
  const [element, another] = elements
  if (!element || another) throw new XmlError('a frame is not one element')
  return element
}
