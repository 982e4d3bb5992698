/** The steps of a `setData` key such as `list[0].name`. Throws on a key that WeChat does not take either. */
export function parsePath(path: string): (string | number)[] {
  const steps: (string | number)[] = []
  const step = /([^.[\]]+)|\[(\d+)\]/y
  let at = 0
  while (at < path.length) {
    if (path[at] === '.' && steps.length > 0) at += 1
    step.lastIndex = at
    const found = step.exec(path)
    if (found === null) throw new Error(`setData: "${path}" is no path`)
    steps.push(found[2] === undefined ? String(found[1]) : Number(found[2]))
    at = step.lastIndex
  }
  return steps
}

type Container = Record<string | number, unknown>

/** Puts a value at a path, and makes the objects and arrays on the way that are not there. */
export function putAt(root: object, steps: readonly (string | number)[], value: unknown): void {
  let holder = root as Container
  steps.forEach((step, index) => {
    const following = steps[index + 1]
    if (following === undefined) {
      holder[step] = value
      return
    }
    const inner = holder[step]
    const fits = typeof following === 'number' ? Array.isArray(inner) : isObject(inner)
    if (!fits) holder[step] = typeof following === 'number' ? [] : {}
    holder = holder[step] as Container
  })
}

/** The value at a path; undefined when there is none. */
export function valueAt(root: unknown, steps: readonly (string | number)[]): unknown {
  let value = root
  for (const step of steps) value = isObject(value) ? (value as Container)[step] : undefined
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
