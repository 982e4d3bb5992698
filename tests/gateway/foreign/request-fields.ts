/** The fields of a request by their paths, `a.b[].c`, each with its value, or its values in an array. */
export function fieldsOf(value: unknown, path = ''): Map<string, unknown> {
  const fields = new Map<string, unknown>()
  if (Array.isArray(value) && value.length > 0) {
    for (const one of value) for (const [name, leaf] of fieldsOf(one, `${path}[]`)) fields.set(name, leaf)
  } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, one] of Object.entries(value)) {
      // A name with a dot in it, such as a path of a vendor's own, stays one name.
      const name = key.includes('.') || key.includes('/') ? `["${key}"]` : `${path === '' ? '' : '.'}${key}`
      for (const [leafName, leaf] of fieldsOf(one, path + name)) fields.set(leafName, leaf)
    }
  } else fields.set(path, value)
  return fields
}

/** How two requests for the same notification differ: fields of one alone, and of both with unlike values. */
export function differences(ours: unknown, theirs: unknown) {
  const [our, their] = [fieldsOf(ours), fieldsOf(theirs)]
  const both = [...our.keys()].filter((name) => their.has(name))
  return {
    oursAlone: [...our.keys()].filter((name) => !their.has(name)).sort(),
    theirsAlone: [...their.keys()].filter((name) => !our.has(name)).sort(),
    unlike: both.filter((name) => JSON.stringify(our.get(name)) !== JSON.stringify(their.get(name))).sort(),
    alike: both.filter((name) => JSON.stringify(our.get(name)) === JSON.stringify(their.get(name))).sort(),
  }
}
