import { escapeXml, writeXml } from '@herald/protocol'
import { NS } from './namespaces'

/** A form that is sent (XEP-0004). @param type what kind of form it is, its FORM_TYPE */
export function submitForm(type: string, fields: Readonly<Record<string, string | undefined>>): string {
  const all: Readonly<Record<string, string | undefined>> = { FORM_TYPE: type, ...fields }
  const written = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined) return []
    const hidden = name === 'FORM_TYPE' ? 'hidden' : undefined
    return writeXml('field', { var: name, type: hidden }, writeXml('value', {}, escapeXml(value)))
  })
  return writeXml('x', { xmlns: NS.forms, type: 'submit' }, ...written)
}
